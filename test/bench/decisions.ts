/**
 * `deno task bench decisions [HOSTS …]`: what it costs to decide, without store, wire or hosts. A
 * whole rollout of each strategy: every report of a host goes through `advance`, its decision is
 * applied, and the hosts it begins report in their turn. Times are those of a core, so that others on
 * the machine do not count. One JSON line a strategy and size:
 *
 * - `ns_per_report`: a report that carries all seven events of a host, from input to applied decision.
 * - `times`: how many times as long as the size before took; 10 where it grows with the fleet alone.
 * - `tick_us`: a look at the clocks while so many hosts are under way.
 * @module
 */
import process from "node:process";
import { IN_PLACE_EVENTS, type LifecycleEvent } from "../../core/domain/lifecycle_event.ts";
import { AT_THE_START } from "../../core/domain/progress.ts";
import type { Target } from "../../core/domain/target.ts";
import { advance, type Input, type Rules } from "../../core/rollout/advance.ts";
import { HOST_CLOCKS } from "../../core/rollout/host_clock.ts";
import { apply, newState, type RolloutState } from "../../core/rollout/state.ts";
import canary from "../../strategies/canary.ts";
import everyHost from "../../strategies/every_host.ts";
import exponential from "../../strategies/exponential.ts";
import minimum from "../../strategies/minimum_healthy_hosts.ts";
import zonal from "../../strategies/zonal.ts";
import { request } from "../rollout/letters.ts";
import { ownSeconds, type Print, rounded } from "./figures.ts";

const SIZES = [10_000, 100_000, 1_000_000];
const ZONES = ["a", "b", "c"];

/** Its hosts have zones. */
const ZONAL = "zonal";

/** Each strategy over its config; names as people use them. */
const STRATEGIES: Readonly<Record<string, () => Rules["next"]>> = {
  "all at once": () => healthy({ type: "HOST_COUNT", value: 0 }),
  "half at a time": () => healthy({ type: "FLEET_PERCENT", value: 50 }),
  "one at a time": () => healthy({ type: "MOST_CONCURRENCY", value: 1 }),
  canary() {
    const config = canary.config.parse({ steps: [{ hosts: 1 }, { hosts: "10%" }] });
    return (fleet) => canary.next({ fleet, config });
  },
  exponential() {
    const config = exponential.config.parse({});
    return (fleet) => exponential.next({ fleet, config });
  },
  [ZONAL]() {
    const minimumHealthyHosts = { type: "FLEET_PERCENT", value: 50 };
    const config = zonal.config.parse({ minimumHealthyHosts });
    return (fleet) => zonal.next({ fleet, config });
  },
  "every host": () => {
    const config = everyHost.config.parse({});
    return (fleet) => everyHost.next({ fleet, config });
  },
};

function healthy(minimumHealthyHosts: unknown): Rules["next"] {
  const config = minimum.config.parse({ minimumHealthyHosts, predefined: true });
  return (fleet) => minimum.next({ fleet, config });
}

export function measureDecisions(print: Print, sizes: readonly number[]): void {
  for (const [strategy, next] of Object.entries(STRATEGIES)) {
    decide(10_000, strategy, next()); // the compiler's share
    let before: number | undefined;
    for (const hosts of sizes.length > 0 ? sizes : SIZES) {
      const { ms, tickUs } = decide(hosts, strategy, next());
      print("decisions", {
        strategy,
        hosts,
        ms: rounded(ms),
        ns_per_report: Math.round(ms * 1e6 / hosts),
        ns_per_event: Math.round(ms * 1e6 / hosts / IN_PLACE_EVENTS.length),
        ...(before !== undefined && { times: rounded(ms / before) }),
        tick_us: tickUs,
      });
      before = ms;
    }
  }
}

/** A whole rollout; throws unless it succeeds. */
function decide(
  hosts: number,
  strategy: string,
  next: Rules["next"],
): { ms: number; tickUs: number } {
  const state = stateOf(hosts, strategy === ZONAL);
  const rules: Rules = { next, clocks: HOST_CLOCKS, timeLapse: 1, checksFirst: false };
  const begun = process.cpuUsage();
  const running = take(state, { kind: "resume" }, rules);
  let seconds = ownSeconds(process.cpuUsage(begun));
  const tickUs = costOfTick(state, rules);
  const going = process.cpuUsage();
  // Grows while it is gone through: whoever ends lets others begin.
  for (const host of running) {
    const input = { kind: "report", host, command: host, report: REPORT } as const;
    for (const other of take(state, input, rules)) running.push(other);
  }
  seconds += ownSeconds(process.cpuUsage(going));
  const ms = seconds * 1_000;
  if (state.status === "Succeeded" && running.length === hosts) return { ms, tickUs };
  throw new Error(`${state.status} after ${running.length} of ${hosts}: ${state.error?.message}`);
}

/** Applies what is decided; answers the hosts that began, each with its order. */
function take(state: RolloutState, input: Input, rules: Rules): string[] {
  const decision = advance(state, input, NOW, rules);
  apply(state, decision);
  for (const host of decision.give) {
    const target = state.targets.get(host);
    const command = { id: host, nonce: 1, givenAt: NOW };
    if (target) state.targets.set(host, { ...target, command });
  }
  return decision.give;
}

function costOfTick(state: RolloutState, rules: Rules): number {
  const rounds = 10;
  const begun = process.cpuUsage();
  for (let round = 0; round < rounds; round++) advance(state, { kind: "tick" }, NOW, rules);
  return Math.round(ownSeconds(process.cpuUsage(begun)) * 1e6 / rounds);
}

const NOW = 1_000;

function eventsOf(status: LifecycleEvent["status"]): LifecycleEvent[] {
  return IN_PLACE_EVENTS.map((name) => ({ name, status, startTime: NOW, endTime: NOW }));
}

const REPORT = {
  kind: "completed",
  succeeded: true,
  events: eventsOf("Succeeded"),
  failure: { code: 0, message: "" },
} as const;

function stateOf(hosts: number, hasZones: boolean): RolloutState {
  const events: LifecycleEvent[] = IN_PLACE_EVENTS.map((name) => ({ name, status: "Pending" }));
  const targets = Array.from({ length: hosts }, (_, at): Target => ({
    id: `host-${at}`,
    status: "Pending",
    events,
    lastUpdated: NOW,
    ...(hasZones && { zone: ZONES[Math.floor(at * ZONES.length / hosts)] ?? "" }),
  }));
  return newState({
    id: "d-1",
    request: request(),
    status: "InProgress",
    error: undefined,
    stop: undefined,
    terminationWait: undefined,
    progress: AT_THE_START,
    unhealthy: new Set(),
    targets,
  });
}
