/** `runtime lock` and `runtime unlock`: whether deployments of an application or a group may begin. @module */
import { z } from "zod";
import { ListLocksOutput } from "../wire/scheduling_api.ts";
import { Empty } from "./answers.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, type Flag, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";
import { dateTime, harmless } from "./words.ts";

const SCOPE_FLAGS: readonly Flag[] = [
  { flags: "--app <name>", text: "application" },
  { flags: "--group <name>", text: "only this deployment group of it" },
];

const LOCK_EXAMPLES: readonly [string, ...string[]] = [
  "runtime lock --app shop --group production --message 'the database moves'",
  "runtime lock --app shop --message 'a fire'",
  "runtime lock --list",
];

export const lock = verb({
  summary: "Let no deployment begin until it is unlocked",
  flags: [
    ...SCOPE_FLAGS,
    { flags: "--message <text>", text: "why, for whoever wants to deploy" },
    { flags: "--list", text: "show what is locked instead" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: LOCK_EXAMPLES,
  input: z.object({
    ...CLIENT_INPUT,
    app: z.string().exactOptional(),
    group: z.string().exactOptional(),
    message: z.string().exactOptional(),
    list: z.boolean().default(false),
  }),
  async run({ app, group, message, list, json, ...input }, io) {
    if (list) return await showLocks(io, { json, ...input });
    if (app === undefined || message === undefined) {
      throw usageFailure("Give --app and --message, or --list", [], [...LOCK_EXAMPLES]);
    }
    const asked = { ...scopeOf(app, group), message };
    const api = await openApi(io, input);
    await api.runtime("LockDeployments", asked, Empty);
    const again = `runtime unlock --app ${app}${group === undefined ? "" : ` --group ${group}`}`;
    io.stdout.write(
      json
        ? jsonLine(asked)
        : `Locked ${nameOf(app, group)}: nothing begins there. Unlock it: ${again}\n`,
    );
    return EXIT.done;
  },
});

export const unlock = verb({
  summary: "Let deployments begin again",
  flags: [...SCOPE_FLAGS, URL_FLAG, JSON_FLAG],
  examples: ["runtime unlock --app shop --group production", "runtime unlock --app shop"],
  input: z.object({
    ...CLIENT_INPUT,
    app: z.string("give the application"),
    group: z.string().exactOptional(),
  }),
  async run({ app, group, json, ...input }, io) {
    const api = await openApi(io, input);
    const asked = scopeOf(app, group);
    await api.runtime("UnlockDeployments", asked, Empty);
    io.stdout.write(json ? jsonLine(asked) : `Unlocked ${nameOf(app, group)}.\n`);
    return EXIT.done;
  },
});

async function showLocks(io: Io, input: { json: boolean; url?: string }): Promise<number> {
  const api = await openApi(io, input);
  const answer = await api.runtime("ListLocks", {}, ListLocksOutput);
  if (input.json) io.stdout.write(jsonLine(answer));
  else {
    for (const { subject, message, lockedBy, time } of answer.locks) {
      const since = dateTime(time * 1000);
      io.stdout.write(
        `${harmless(subject)}  locked by ${harmless(lockedBy)} since ${since}: ${
          harmless(message)
        }\n`,
      );
    }
    if (answer.locks.length === 0) io.stderr.write("Nothing is locked.\n");
  }
  return EXIT.done;
}

function scopeOf(applicationName: string, group: string | undefined) {
  return { applicationName, ...(group !== undefined && { deploymentGroupName: group }) };
}

function nameOf(app: string, group: string | undefined): string {
  return group === undefined ? app : `${app}/${group}`;
}
