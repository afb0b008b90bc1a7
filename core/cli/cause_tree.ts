/** The cause of a deployment's failure as a tree of lines for a terminal. @module */
import type { Cause } from "../domain/cause.ts";
import { harmless } from "./words.ts";

/** Causes one below the other, what led to each drawn below it; its lines stand behind a bar. */
export function causeTree(causes: readonly Cause[]): string[] {
  return causes.flatMap(({ text, evidence = [], because = [] }) => [
    harmless(text),
    ...evidence.map((line) => `│ ${harmless(line)}`),
    ...because.flatMap((cause, index) => branch(causeTree([cause]), index === because.length - 1)),
  ]);
}

function branch([first = "", ...rest]: readonly string[], isLast: boolean): string[] {
  return [
    `${isLast ? "└─" : "├─"} ${first}`,
    ...rest.map((line) => `${isLast ? "  " : "│ "} ${line}`),
  ];
}
