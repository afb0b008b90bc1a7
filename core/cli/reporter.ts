/**
 * How a followed deployment is shown: a live tree on a terminal, a line per change elsewhere, the
 * events themselves with `--json`.
 * @module
 */
import type { StreamEvent } from "../wire/event_stream.ts";
import type { DeploymentView } from "./deployment_view.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { ProgressText } from "./progress_text.ts";
import { progressTree } from "./progress_tree.ts";

export interface Reporter {
  /** Called after the view has taken the event in. */
  show(event: StreamEvent, view: DeploymentView): void;
  /** Leaves the last picture standing; the next event begins a new one. */
  finish(): void;
}

/** The durations of a tree are drawn anew this often. */
const REDRAW_MS = 200;

export async function openReporter(io: Io, mode: { json: boolean }): Promise<Reporter> {
  if (mode.json) {
    return { show: (event) => void io.stdout.write(jsonLine(event)), finish() {} };
  }
  if (io.stdout.isTTY !== true || io.env["TERM"] === "dumb") {
    const text = new ProgressText();
    const print = (lines: readonly string[]) => {
      for (const line of lines) io.stdout.write(line + "\n");
    };
    return {
      show: (event) => print(text.lines(event, io.now())),
      finish: () => print(text.rest()),
    };
  }
  return await openTree(io);
}

async function openTree(io: Io): Promise<Reporter> {
  const { createLogUpdate } = await import("log-update");
  const { default: colors } = await import("picocolors");
  const paint = colors.createColors(!io.env["NO_COLOR"]);
  // log-update only calls write() and reads columns, rows and isTTY
  const terminal = io.stdout as NodeJS.WriteStream; // because an Output has all that it uses
  const draw = createLogUpdate(terminal);
  let timer: ReturnType<typeof setInterval> | undefined;
  let shown: DeploymentView | undefined;
  const redraw = () => {
    if (shown === undefined) return;
    const { rows = 24, columns = 80 } = io.stdout;
    draw(progressTree(shown, { now: io.now(), rows, columns, paint }).join("\n"));
  };
  return {
    show(_event, view) {
      shown = view;
      timer ??= setInterval(redraw, REDRAW_MS);
    },
    finish() {
      clearInterval(timer);
      timer = undefined;
      redraw();
      draw.done();
      shown = undefined;
    },
  };
}
