/** Names of the deployment in texts of a config. @module */
import type { DeploymentView } from "./context.ts";

/**
 * The text with `{deployment}`, `{application}` and `{group}` filled in: the deployment's id, and the
 * names of its application and group. `quoted` makes a value fit the language around it.
 */
export function filledIn(
  text: string,
  { id, application, group }: DeploymentView,
  quoted: (value: string) => string = (value) => value,
): string {
  const values: Record<string, string> = { deployment: id, application, group };
  return text.replace(
    /\{(deployment|application|group)\}/g,
    (placeholder, name: string) => quoted(values[name] ?? placeholder),
  );
}
