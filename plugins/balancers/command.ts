/**
 * Any balancer, by commands that a team writes. A command is told what to do by its environment:
 *
 * | variable                                                      | holds                           |
 * | ------------------------------------------------------------- | ------------------------------- |
 * | `EVENT`                                                       | `block`, `allow` or `check`     |
 * | `HOST`                                                        | the host's name                 |
 * | `TAGS`                                                        | its tags, an object of JSON     |
 * | `DEPLOYMENT_ID`, `APPLICATION_NAME`, `DEPLOYMENT_GROUP_NAME`  | the deployment, as in scripts   |
 *
 * Exit code 0 means done; anything else is a failure, and the last lines of standard error are why.
 * Standard output goes to the deployment's log.
 * @module
 */
import { type BalancerCall, defineBalancer, runForDeployment, Seconds, z } from "runtime/plugin";

const Command = z.array(z.string().min(1)).min(1);

const Config = z.object({
  /** Ends when the host gets no new request and those under way have ended. */
  block: Command,
  /** Ends when the host gets requests. */
  allow: Command,
  /** Changes nothing; fails where `block` would. */
  check: Command.optional(),
  timeoutSeconds: Seconds.default(600),
});

type Call = BalancerCall<z.output<typeof Config>>;

export default defineBalancer({
  name: "command",
  description: "any balancer, by commands of your own",
  config: Config,
  block: (call) => run(call, "block", call.config.block),
  allow: (call) => run(call, "allow", call.config.allow),
  async check(call) {
    if (call.config.check) await run(call, "check", call.config.check);
  },
});

/** As many lines of standard error as a reason has. */
const REASON_LINES = 5;

async function run(
  { ctx, host, deployment, config: { timeoutSeconds } }: Call,
  event: "block" | "allow" | "check",
  command: readonly string[],
): Promise<void> {
  const tags = Object.fromEntries(host.tags.map(({ Key, Value }) => [Key, Value]));
  const env = { EVENT: event, HOST: host.name, TAGS: JSON.stringify(tags) };
  const end = await runForDeployment(ctx, { command, timeoutSeconds }, deployment, env);
  for (const line of linesOf(end.stdout)) ctx.log(line);
  if (end.code === 0) return;
  const why = linesOf(end.stderr).slice(-REASON_LINES).join(" | ") || "nothing on standard error";
  throw new Error(
    `${command.join(" ")} could not ${event} ${host.name}, exit code ${end.code}: ${why}. Try it ` +
      `by hand: EVENT=${event} HOST=${host.name} ${command.join(" ")}`,
  );
}

function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "");
}
