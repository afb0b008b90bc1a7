/** A program that is run for a deployment, which it learns about as scripts of a host do. @module */
import { z } from "zod";
import type { DeploymentView, PluginContext, ProgramEnd } from "./context.ts";
import { filledIn } from "./placeholders.ts";

/** Members of a config. */
export const PROGRAM = {
  /** The program and its words; there is no shell. `{application}` and the like are filled in. */
  command: z.array(z.string()).min(1),
  timeoutSeconds: z.number().positive().max(30).default(30),
};

export interface Program {
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
}

/** Its environment has DEPLOYMENT_ID, APPLICATION_NAME, DEPLOYMENT_GROUP_NAME and what `env` adds. */
export function runForDeployment(
  ctx: Pick<PluginContext, "run">,
  { command, timeoutSeconds }: Program,
  deployment: DeploymentView,
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramEnd> {
  return ctx.run(command.map((word) => filledIn(word, deployment)), {
    timeoutMs: timeoutSeconds * 1000,
    env: {
      ...env,
      DEPLOYMENT_ID: deployment.id,
      APPLICATION_NAME: deployment.application,
      DEPLOYMENT_GROUP_NAME: deployment.group,
    },
  });
}

/** The last line that is not empty; undefined where there is none. */
export function lastLine(text: string): string | undefined {
  return text.trimEnd().split("\n").at(-1)?.trim() || undefined;
}

/** `check.sh ended with exit code 3: no connection` */
export function endText({ command }: Program, { code, stdout, stderr }: ProgramEnd): string {
  const line = lastLine(stderr) ?? lastLine(stdout);
  return `${command[0]} ended with exit code ${code}${line === undefined ? "" : `: ${line}`}`;
}
