/** Who a blue/green deployment makes serve, and what the world hears of that (spec 7, 9.1). @module */
import assert from "node:assert/strict";
import { changeDeploymentGroup } from "../../core/store/deployment_groups.ts";
import { nextFacts } from "../../core/store/outbox.ts";
import { carryOut } from "./balanced_fleet.ts";
import { allow, ASK, block, blueGreenTest, GREEN, install, KEEP } from "./blue_green_fleet.ts";

blueGreenTest(
  "triggers hear of each host's start once, and of green ones that are Ready",
  ASK,
  async (
    fleet,
  ) => {
    const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
    await install(fleet);
    await fleet.settled();
    await fleet.engine.continueDeployment(id, "READY_WAIT", "InvalidDeploymentStatusException");
    await allow(fleet);
    await block(fleet);
    await fleet.ended(id);
    const told = nextFacts(fleet.store.read, 100).map(({ fact }) =>
      fact.kind === "instance" ? `${fact.event} ${fact.instanceId}` : fact.event
    );
    assert.deepEqual(told.filter((one) => !one.includes("web-2") && !one.includes("web-4")), [
      "InstanceStart web-3",
      "InstanceReady web-3",
      "DeploymentReady",
      "InstanceSuccess web-3",
      "InstanceStart web-1",
      "InstanceSuccess web-1",
    ]);
  },
  {
    triggerConfigurations: [{
      triggerName: "tell",
      triggerTargetArn: "arn:aws:sns:us-east-1:000000000000:deployments",
      triggerEvents: ["DeploymentReady", "InstanceStart", "InstanceReady", "InstanceSuccess"],
    }],
  },
);

blueGreenTest(
  "live hosts that were deregistered serve no more, and without any the filters say who",
  KEEP,
  async (
    fleet,
  ) => {
    const first = await fleet.deploy("v1.zip", { targetInstances: GREEN });
    await install(fleet);
    await allow(fleet);
    await block(fleet);
    await fleet.ended(first);
    await fleet.forget("web-3");
    const { id, name, settings } = fleet.group();
    const deploymentStyle = {
      deploymentType: "IN_PLACE",
      deploymentOption: "WITH_TRAFFIC_CONTROL",
    } as const;
    await fleet.store.commit((tx) =>
      changeDeploymentGroup(tx, id, { name, settings: { ...settings, deploymentStyle } })
    );
    const second = await fleet.deploy("v2.zip");
    await fleet.settled();
    assert.deepEqual(fleet.targets(second).map(({ id }) => id), ["web-4"]);
    await fleet.engine.stopDeployment(second, false);
    await carryOut(fleet, "web-4");
    await fleet.ended(second);
    await fleet.forget("web-4");
    const third = await fleet.deploy("v2.zip");
    await fleet.settled();
    assert.deepEqual(fleet.targets(third).map(({ id }) => id), ["web-1", "web-2"]);
  },
);
