/**
 * A fleet taken in steps: so many hosts, a wait, more hosts, to the last one. Canary and growing
 * waves are such plans; a strategy of one's own may make its plan as it likes.
 * @module
 */
import { hosts } from "../domain/wording.ts";
import {
  minimumBroken,
  type MinimumHealthyHosts,
  requiredHealthy,
  roomOf,
  startable,
} from "./healthy_hosts.ts";
import {
  done,
  fail,
  type FleetStep,
  type FleetView,
  type Hold,
  hold,
  start,
  wait,
} from "./strategy.ts";

export type PlanStep =
  /** Hosts deployed to by then, counted from the first; what is reached already starts nobody. */
  | { readonly kind: "hosts"; readonly upTo: number }
  | { readonly kind: "hold"; readonly key: string; readonly hold: Hold };

export interface Plan {
  /** After the last one all hosts that are left are taken. */
  readonly steps: Iterable<PlanStep>;
  /** Failed hosts that are borne; one more fails the deployment. */
  readonly maxFailures: number;
  /** Also bounds how many hosts of a step are down at once. */
  readonly minimumHealthyHosts?: MinimumHealthyHosts | undefined;
}

/** Hosts that the deployment is for: those that are current are no canaries, and left out. */
export function hostsToDeploy(fleet: FleetView): number {
  return fleet.size - fleet.skipped;
}

/** A number of hosts, or a share of those to deploy to, rounded up; never more than there are. */
export function shareOf(share: number | { readonly percent: number }, fleet: FleetView): number {
  const all = hostsToDeploy(fleet);
  return Math.min(typeof share === "number" ? share : Math.ceil((all * share.percent) / 100), all);
}

/**
 * What a fleet does next by its plan. A step is over once its hosts have ended; then one of all that
 * were deployed to so far must have succeeded, as there is nothing to watch, or to go on with, where
 * none did.
 */
export function nextByPlan(fleet: FleetView, plan: Plan): FleetStep {
  const { maxFailures, minimumHealthyHosts } = plan;
  const required = minimumHealthyHosts && requiredHealthy(fleet.size, minimumHealthyHosts);
  const broken = required === undefined ? undefined : minimumBroken(fleet, required);
  if (broken) return broken;
  if (fleet.failed > maxFailures) {
    return fail(`${fleet.failed} of ${hosts(fleet.size)} failed, ${borne(maxFailures)}`);
  }
  for (const step of [...plan.steps, { kind: "hosts", upTo: hostsToDeploy(fleet) } as const]) {
    if (step.kind === "hosts") {
      const now = ofStep(fleet, step.upTo, required);
      if (now) return now;
    } else if (!fleet.passed.has(step.key)) return hold(step.key, step.hold);
  }
  return done();
}

/** The step's own hosts: started, waited for, judged; undefined once a later step is due. */
function ofStep(
  fleet: FleetView,
  upTo: number,
  required: number | undefined,
): FleetStep | undefined {
  const attempted = hostsToDeploy(fleet) - fleet.pending;
  if (attempted < upTo) {
    const room = required === undefined ? [] : [roomOf(fleet, required)];
    const next = Math.min(upTo - attempted, startable(fleet, ...room));
    return next > 0 ? start(next) : wait();
  }
  if (attempted > upTo) return undefined;
  if (fleet.running > 0) return wait();
  if (attempted > 0 && fleet.succeeded === 0) {
    return fail(`${fleet.failed} of ${hosts(attempted)} failed, at least one must succeed`);
  }
}

function borne(maxFailures: number): string {
  return maxFailures === 1 ? "1 is borne" : `${maxFailures} are borne`;
}
