/**
 * `runtime import aws`: brings what an account of AWS CodeDeploy has, or another server of this kind,
 * to this server. A second run has nothing to do, so one that broke off is simply run again.
 * @module
 */
import { z } from "zod";
import { type Api, apiOf } from "./api.ts";
import { asFailure } from "./api_failure.ts";
import type { Connection } from "./connection.ts";
import { EXIT } from "./exit.ts";
import { Failure, usageFailure } from "./failure.ts";
import { carryOut } from "./import/carry_out.ts";
import { compareWith, readSource, type Wanted } from "./import/compare.ts";
import { patientApi } from "./import/patient_api.ts";
import { connectDestination, connectSource } from "./import/source.ts";
import type { Step } from "./import/step.ts";
import { stepText, summaryText } from "./import/step_text.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Bring applications, groups, configs and instances from AWS CodeDeploy to this server",
  flags: [
    { flags: "--dry-run", text: "say what would change, and change nothing" },
    { flags: "--from-url <url>", text: "read there instead of at the region's CodeDeploy" },
    { flags: "--from-profile <name>", text: "profile of ~/.aws whose keys and region read" },
    {
      flags: "--from-region <region>",
      text: "region to read (else AWS_REGION, else the profile's)",
    },
    { flags: "--from-account <id>", text: "whose it is, to read tags where nothing else tells" },
    {
      flags: "--app <name>",
      text: "this application alone, with its configs and instances; may be repeated",
      repeated: true,
    },
    { flags: "--revisions", text: "bring the list of registered revisions, too (not the bundles)" },
    { flags: "--no-instances", text: "leave on-premises instances out" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: [
    "runtime import aws --from-profile production --from-region eu-west-1 --dry-run",
    "runtime import aws --from-profile production --from-region eu-west-1",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    dryRun: z.boolean().default(false),
    fromUrl: z.string().exactOptional(),
    fromProfile: z.string().min(1).exactOptional(),
    fromRegion: z.string().min(1).exactOptional(),
    fromAccount: z.string().regex(/^\d{12}$/, "12 digits").exactOptional(),
    app: z.array(z.string().min(1)).default([]),
    revisions: z.boolean().default(false),
    instances: z.boolean().default(true),
  }),
  async run({ dryRun, json, app, revisions, instances, ...input }, io) {
    const from = await connectSource(io, input);
    const to = await connectDestination(io, input, input);
    if (from.url === to.url) throw sameServer(from.url);
    const { fromAccount: account } = input;
    const wanted = {
      applications: app,
      withRevisions: revisions,
      withInstances: instances,
      ...(account !== undefined && { account }),
    };
    const notes: string[] = [];
    const here = patientlyOf(to, io);
    const planned = await plan(patientlyOf(from, io), here, wanted, notes);
    const done: Step[] = [];
    const when = dryRun ? "planned" : "done";
    const tell = (step: Step) => {
      done.push(step);
      if (!json && step.action !== "unchanged") io.stdout.write(`${stepText(step, when)}\n`);
    };
    if (dryRun) planned.forEach(tell);
    else await carryOut(here, planned, tell).catch((cause) => brokenOff(cause, done, planned));
    if (json) {
      const steps = done.map(shown);
      io.stdout.write(jsonLine({ from: from.url, to: to.url, steps, notes, applied: !dryRun }));
    } else {
      for (const text of notes) io.stdout.write(`note: ${text}\n`);
      io.stdout.write(`${summaryText(done, when)}\n`);
    }
    return done.some(({ action }) => action === "cannot") ? EXIT.failed : EXIT.done;
  },
});

function patientlyOf(connection: Connection, io: Io): Api {
  return patientApi(apiOf(connection), {
    sleep: (milliseconds) => io.sleep(milliseconds),
    random: Math.random,
  });
}

async function plan(from: Api, here: Api, wanted: Wanted, notes: string[]): Promise<Step[]> {
  const note = (text: string) => void notes.push(text);
  const there = await readSource(from, wanted, note).catch((cause) => {
    throw ofEnd(cause, "The CodeDeploy to import from", from.connection.url, [
      "check --from-url, --from-profile and --from-region",
    ]);
  });
  return await compareWith(here, there, wanted, note).catch((cause) => {
    throw ofEnd(cause, "The server to import to", here.connection.url, [
      "check --url or RUNTIME_URL",
      `runtime login ${here.connection.url}`,
    ]);
  });
}

/** The failure of one of two servers, which says whose it is; nothing was written yet. */
function ofEnd(cause: unknown, whose: string, url: string, next: readonly string[]): Failure {
  const { report } = asFailure(cause);
  if (report.exitCode === EXIT.usage && cause instanceof Failure) return cause;
  return new Failure({
    exitCode: report.exitCode,
    cause: `${whose}, ${url}: ${report.cause}`,
    evidence: report.evidence,
    state: "nothing was changed",
    next,
  }, { cause });
}

/** What was done stays done, and a second run goes on from there. */
function brokenOff(cause: unknown, done: readonly Step[], planned: readonly Step[]): never {
  const { report } = asFailure(cause);
  throw new Failure({
    ...report,
    state: `${done.length} of ${planned.length} steps were done and stay`,
    next: [...report.next, "run the same command again: it goes on where it stopped"],
  }, { cause });
}

function shown(step: Step) {
  const { kind, name, action } = step;
  return {
    action,
    kind,
    name,
    ...(step.action === "cannot" && { reason: step.reason }),
    ...("differences" in step && { differences: step.differences }),
  };
}

function sameServer(url: string): Failure {
  return usageFailure("An import reads at one server and writes to another", [
    `both are ${url}`,
  ], ["runtime import aws --from-url https://codedeploy.eu-west-1.amazonaws.com --dry-run"]);
}
