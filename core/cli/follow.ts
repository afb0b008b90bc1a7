/**
 * Waits for a deployment to end, and for the rollback it may have triggered; shared by every verb
 * that starts one. The wait may end before the deployment does (a time limit, Ctrl-C): the
 * deployment belongs to the server and goes on.
 * @module
 */
import { z } from "zod";
import { UnreachableError } from "../wire/aws_json.ts";
import { ExplainDeploymentOutput } from "../wire/explain_api.ts";
import { GotDeployment } from "./answers.ts";
import type { Api } from "./api.ts";
import { asFailure } from "./api_failure.ts";
import { type DeploymentView, newView, record } from "./deployment_view.ts";
import { followEvents } from "./event_stream.ts";
import { EXIT } from "./exit.ts";
import { Failure, type FailureReport, renderReport } from "./failure.ts";
import { failureReport, timeoutReport } from "./failure_report.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { limitedWait, WaitEnded } from "./limited_wait.ts";
import { openReporter, type Reporter } from "./reporter.ts";
import type { Flag } from "./verb.ts";
import { duration, hosts } from "./words.ts";

export const FOLLOW_FLAGS: readonly Flag[] = [
  { flags: "--no-wait", text: "answer as soon as the deployment is created" },
  { flags: "--timeout <seconds>", text: "stop waiting after this long (exit 4)" },
];

export const FOLLOW_INPUT = {
  wait: z.boolean().default(true),
  timeout: z.coerce.number("a number of seconds").positive("a number of seconds above 0")
    .exactOptional(),
};

export interface FollowOptions {
  json: boolean;
  wait: boolean;
  /** Seconds. */
  timeout?: number;
}

/** Says that a deployment was created and, unless told not to wait, follows it to its end. */
export async function followCreated(
  api: Api,
  io: Io,
  deploymentId: string,
  options: FollowOptions,
): Promise<number> {
  if (options.wait) return await followDeployment(api, io, deploymentId, options);
  io.stdout.write(
    options.json
      ? jsonLine({ deploymentId })
      : `Created ${deploymentId}. Follow it: runtime logs ${deploymentId} -f\n`,
  );
  return EXIT.done;
}

/** Shows a deployment until it ends; answers the exit code (docs: exit codes). */
export async function followDeployment(
  api: Api,
  io: Io,
  deploymentId: string,
  options: Pick<FollowOptions, "json" | "timeout">,
): Promise<number> {
  const wait = limitedWait(io, options.timeout);
  const reporter = await openReporter(io, options);
  const watched: Watched = { view: newView(deploymentId) };
  try {
    await watchToTheEnd(api, io, watched, reporter, wait.signal);
  } catch (error) {
    reporter.finish();
    if (!(error instanceof WaitEnded)) throw stillRunning(error, deploymentId);
    const report = error.by === "timeout"
      ? timeoutReport(watched.rollback ?? watched.view, options.timeout ?? 0)
      : interruptReport(deploymentId);
    return conclude(io, watched, report, options);
  } finally {
    wait.over();
  }
  return conclude(io, watched, await reportOf(api, watched), options);
}

/** Why it ended without success; undefined when it succeeded. */
async function reportOf(
  api: Api,
  { view, rollback }: Watched,
): Promise<FailureReport | undefined> {
  if (view.deployment?.status === "Succeeded") return undefined;
  const asked = { deploymentId: view.id };
  const explained = await api.runtime("ExplainDeployment", asked, ExplainDeploymentOutput)
    // How it ended is known already, and counts more than why the server cannot explain it.
    .catch((error) => error instanceof Error ? error : new Error(String(error)));
  return failureReport(view, rollback, explained);
}

interface Watched {
  view: DeploymentView;
  rollback?: DeploymentView;
}

