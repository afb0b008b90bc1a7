/**
 * Lifecycle events: names, order, who runs them and from which revision (spec 4.1, 4.2), their
 * status (2.3) and what an agent says about one (4.4).
 * @module
 */
import { z } from "zod";

/** In the order of an in-place deployment behind a load balancer, the longest flow of a host. */
export const LifecycleEventName = z.enum([
  "BeforeBlockTraffic",
  "BlockTraffic",
  "AfterBlockTraffic",
  "ApplicationStop",
  "DownloadBundle",
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
  "BeforeAllowTraffic",
  "AllowTraffic",
  "AfterAllowTraffic",
]);
export type LifecycleEventName = z.infer<typeof LifecycleEventName>;

/** In-place on EC2 or on-premises hosts without a load balancer (spec 4.1). */
export const IN_PLACE_EVENTS: readonly LifecycleEventName[] = [
  "ApplicationStop",
  "DownloadBundle",
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
];

const BLOCKING = ["BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic"] as const;
const ALLOWING = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"] as const;

/**
 * The events of a host by its part in a deployment (spec 4.1), those of its traffic only where a
 * load balancer is asked. The application of a blue host ends after the wait for its termination.
 */
export const HOST_EVENTS = {
  inPlace: IN_PLACE_EVENTS,
  inPlaceBalanced: [...BLOCKING, ...IN_PLACE_EVENTS, ...ALLOWING],
  green: [...IN_PLACE_EVENTS, ...ALLOWING],
  blueKept: BLOCKING,
  blueEnded: [...BLOCKING, "ApplicationStop"],
  /** Traffic goes back to a blue host, and away from a green one. */
  blueRestored: ALLOWING,
  greenLeft: BLOCKING,
} as const satisfies Record<string, readonly LifecycleEventName[]>;

/** Events the agent runs itself; every other event of the agent is a list of scripts. */
export const AGENT_EVENTS: ReadonlySet<LifecycleEventName> = new Set(["DownloadBundle", "Install"]);

/** Events the server performs against the load balancer; no command of the agent exists for them. */
export const SERVER_EVENTS: ReadonlySet<LifecycleEventName> = new Set([
  "BlockTraffic",
  "AllowTraffic",
]);

/** A failure of these does not fail the host under `ignoreApplicationStopFailures` (spec 4.5). */
export const IGNORABLE_EVENTS: readonly LifecycleEventName[] = [
  "ApplicationStop",
  "BeforeBlockTraffic",
  "AfterBlockTraffic",
];

/** Whose scripts an event runs: this deployment's, or an earlier one's kept on the host. */
export type ScriptOrigin = "current" | "lastSuccessful" | "mostRecent";

/**
 * The revision that an event's scripts come from (spec 4.2). Anything but "current" applies only
 * while the current deployment's archive is not unpacked yet; without an earlier one the event is a
 * success without scripts.
 */
export function scriptOrigin(event: LifecycleEventName, blueGreenRollback: boolean): ScriptOrigin {
  switch (event) {
    case "BeforeBlockTraffic":
    case "AfterBlockTraffic":
      return blueGreenRollback ? "mostRecent" : "lastSuccessful";
    case "ApplicationStop":
      return "lastSuccessful";
    case "BeforeAllowTraffic":
    case "AfterAllowTraffic":
      return blueGreenRollback ? "lastSuccessful" : "current";
    default:
      return "current";
  }
}

export const LifecycleEventStatus = z.enum([
  "Pending",
  "InProgress",
  "Succeeded",
  "Failed",
  "Skipped",
  "Unknown",
]);
export type LifecycleEventStatus = z.infer<typeof LifecycleEventStatus>;

export const LifecycleErrorCode = z.enum([
  "Success",
  "ScriptMissing",
  "ScriptNotExecutable",
  "ScriptTimedOut",
  "ScriptFailed",
  "UnknownError",
]);
export type LifecycleErrorCode = z.infer<typeof LifecycleErrorCode>;

/** The agent's numbers and what the API calls them (spec 4.4): 6 and 7 have no name of their own. */
const ERROR_CODES: readonly LifecycleErrorCode[] = [
  "Success",
  "ScriptMissing",
  "ScriptNotExecutable",
  "ScriptTimedOut",
  "ScriptFailed",
  "UnknownError",
  "UnknownError",
  "UnknownError",
];

/** Agent code 0 to 7 as an API error code; anything else is UnknownError. */
export function lifecycleErrorCode(agentCode: number): LifecycleErrorCode {
  return ERROR_CODES[agentCode] ?? "UnknownError";
}

/** What an event left behind: agent code (0 to 7), script, message, last lines of output. */
export const Diagnostics = z.object({
  error_code: z.number().int().min(0).max(7),
  script_name: z.string().default(""),
  message: z.string().default(""),
  log: z.string().default(""),
});
export type Diagnostics = z.infer<typeof Diagnostics>;

/** One event of one host; times in milliseconds since the epoch. */
export const LifecycleEvent = z.object({
  name: LifecycleEventName,
  status: LifecycleEventStatus,
  startTime: z.number().optional(),
  endTime: z.number().optional(),
  diagnostics: Diagnostics.optional(),
});
export type LifecycleEvent = z.infer<typeof LifecycleEvent>;

/** What the host is told when its agent never answered (spec 4.4, observed text). */
export const AGENT_SILENT_MESSAGE =
  "CodeDeploy agent was not able to receive the lifecycle event. Check the CodeDeploy agent logs " +
  "on your host and make sure the agent is running and can connect to the CodeDeploy server.";
