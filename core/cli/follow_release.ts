/**
 * Waits for a release to end and says what happens to its deployments. The wait may end before the
 * release does (a time limit, Ctrl-C, a server that stays away): the release belongs to the server and
 * goes on.
 * @module
 */
import { TERMINAL_RELEASE } from "../domain/release.ts";
import { GetReleaseOutput, type ReleaseInfo } from "../wire/releases_api.ts";
import type { Api } from "./api.ts";
import { GIVE_UP_MS, isPassing } from "./event_stream.ts";
import { EXIT } from "./exit.ts";
import { type FailureReport, renderReport } from "./failure.ts";
import type { FollowOptions } from "./follow.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { limitedWait, WaitEnded } from "./limited_wait.ts";
import {
  changeLines,
  changes,
  releaseReport,
  successText,
  waitEndedReport,
} from "./release_text.ts";

const PAUSE_MS = 500;

/** Says that a release was created and, unless told not to wait, follows it; answers the exit code. */
export async function followRelease(
  api: Api,
  io: Io,
  releaseId: string,
  { wait, timeout, json }: FollowOptions,
): Promise<number> {
  if (!wait) {
    const next = `Created ${releaseId}. See how far it is: runtime release --show ${releaseId}\n`;
    io.stdout.write(json ? jsonLine({ releaseId }) : next);
    return EXIT.done;
  }
  const limit = limitedWait(io, timeout);
  let seen: ReleaseInfo | undefined;
  const show = (release: ReleaseInfo) => {
    const lines = json
      ? changes(seen, release).map((deployment) => jsonLine({ releaseId, deployment }))
      : changeLines(seen, release, io.now()).map((line) => `${line}\n`);
    for (const line of lines) io.stdout.write(line);
    seen = release;
  };
  try {
    const release = await toTheEnd(api, io, releaseId, show, limit.signal);
    return conclude(io, release, releaseReport(release), json);
  } catch (error) {
    if (!(error instanceof WaitEnded)) throw error;
    const release = seen ?? await releaseOf(api, releaseId);
    return conclude(io, release, waitEndedReport(release, error.by), json);
  } finally {
    limit.over();
  }
}

export async function releaseOf(api: Api, releaseId: string): Promise<ReleaseInfo> {
  return (await api.runtime("GetRelease", { releaseId }, GetReleaseOutput)).release;
}

/** Asks again and again; a server that restarts is waited for as long as by an event stream. */
async function toTheEnd(
  api: Api,
  io: Io,
  releaseId: string,
  show: (release: ReleaseInfo) => void,
  signal: AbortSignal,
): Promise<ReleaseInfo> {
  let aliveAt = io.now();
  while (true) {
    try {
      const release = await releaseOf(api, releaseId);
      aliveAt = io.now();
      show(release);
      if (TERMINAL_RELEASE.has(release.status)) return release;
    } catch (error) {
      if (!isPassing(error) || io.now() - aliveAt > GIVE_UP_MS) throw error;
    }
    await io.sleep(PAUSE_MS, signal);
  }
}

/** Prints the end, as JSON the last line. */
function conclude(
  io: Io,
  release: ReleaseInfo,
  report: FailureReport | undefined,
  json: boolean,
): number {
  const exitCode = report?.exitCode ?? EXIT.done;
  if (json) {
    const { cause, evidence, state, next } = report ?? {};
    const { releaseId, status } = release;
    io.stdout.write(jsonLine({ releaseId, status, exitCode, cause, evidence, state, next }));
  } else if (report === undefined) io.stdout.write(successText(release));
  else io.stderr.write(renderReport(report));
  return exitCode;
}
