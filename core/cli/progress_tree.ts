/**
 * A running deployment as lines of a terminal: one line a host, its running hook's last output below
 * it; more hosts than the terminal has lines are counted instead. Pure.
 * @module
 */
import {
  currentEvent,
  type DeploymentView,
  type HostEvent,
  type TargetEvent,
} from "./deployment_view.ts";
import { failureTitle, hookLines, lastLines } from "./host_failure.ts";
import { clip, duration, harmless } from "./words.ts";

export interface Screen {
  /** Milliseconds since the epoch, to count durations to. */
  now: number;
  rows: number;
  columns: number;
  paint: Record<"bold" | "dim" | "green" | "red" | "yellow", (text: string) => string>;
}

/** What deserves a line first when there are too few. */
const URGENCY: readonly TargetEvent["status"][] = [
  "Failed",
  "Unknown",
  "InProgress",
  "Ready",
  "Pending",
  "Succeeded",
  "Skipped",
];

/** At most `rows - 1` lines, none wider than `columns`. */
export function progressTree(view: DeploymentView, screen: Screen): string[] {
  const room = Math.max(3, screen.rows - 1);
  const lines = heading(view, screen);
  const targets = [...view.targets.values()];
  const blocks = targets.map((target) => ({ target, lines: hostLines(view, target, screen) }));
  const whole = blocks.reduce((sum, block) => sum + block.lines.length, lines.length);
  if (whole <= room) return [...lines, ...blocks.flatMap((block) => block.lines)];

  blocks.sort((a, b) => URGENCY.indexOf(a.target.status) - URGENCY.indexOf(b.target.status));
  const hidden: TargetEvent[] = [];
  for (const block of blocks) {
    // One line is kept for the count; once a host is left out, all less urgent ones are.
    const first = block.lines[0];
    if (hidden.length === 0 && first !== undefined && lines.length < room - 1) lines.push(first);
    else hidden.push(block.target);
  }
  lines.push(
    screen.paint.dim(clip(`  … ${hidden.length} more: ${counts(hidden)}`, screen.columns)),
  );
  return lines;
}

function heading(view: DeploymentView, { paint, now, columns }: Screen): string[] {
  const { deployment } = view;
  if (deployment === undefined) return [paint.bold(view.id)];
  const { applicationName, deploymentGroupName, createTime, completeTime } = deployment;
  const took = duration((completeTime ?? now) - createTime);
  const title = `${view.id}  ${applicationName}/${deploymentGroupName}  ${deployment.revision}`;
  const tally = counts([...view.targets.values()]);
  const status = [deployment.status, took, tally].filter((part) => part !== "").join("  ");
  const waits = deployment.statusMessages.map((text) =>
    paint.yellow(clip(`  ${harmless(text)}`, columns))
  );
  return [paint.bold(clip(title, columns)), clip(status, columns), ...waits];
}

function counts(targets: readonly TargetEvent[]): string {
  return [...URGENCY].reverse().flatMap((status) => {
    const count = targets.filter((target) => target.status === status).length;
    return count === 0 ? [] : [`${count} ${WORDS[status]}`];
  }).join(", ");
}

const WORDS: Record<TargetEvent["status"], string> = {
  Pending: "waiting",
  InProgress: "running",
  Succeeded: "succeeded",
  Failed: "failed",
  Skipped: "skipped",
  Unknown: "unknown",
  Ready: "ready",
};

function hostLines(view: DeploymentView, target: TargetEvent, screen: Screen): string[] {
  const { paint, columns } = screen;
  const event = currentEvent(target);
  const streamed = view.logs.get(target.targetId) ?? [];
  const ofHooks = view.hookLogs.get(target.targetId) ?? [];
  const below = (lines: readonly string[]) =>
    lines.map((text) => paint.dim(clip(`      ${text}`, columns)));
  const line = (mark: string, text: string) =>
    clip(`  ${mark} ${target.targetId}  ${text}`, columns);
  switch (target.status) {
    case "Succeeded":
      return [
        paint.green(line("✓", duration(spentMs(target.events, screen.now)))),
        // Of a host that is well only what its agent remarks: a hook that failed.
        ...below(hookLines(ofHooks.filter(({ stream }) => stream === "agent"))),
      ];
    case "Failed":
    case "Unknown":
      return [
        paint.red(line("✗", event ? failureTitle(event) : WORDS[target.status])),
        ...below(hookLines(ofHooks)),
      ];
    case "InProgress": {
      if (event === undefined) return [paint.yellow(line("●", "between two events"))];
      const since = duration(screen.now - (event.startTime ?? screen.now));
      const output = lastLines(event, streamed, 1);
      return [
        paint.yellow(line("●", `${event.name}  ${since}`)),
        ...below([...output, ...hookLines(ofHooks)]),
      ];
    }
    case "Pending":
    case "Skipped":
    case "Ready":
      return [paint.dim(line("·", WORDS[target.status]))];
  }
}

/** From the start of the first event to the end of the last. */
function spentMs(events: readonly HostEvent[], now: number): number {
  const starts = events.flatMap(({ startTime }) => startTime === undefined ? [] : [startTime]);
  const ends = events.flatMap(({ endTime }) => endTime === undefined ? [] : [endTime]);
  if (starts.length === 0) return 0;
  return (ends.length === 0 ? now : Math.max(...ends)) - Math.min(...starts);
}
