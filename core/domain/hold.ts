/** What a rollout may wait for between two steps. @module */

/** How often an analysis is asked, and what its values must be. */
export interface AnalysisRules {
  /** Name of the analysis, as it was set up on the server. */
  readonly name: string;
  /** Measurements to take; at least one. */
  readonly count: number;
  /** Milliseconds from one measurement to the next. */
  readonly interval: number;
  /** A value below or above is a failed measurement; at least one of the two is set. */
  readonly min?: number;
  readonly max?: number;
  /** Failed measurements that are borne; one more fails the deployment. */
  readonly failureLimit: number;
  /**
   * Measurements without a value (nothing, NaN, an error) that are borne; one more fails the
   * deployment. They never count as passed: each is taken again.
   */
  readonly inconclusiveLimit: number;
}

/** What a rollout waits for before its next step. */
export type Hold =
  /** Time passes; a failing host or an alarm still ends the deployment. */
  | { readonly kind: "bake"; readonly ms: number }
  | { readonly kind: "analysis"; readonly rules: AnalysisRules }
  /**
   * A person with the right approves; without one the deployment fails after `ms`. `name` is what
   * people read; left out, it is the hold's key.
   */
  | { readonly kind: "approval"; readonly ms: number; readonly name?: string }
  /** Until somebody promotes the deployment. */
  | { readonly kind: "pause" };
