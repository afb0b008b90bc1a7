/**
 * The restart of the machine in the middle of an event: asked for until the machine has come up
 * again, which the kernel's boot id says, and a few times at most.
 * @module
 */
import { unknownError } from "./host.ts";
import type { EventEnd } from "./host.ts";
import type { RebootMark } from "./journal_record.ts";
import { RebootFailed, type Reboots } from "./reboot.ts";

/** The machine is asked this often to restart; then the event has failed. */
const ATTEMPTS = 3;

/** A line of the journal about the event. */
type Step = { what: "resumed" } | { what: "reboot" } & RebootMark;

export interface RestartContext {
  reboots: Reboots;
  stopping: AbortSignal;
  append(step: Step): Promise<void>;
  /** A line for whoever watches the deployment. */
  remark(text: string): void;
  /** Settles when all lines so far are sent, or a moment later. */
  flush(): Promise<void>;
}

/**
 * Goes on where an event was broken off: "restarted" when its next script may run, "suspended" when
 * the agent stops, and how the event ended when the machine does not restart. `asked` is what the
 * journal says of it, if anything.
 */
export async function restartFor(
  at: Omit<RebootMark, "boot" | "attempt">,
  asked: RebootMark | undefined,
  context: RestartContext,
): Promise<"restarted" | "suspended" | EventEnd> {
  const { reboots, stopping } = context;
  const mark = asked ?? { ...at, boot: reboots.boot, attempt: 0 };
  if (mark.boot === reboots.boot) {
    // From now on, not only from when the command runs: lines are written and sent before that.
    const giveUp = reboots.want();
    try {
      const end = await askFor(mark, context);
      if (end !== "restarted") return end;
    } finally {
      if (!stopping.aborted) giveUp();
    }
  }
  await context.append({ what: "resumed" });
  context.remark(`the machine has restarted: going on after ${at.script}`);
  return "restarted";
}

async function askFor(
  asked: RebootMark,
  context: RestartContext,
): Promise<"restarted" | "suspended" | EventEnd> {
  const { reboots } = context;
  let mark = asked;
  while (mark.boot === reboots.boot) {
    if (mark.attempt >= ATTEMPTS) {
      const why = `"${reboots.command}" was run ${ATTEMPTS} times, and it is still the same boot`;
      return failed(mark, why);
    }
    mark = { ...mark, attempt: mark.attempt + 1 };
    await context.append({ what: "reboot", ...mark });
    const again = mark.attempt > 1 ? ` (attempt ${mark.attempt} of ${ATTEMPTS})` : "";
    context.remark(`${mark.script} asks for a restart: this machine restarts${again}`);
    await context.flush();
    try {
      if (await reboots.ask(context.stopping) === "stopping") return "suspended";
    } catch (error) {
      if (!(error instanceof RebootFailed)) throw error;
      return failed(mark, error.message);
    }
  }
  return "restarted";
}

function failed({ script, log }: RebootMark, why: string): EventEnd {
  const message = `The machine was not restarted after ${script}: ${why}. ` +
    "The scripts after it did not run. " +
    "Set :reboot_command: in the agent's configuration to a command that restarts this machine, " +
    "and deploy again.";
  return { ...unknownError(message, script), log };
}
