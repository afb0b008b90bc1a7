/** Operations as a person reads them: the list of all, and everything of one. @module */
import type { OperationDescription } from "../wire/runtime_api.ts";
import { clip } from "./words.ts";
import { memberLines, membersOf } from "./operation_members.ts";

/** One line each, by service: name, role, members of the input; no line is longer than `columns`. */
export function listText(operations: readonly OperationDescription[], columns: number): string {
  const width = Math.max(0, ...operations.map(({ name }) => name.length));
  const services = Map.groupBy(operations, ({ targetPrefix }) => targetPrefix);
  const parts = [...services].map(([prefix, own]) => {
    const lines = own.map(({ name, role, input }) => {
      const members = membersOf(input).map(({ name, required }) => required ? `${name}*` : name);
      return clip(
        `  ${name.padEnd(width)}  ${role.padEnd(8)}  ${members.join(" ")}`.trimEnd(),
        columns,
      );
    });
    return [prefix.replace(/\.$/, ""), ...lines].join("\n");
  });
  return `${parts.join("\n\n")}\n\nMembers with * are required. All of one: ` +
    `runtime api OPERATION --members\n`;
}

/** Role, input, output and exceptions of one operation. */
export function describeText({ name, targetPrefix, ...rest }: OperationDescription): string {
  return `${targetPrefix}${name}, role ${rest.role}\n\n${describeBody(rest)}`;
}

/** The same without its head. */
export function describeBody(
  { input, output, errors }: Pick<OperationDescription, "input" | "output" | "errors">,
): string {
  return [
    "input",
    ...orNothing(memberLines(membersOf(input))),
    "output",
    ...orNothing(memberLines(membersOf(output))),
    "errors",
    ...orNothing(errors.map((error) => `  ${error}`)),
  ].join("\n") + "\n";
}

function orNothing(lines: readonly string[]): readonly string[] {
  return lines.length > 0 ? lines : ["  none"];
}
