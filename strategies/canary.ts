/**
 * A few hosts first, then more: steps as data, with a wait, a measurement or a person between them.
 *
 * `hosts` is how many have been deployed to by then, in all; after the last step the rest follows. The
 * first host is the first in the fleet's order, so an unhealthy one where there is one. Hosts that
 * were current from the start are not counted.
 * @module
 */
import {
  defineStrategy,
  Duration,
  type FleetView,
  type Hold,
  MinimumHealthyHosts,
  nextByPlan,
  type PlanStep,
  shareOf,
  z,
} from "runtime/plugin";

const Share = z.union([
  z.number().int().min(1),
  z.string().regex(/^([1-9]\d?|100)%$/).transform((text) => ({ percent: parseInt(text) })),
], 'must be a number of hosts from 1, or a percentage such as "10%"');

const Analysis = z.strictObject({
  /** Its name on the server. */
  analysis: z.string().min(1),
  count: z.number().int().min(1).max(1000).default(1),
  interval: Duration.prefault("1m"),
  min: z.number().exactOptional(),
  max: z.number().exactOptional(),
  failureLimit: z.number().int().min(0).default(0),
  inconclusiveLimit: z.number().int().min(0).max(1000).default(3),
}).refine(({ min, max }) => min !== undefined || max !== undefined, "must have min or max")
  .refine(({ min = -Infinity, max = Infinity }) => min <= max, "min must not be above max")
  .refine(({ count, failureLimit }) => failureLimit < count, "failureLimit must be below count");

/** What a step is, by the key that it must have. */
const KINDS = {
  hosts: z.strictObject({ hosts: Share }),
  bake: z.strictObject({ bake: Duration }),
  analysis: Analysis,
  approval: z.strictObject({
    approval: z.string().max(100).regex(/^\S(.*\S)?$/, "must be a name"),
    within: Duration.prefault("24h"),
  }),
  pause: z.strictObject({ pause: z.literal(true) }),
} as const;
const KIND_NAMES = ["hosts", "bake", "analysis", "approval", "pause"] as const;

/** A union would say of a wrong step that it fits none; by its key it can be said what is wrong. */
const Step = z.record(z.string(), z.unknown()).transform((given, context) => {
  const kind = KIND_NAMES.find((kind) => kind in given);
  if (kind === undefined) {
    const message = `must have one of ${KIND_NAMES.join(", ")}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  }
  const parsed = KINDS[kind].safeParse(given);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    // because: an issue is one that was found, but for the input, which each is told again.
    context.issues.push({ ...issue, input: given } as z.core.$ZodRawIssue);
  }
  return z.NEVER;
});
type Step = z.output<typeof Step>;

export default defineStrategy({
  name: "canary",
  platform: "Server",
  description: "a few hosts first, watched, measured or approved; then more, to the last one",
  config: z.object({
    steps: z.array(Step).min(1).max(100)
      .prefault([{ hosts: 1 }, { bake: "5m" }, { hosts: "50%" }, { bake: "5m" }]),
    /** Failed hosts that are borne; one more fails the deployment. */
    maxFailures: z.number().int().min(0).default(0),
    minimumHealthyHosts: MinimumHealthyHosts.exactOptional(),
  }),
  next({ fleet, config }) {
    const { maxFailures, minimumHealthyHosts } = config;
    const steps = config.steps.map((step, index) => planStep(step, index + 1, fleet));
    return nextByPlan(fleet, { steps, maxFailures, minimumHealthyHosts });
  },
});

/** A hold's key begins with the step's number, so no two are the same. */
function planStep(step: Step, number: number, fleet: FleetView): PlanStep {
  if ("hosts" in step) return { kind: "hosts", upTo: shareOf(step.hosts, fleet) };
  const [key, hold] = holdOf(step);
  return { kind: "hold", key: `${number} ${key}`, hold };
}

function holdOf(step: Exclude<Step, { hosts: unknown }>): [key: string, hold: Hold] {
  if ("bake" in step) return ["bake", { kind: "bake", ms: step.bake }];
  if ("pause" in step) return ["pause", { kind: "pause" }];
  if ("approval" in step) {
    return [`approval ${step.approval}`, {
      kind: "approval",
      ms: step.within,
      name: step.approval,
    }];
  }
  const { analysis: name, ...rules } = step;
  return [`analysis ${name}`, { kind: "analysis", rules: { name, ...rules } }];
}
