/**
 * What a deployment that has begun waits for now, in sentences for people, each with the command that
 * ends the wait where there is one. The API, the event stream and the explanation say the same. Pure.
 * @module
 */
import { type Deployment, TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import { holdName, type HoldUnderWay, type Progress } from "../domain/progress.ts";
import { hosts, span, utcTime } from "../domain/wording.ts";
import { judgeAnalysis } from "./analysis.ts";
import { holdEnd, lapsed } from "./hold_on.ts";
import { readyEnd, terminationEnd } from "./stage_wait.ts";

export interface Wait {
  /** Goes on after the deployment's id: `is paused by …`, without a full stop. */
  text: string;
  /** Commands with which a person goes on, the most useful one first. */
  next: readonly string[];
}

/** The parts of a deployment that say what it waits for. */
export type Awaiting =
  & Pick<Deployment, "id" | "status" | "request" | "overview">
  & {
    [Member in "error" | "stop" | "progress" | "terminationWait"]?: Deployment[Member] | undefined;
  };

/** `timeLapse` as of the server: by how much its waits are shortened. */
export function waitingFor(deployment: Awaiting, timeLapse: number): Wait[] {
  const { status, progress, error, stop, overview } = deployment;
  if (TERMINAL_DEPLOYMENT.has(status) || !progress) return [];
  if (error || stop) {
    const what = stop ? "is being stopped" : "has failed";
    const count = overview.InProgress;
    return count === 0 ? [] : [{ text: `${what}, and waits for ${hosts(count)} to end`, next: [] }];
  }
  return [pausedBy(deployment, progress), stageWait(deployment, progress, timeLapse)]
    .filter((wait) => wait !== undefined)
    .concat(progress.hold ? [heldBy(deployment, progress.hold, timeLapse)] : []);
}

function pausedBy({ id }: Awaiting, { paused }: Progress): Wait | undefined {
  if (!paused) return undefined;
  const why = paused.message === undefined ? "" : `: ${paused.message}`;
  return {
    text: `is paused by ${paused.by} since ${utcTime(paused.at)}${why}`,
    next: [`runtime resume ${id}`],
  };
}

/** The waits of blue/green; the times of each are its own. */
function stageWait(
  { id, status, request, terminationWait }: Awaiting,
  { readySince }: Progress,
  timeLapse: number,
): Wait | undefined {
  const next = [`runtime promote ${id}`];
  if (status === "Ready" && readySince !== undefined) {
    const until = utcTime(readyEnd(request, readySince, timeLapse));
    return {
      text: `waits to be continued before the traffic moves, until ${until}`,
      next,
    };
  }
  if (!terminationWait || terminationWait.skippedAt !== undefined) return undefined;
  const until = utcTime(terminationEnd(request, terminationWait.startedAt, timeLapse));
  return {
    text: `waits before the original hosts are ended, until ${until}`,
    next,
  };
}

function heldBy({ id, overview }: Awaiting, held: HoldUnderWay, timeLapse: number): Wait {
  const { hold } = held;
  const promote = `runtime promote ${id}`;
  const before = overview.Pending > 0 ? "before the next hosts" : "before its end";
  const until = `until ${utcTime(holdEnd(held, timeLapse) ?? held.since)}`;
  switch (hold.kind) {
    case "bake":
      return { text: `waits ${span(hold.ms)} ${before}, ${until}`, next: [promote] };
    case "pause":
      return { text: `waits ${before} until somebody promotes it`, next: [promote] };
    case "approval":
      return {
        text: `waits for the approval "${holdName(held)}" ${until}`,
        next: [`runtime approve ${id}`, `runtime reject ${id}`],
      };
    case "analysis":
      return { text: measuring(held, timeLapse), next: [promote] };
  }
}

function measuring({ hold, since, measurements }: HoldUnderWay, timeLapse: number): string {
  if (hold.kind !== "analysis") return "";
  const rules = lapsed(hold.rules, timeLapse);
  // The time only bounds what comes next, and what has come does not depend on it.
  const { verdicts } = judgeAnalysis({ rules, since, measurements }, since);
  const count = (verdict: string) => verdicts.filter((one) => one === verdict).length;
  const [failed, without] = [count("failed"), count("inconclusive")];
  const bad = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(without > 0 ? [`${without} without a value`] : []),
  ];
  const taken = `${verdicts.length - without} of ${rules.count} taken`;
  const aside = bad.length === 0 ? "" : ` (${bad.join(", ")})`;
  return `measures ${rules.name}: ${taken}${aside}`;
}
