/** Waves that grow: 1, 2, 4 … hosts, each over before the next, with a wait between if wanted. @module */
import {
  defineStrategy,
  Duration,
  hostsToDeploy,
  nextByPlan,
  type PlanStep,
  z,
} from "runtime/plugin";

const Config = z.object({
  /** Hosts of the first wave. */
  first: z.number().int().min(1).default(1),
  /** How many times as large each wave is as the one before. */
  factor: z.number().int().min(2).default(2),
  bake: Duration.exactOptional(),
  /** Failed hosts that are borne; one more fails the deployment. */
  maxFailures: z.number().int().min(0).default(0),
});

export default defineStrategy({
  name: "exponential",
  platform: "Server",
  description: "waves of 1, 2, 4 … hosts, each over before the next",
  config: Config,
  next({ fleet, config }) {
    const steps = waves(hostsToDeploy(fleet), config);
    return nextByPlan(fleet, { steps, maxFailures: config.maxFailures });
  },
});

/** There is no wait after the last wave. */
function* waves(hosts: number, { first, factor, bake }: z.output<typeof Config>) {
  let upTo = 0;
  let wave = first;
  for (let number = 1; upTo + wave < hosts; number++, wave *= factor) {
    upTo += wave;
    yield { kind: "hosts", upTo } satisfies PlanStep;
    if (bake === undefined) continue;
    yield {
      kind: "hold",
      key: `${number} bake`,
      hold: { kind: "bake", ms: bake },
    } satisfies PlanStep;
  }
}
