/** Puts the way outward together: the dispatcher of the outbox and its kinds of destinations. @module */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { Destination } from "../delivery/destination.ts";
import { Dispatcher } from "../delivery/dispatcher.ts";
import { eventTargetDestination } from "../delivery/event_target.ts";
import type { After } from "../delivery/lanes.ts";
import { lapsed, RETRY_RULES, type RetryRules } from "../delivery/retry.ts";
import { fetchVia } from "../platform.ts";
import type { Store } from "../store/store.ts";
import { StartRefused } from "./start_refused.ts";

/** As on the command line. */
export interface EventOptions {
  /** Folder that file targets lie in; `events` in the data directory if not given. */
  eventsDir?: string;
  /** PEM file of authorities that receivers' certificates may come from, besides the usual ones. */
  eventsCa?: string;
  eventsAttempts?: number;
  eventsHours?: number;
}

/** What the server gives the way outward; `ca` is PEM. */
export interface Events {
  folder: string | undefined;
  ca: string | undefined;
  rules: RetryRules;
}

/** The options with their defaults. Throws StartRefused when the CA file is not there. */
export function eventsFrom(options: EventOptions, timeLapse = 1): Events {
  const { eventsDir, eventsCa, eventsAttempts, eventsHours } = options;
  if (eventsCa !== undefined && !existsSync(eventsCa)) {
    throw new StartRefused(`--events-ca: the file ${eventsCa} does not exist.`);
  }
  const rules = {
    ...RETRY_RULES,
    ...(eventsAttempts !== undefined && { attempts: eventsAttempts }),
    ...(eventsHours !== undefined && { age: eventsHours * 3_600_000 }),
  };
  return {
    folder: eventsDir,
    ca: eventsCa === undefined ? undefined : readFileSync(eventsCa, "utf8"),
    rules: lapsed(rules, timeLapse),
  };
}

/** The dispatcher, not started yet; `others` are the kinds of destinations besides event targets. */
export function openEvents(
  store: Store,
  directory: string,
  events: Events,
  others: readonly Destination[] = [],
): Dispatcher {
  const { folder, rules } = events;
  const eventsFolder = folder ?? join(directory, "events");
  const secretsFolder = join(directory, "event-secrets");
  mkdirSync(secretsFolder, { recursive: true, mode: 0o700 });
  makeEventsFolder(eventsFolder);
  const targets = eventTargetDestination({
    read: store.read,
    eventsFolder,
    secretsFolder,
    fetch: fetchFor(events),
  });
  return new Dispatcher({
    store,
    destinations: [targets, ...others],
    rules,
    now: Date.now,
    random: Math.random,
    after,
    report: (error, doing) =>
      getLogger(["runtime", "delivery"]).error("{doing}: {error}", { doing, error }),
  });
}

function makeEventsFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StartRefused(`the folder of event files cannot be made (--events-dir): ${why}`, {
      cause,
    });
  }
}

/** How receivers are reached; trusts the authorities that were given for them. */
export function fetchFor({ ca }: Pick<Events, "ca">): typeof fetch {
  return ca === undefined ? fetch : fetchVia({ ca: [ca] });
}

/** Timers of the process; a longer time than they take ends early, which whoever asked can stand. */
const after: After = (milliseconds, call) => {
  // The longest time that a timer of the runtime takes.
  const timer = setTimeout(call, Math.min(milliseconds, 2_147_483_647));
  return () => clearTimeout(timer);
};
