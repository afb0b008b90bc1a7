/**
 * A rollout without engine or store: inputs go to `advance`, its decisions are applied at once.
 * Hosts are letters: P waits and is healthy, u waits and is unhealthy, R has its order, S succeeded,
 * F failed, K was skipped; the first is web-1.
 * @module
 */
import type { DeploymentRequest } from "../../core/domain/deployment.ts";
import { AT_THE_START } from "../../core/domain/progress.ts";
import type { Target, TargetStatus } from "../../core/domain/target.ts";
import type { FleetStep, FleetView } from "../../core/plugin/contract.ts";
import { advance, type Input, type Rules } from "../../core/rollout/advance.ts";
import { HOST_CLOCKS } from "../../core/rollout/host_clock.ts";
import { apply, type Decision, newState, type RolloutState } from "../../core/rollout/state.ts";
import strategy from "../../strategies/minimum_healthy_hosts.ts";
import { reported, request, target } from "./letters.ts";

const HOST: Record<string, [status: TargetStatus, events: string]> = {
  P: ["Pending", ""],
  u: ["Pending", ""],
  R: ["InProgress", "SSR"],
  S: ["Succeeded", "SSSSSSS"],
  F: ["Failed", "SSFKKKK"],
  K: ["Skipped", "KKKKKKK"],
};

/** The built-in strategy, `atOnce` hosts at a time. */
export function atMost(atOnce: number): Rules["next"] {
  const minimumHealthyHosts = { type: "MOST_CONCURRENCY", value: atOnce };
  const config = strategy.config.parse({ minimumHealthyHosts, predefined: true });
  return (fleet) => strategy.next({ fleet, config });
}

export interface Rollout {
  state: RolloutState;
  /** What the strategy was shown, in order. */
  views: FleetView[];
  /** Takes an input, applies what it decides, answers it. */
  take(input: Input, now?: number): Decision;
  /** A new state from what a store would have kept, as after a restart. */
  reload(): void;
}

export function rollout(
  hosts: string,
  next: (fleet: FleetView) => FleetStep,
  changes: Partial<DeploymentRequest> = {},
  { zones = "", ...given }: Partial<Rules> & { zones?: string } = {},
): Rollout {
  const id = (index: number) => `web-${index + 1}`;
  const letters = [...hosts];
  const targets = letters.map((letter, index) => ({
    ...target(id(index), ...HOST[letter]!),
    // A letter a host names its zone; a dot stands for none.
    ...(zones !== "" && { zone: zones.charAt(index).replace(".", "") }),
  }));
  const unhealthy = new Set(letters.flatMap((letter, index) => letter === "u" ? id(index) : []));
  const views: FleetView[] = [];
  const rules: Rules = {
    clocks: HOST_CLOCKS,
    timeLapse: 1,
    checksFirst: false,
    ...given,
    next(fleet) {
      views.push(fleet);
      return next(fleet);
    },
  };
  const begin = { id: "d-1", request: request(changes), status: "InProgress" as const };
  const nothingYet = { error: undefined, stop: undefined, terminationWait: undefined };
  const started = { ...begin, ...nothingYet, progress: AT_THE_START, unhealthy, targets };
  return {
    state: newState(started),
    views,
    take(input, now = 1_000) {
      const decision = advance(this.state, input, now, rules);
      apply(this.state, decision);
      for (const host of decision.give) withCommand(this.state, host, now);
      return decision;
    },
    reload() {
      const { id, request, status, error, stop, unhealthy, order } = this.state;
      const { progress, terminationWait } = this.state;
      const targets = order.flatMap((id) => this.state.targets.get(id) ?? []);
      const kept = { id, request, status, error, stop, progress, terminationWait };
      this.state = newState({ ...kept, unhealthy, targets });
    },
  };
}

/** What the runner adds once the host has its order. */
function withCommand(state: RolloutState, host: string, now: number): void {
  const given = state.targets.get(host);
  const command: Target["command"] = { id: `d-1/${host}`, nonce: 1, givenAt: now };
  if (given) state.targets.set(host, { ...given, command });
}

/** A host's last report; its agent passes over a failed first event when all others succeeded. */
export function completion(host: string, letters: string): Input {
  return {
    kind: "report",
    host,
    command: `d-1/${host}`,
    report: {
      kind: "completed",
      succeeded: /^[SF]S{6}$/.test(letters),
      events: reported(letters),
      failure: { code: 5, message: "stopped by request" },
    },
  };
}

const LETTER: Record<TargetStatus, string> = {
  Pending: "P",
  InProgress: "R",
  Succeeded: "S",
  Failed: "F",
  Skipped: "K",
  Unknown: "?",
  Ready: "Y",
};

/** The fleet in letters (an unhealthy host that waits reads P), and the deployment's end, if any. */
export function show({ state }: Rollout): string {
  const hosts = state.order.map((id) => LETTER[state.targets.get(id)!.status]).join("");
  const { status, error } = state;
  return status === "InProgress" ? hosts : `${hosts} ${status}${error ? ` ${error.code}` : ""}`;
}
