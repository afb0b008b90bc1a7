/** One thing found at the source, and what has to be done about it here. @module */
import type { Settings } from "./inventory.ts";

export interface Call {
  operation: string;
  input: Settings;
}

/** A member that says one thing there and another here. */
export interface Difference {
  member: string;
  there: unknown;
  here: unknown;
}

interface Subject {
  kind: "config" | "application" | "group" | "revision" | "instance";
  /** `shop`, or `shop/production` for a group. */
  name: string;
  /** The application that must be here before this can be done. */
  needs?: string;
}

export type Step =
  & Subject
  & (
    | { action: "create"; calls: readonly Call[] }
    | { action: "update"; calls: readonly Call[]; differences: readonly Difference[] }
    | { action: "unchanged" }
    | { action: "cannot"; reason: string; differences: readonly Difference[] }
  );