async function watchToTheEnd(
  api: Api,
  io: Io,
  watched: Watched,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  await watch(api, io, watched.view, reporter, signal);
  if (watched.view.deployment?.status === "Succeeded") return;
  const rollbackId = await rollbackOf(api, io, watched.view, signal);
  if (rollbackId === undefined) return;
  watched.rollback = newView(rollbackId);
  await watch(api, io, watched.rollback, reporter, signal);
}

async function watch(
  api: Api,
  io: Io,
  view: DeploymentView,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of followEvents(api, view.id, io, signal)) {
    record(view, event);
    reporter.show(event, view);
  }
  reporter.finish();
}

const ROLLBACK_PAUSE_MS = 250;
/** A rollback is created right after the end of what it undoes, by the same server or its heir. */
const ROLLBACK_WAIT_MS = 5_000;

/** The rollback deployment that an ended deployment triggered, if any. */
async function rollbackOf(
  api: Api,
  io: Io,
  view: DeploymentView,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { rollback, creator } = view.deployment ?? {};
  if (rollback?.rollbackDeploymentId !== undefined) return rollback.rollbackDeploymentId;
  // A rollback that fails is not rolled back itself (CodeDeploy user guide).
  if (creator === "codeDeployRollback") return undefined;
  const deadline = io.now() + ROLLBACK_WAIT_MS;
  while (true) {
    const input = { deploymentId: view.id };
    const { deploymentInfo } = await api.codedeploy("GetDeployment", input, GotDeployment);
    const { rollbackInfo, autoRollbackConfiguration } = deploymentInfo;
    if (rollbackInfo?.rollbackDeploymentId) return rollbackInfo.rollbackDeploymentId;
    const decided = rollbackInfo?.rollbackMessage !== undefined;
    if (decided || !autoRollbackConfiguration?.enabled || io.now() > deadline) return undefined;
    await io.sleep(ROLLBACK_PAUSE_MS, signal);
  }
}

/** Prints the end, as JSON the last line; answers the exit code. */
function conclude(
  io: Io,
  { view, rollback }: Watched,
  report: FailureReport | undefined,
  { json }: { json: boolean },
): number {
  const exitCode = report?.exitCode ?? EXIT.done;
  if (json) {
    const { cause, evidence, state, next } = report ?? {};
    const status = view.deployment?.status;
    const rollbackDeploymentId = rollback?.id;
    const line = { deploymentId: view.id, status, exitCode, rollbackDeploymentId };
    io.stdout.write(jsonLine({ ...line, cause, evidence, state, next }));
  } else if (report === undefined) {
    io.stdout.write(success(view) + "\n");
  } else {
    io.stderr.write(renderReport(report));
  }
  return exitCode;
}

function success({ id, deployment, targets }: DeploymentView): string {
  const succeeded = [...targets.values()].filter(({ status }) => status === "Succeeded").length;
  const { revision = "the revision", createTime = 0, completeTime } = deployment ?? {};
  const took = completeTime === undefined ? "" : ` after ${duration(completeTime - createTime)}`;
  const current = [...targets.values()].filter(({ status }) => status === "Skipped").length;
  // A success skips nobody but hosts that had the revision before it began.
  const before = current === 0 ? "" : `, ${hosts(current)} had it already`;
  return `Deployment ${id} succeeded${took}: ${hosts(succeeded)} on ${revision}${before}`;
}

function interruptReport(deploymentId: string): FailureReport {
  return {
    exitCode: EXIT.interrupted,
    cause: `Stopped watching deployment ${deploymentId}`,
    evidence: [],
    state: `${deploymentId} goes on`,
    next: [`runtime logs ${deploymentId} -f`, `runtime stop ${deploymentId}`],
  };
}

/** The way to the server broke for good: say what that means for the deployment. */
function stillRunning(error: unknown, deploymentId: string): Failure {
  const { report } = asFailure(error);
  if (!(error instanceof UnreachableError)) return new Failure(report, { cause: error });
  const state = `${deploymentId} was created and goes on when the server is back`;
  return new Failure(
    { ...report, state, next: [...report.next, `runtime status ${deploymentId}`] },
    { cause: error },
  );
}
