/** A fleet that a canary takes over, with an analysis `errors` that measures as the test says. @module */
import assert from "node:assert/strict";
import type { GroupSettings } from "../../core/domain/deployment_group.ts";
import type { Intervention } from "../../core/engine/intervene.ts";
import { type Analysis, defineAnalysis, z } from "../../core/plugin/contract.ts";
import { putIntegration } from "../../core/store/integrations.ts";
import { type Fleet, fleetTest } from "./fleet.ts";

export const MINUTE = 60_000;
export const ANN = "arn:aws:iam::000000000000:user/ann";

export class TestAnalysis {
  /** Answers the value of a measurement; may throw. */
  measure: () => number | undefined = () => 0;
  readonly plugin: Analysis;

  constructor() {
    this.plugin = defineAnalysis({
      name: "test",
      description: "measures what the test says",
      config: z.object({}),
      measure: () =>
        Promise.resolve().then(() => {
          const value = this.measure();
          return { value, evidence: `measured ${value}` };
        }),
    });
  }
}

/** Hosts that are on `v1.zip`, and a config `mine` with these steps of the canary. */
export function canaryTest(
  name: string,
  { steps, hosts = 2, ...settings }: { steps: object[]; hosts?: number } & GroupSettings,
  body: (fleet: Fleet, analysis: TestAnalysis) => Promise<void>,
): void {
  fleetTest(name, { hosts, ...settings }, async (fleet) => {
    const analysis = new TestAnalysis();
    fleet.plugins = [...fleet.plugins, analysis.plugin];
    const errors = { kind: "analysis", name: "errors", plugin: "test", config: {} } as const;
    await fleet.store.commit((tx) => putIntegration(tx, errors, fleet.now));
    await fleet.useStrategy("canary", { steps });
    fleet.restart();
    await fleet.succeed("v1.zip", ...Array.from({ length: hosts }, (_, n) => `web-${n + 1}`));
    await body(fleet, analysis);
  });
}

/** A deployment of `v2.zip` whose first host is through. */
export async function canary(fleet: Fleet): Promise<string> {
  const id = await fleet.deploy("v2.zip", { deploymentConfigName: "mine" });
  await fleet.run("web-1");
  await fleet.settled();
  return id;
}

/** Time passes; what is due then is read and on disk. */
export async function pass(fleet: Fleet, ms: number): Promise<void> {
  fleet.now += ms;
  fleet.engine.tick();
  await fleet.settled();
  await fleet.settled();
}

export async function wish(fleet: Fleet, id: string, wished: Intervention, by = ANN) {
  await fleet.engine.intervene(id, wished, by);
}

export async function again(fleet: Fleet): Promise<void> {
  await fleet.settled();
  fleet.restart();
  await fleet.settled();
}

/** Ann's deployment was stopped and goes back to `v1.zip`. */
export async function isTakenBack(fleet: Fleet, id: string): Promise<void> {
  const { rollback } = await fleet.ended(id);
  const back = fleet.engine.deployment(rollback.rollbackDeploymentId ?? "none");
  const { revision } = back.request;
  assert.ok(revision.revisionType === "S3" && revision.s3Location.key === "v1.zip");
}
