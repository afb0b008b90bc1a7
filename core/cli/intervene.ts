/**
 * What people do to a deployment that is under way: `runtime pause`, `resume`, `promote`, `approve`,
 * `reject` and `abort`. Each answers as soon as it is on record.
 * @module
 */
import { z } from "zod";
import { Empty } from "./answers.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, type Flag, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

const ARGUMENTS = [["<deployment>", "deployment that is under way"]] as const; // because a pair each
const MESSAGE_FLAG: Flag = { flags: "--message <text>", text: "why, for whoever reads it later" };
const INPUT = { ...CLIENT_INPUT, deployment: z.string() };
const WITH_MESSAGE = z.object({ ...INPUT, message: z.string().exactOptional() });

interface Intervening {
  deployment: string;
  json: boolean;
  url?: string;
  message?: string;
}

export const pause = verb({
  summary: "Let no other host of a deployment begin until it is resumed",
  arguments: ARGUMENTS,
  flags: [MESSAGE_FLAG, URL_FLAG, JSON_FLAG],
  examples: ["runtime pause d-7H2K9QX4M --message 'the database is slow'"],
  input: WITH_MESSAGE,
  run: (input, io) =>
    intervene(io, input, {
      operation: "PauseDeployment",
      done: (id) =>
        `Paused ${id}: hosts under way go on, no other begins. Then: runtime resume ${id}`,
    }),
});

export const resume = verb({
  summary: "Let a paused deployment go on",
  arguments: ARGUMENTS,
  flags: [URL_FLAG, JSON_FLAG],
  examples: ["runtime resume d-7H2K9QX4M"],
  input: z.object(INPUT),
  run: (input, io) =>
    intervene(io, input, {
      operation: "ResumeDeployment",
      done: (id) => `Resumed ${id}. Follow it: runtime logs ${id} -f`,
    }),
});

export const promote = verb({
  summary: "Let a deployment go on without what it waits for",
  arguments: ARGUMENTS,
  flags: [
    { flags: "--all", text: "nor for anything that it would wait for later" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: ["runtime promote d-7H2K9QX4M", "runtime promote d-7H2K9QX4M --all"],
  input: z.object({ ...INPUT, all: z.boolean().default(false) }),
  run: ({ all, ...input }, io) =>
    intervene(io, input, {
      operation: "PromoteDeployment",
      asked: { whole: all },
      done: (id) =>
        `Promoted ${id} ${all ? "to its end" : "past what it waited for"}. ` +
        `Follow it: runtime logs ${id} -f`,
    }),
});

export const approve = verb({
  summary: "Approve what a deployment waits for",
  arguments: ARGUMENTS,
  flags: [URL_FLAG, JSON_FLAG],
  examples: ["runtime approve d-7H2K9QX4M"],
  input: z.object(INPUT),
  run: (input, io) =>
    intervene(io, input, {
      operation: "ApproveDeployment",
      done: (id) => `Approved ${id}, which goes on. Follow it: runtime logs ${id} -f`,
    }),
});

export const reject = verb({
  summary: "Refuse what a deployment asks approval for, which stops it",
  arguments: ARGUMENTS,
  flags: [MESSAGE_FLAG, URL_FLAG, JSON_FLAG],
  examples: ["runtime reject d-7H2K9QX4M --message 'the numbers look odd'"],
  input: WITH_MESSAGE,
  run: (input, io) =>
    intervene(io, input, {
      operation: "RejectDeployment",
      done: (id) => `Rejected ${id}, which stops. See what came of it: runtime explain ${id}`,
    }),
});

export const abort = verb({
  summary: "Stop a deployment and go back to the revision before",
  arguments: ARGUMENTS,
  flags: [MESSAGE_FLAG, URL_FLAG, JSON_FLAG],
  examples: ["runtime abort d-7H2K9QX4M --message 'orders get lost'"],
  input: WITH_MESSAGE,
  run: (input, io) =>
    intervene(io, input, {
      operation: "AbortDeployment",
      done: (id) => `Aborted ${id}. See what came of it: runtime explain ${id}`,
    }),
});

async function intervene(
  io: Io,
  { deployment: deploymentId, json, message, ...input }: Intervening,
  { operation, asked = {}, done }: {
    operation: string;
    asked?: Readonly<Record<string, unknown>>;
    done(id: string): string;
  },
): Promise<number> {
  const api = await openApi(io, input);
  const given = { deploymentId, ...asked, ...(message !== undefined && { message }) };
  await api.runtime(operation, given, Empty);
  io.stdout.write(json ? jsonLine(given) : `${done(deploymentId)}\n`);
  return EXIT.done;
}
