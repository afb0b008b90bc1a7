/** Steps of an import as a person reads them. Pure. @module */
import { harmless } from "../words.ts";
import type { Difference, Step } from "./step.ts";

/** `planned` says what would be done, `done` what was. */
export function stepText(step: Step, when: "planned" | "done"): string {
  const subject = harmless(`${step.kind} ${step.name}`);
  switch (step.action) {
    case "create":
      return when === "planned" ? `would create ${subject}` : `created ${subject}`;
    case "update": {
      const word = when === "planned" ? "would update" : "updated";
      return `${word} ${subject}: ${step.differences.map(({ member }) => member).join(", ")}`;
    }
    case "unchanged":
      return `unchanged ${subject}`;
    case "cannot": {
      const members = step.differences.map(differenceText).join("; ");
      const word = when === "planned" ? "cannot import" : "did not import";
      return harmless(`${word} ${subject}: ${step.reason}${members === "" ? "" : ` (${members})`}`);
    }
  }
}

function differenceText({ member, there, here }: Difference): string {
  return `${member} is ${said(there)} there, ${said(here)} here`;
}

function said(value: unknown): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}

/** `nothing to do: 12 unchanged` or `3 created, 1 updated, 12 unchanged, 1 not imported`. */
export function summaryText(steps: readonly Step[], when: "planned" | "done"): string {
  const count = (action: Step["action"]) => steps.filter((step) => step.action === action).length;
  const words = when === "planned"
    ? { create: "to create", update: "to update", cannot: "that cannot be imported" }
    : { create: "created", update: "updated", cannot: "not imported" };
  const counts = [
    [count("create"), words.create],
    [count("update"), words.update],
    [count("unchanged"), "unchanged"],
    [count("cannot"), words.cannot],
  ] as const;
  const text = counts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`)
    .join(", ");
  const idle = count("create") + count("update") + count("cannot") === 0;
  return idle ? `nothing to do${text === "" ? "" : `: ${text}`}` : text;
}
