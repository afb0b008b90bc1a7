/** AWS's own agent behind a load balancer: its commands come in legs, with the server between them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostService } from "../../core/api/host_commands.ts";
import {
  completeStockCommand,
  getSpecification,
  parseStockCommand,
  pollStockCommand,
} from "../../core/api/stock_agent.ts";
import { DEFAULT_REALM, hostUserArn } from "../../core/domain/identity.ts";
import { HOST_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { balancedTest } from "../engine/balanced_fleet.ts";
import type { Fleet } from "../engine/fleet.ts";

const HOST = { name: "web-1", identifier: hostUserArn(DEFAULT_REALM, "web-1") };
const SAID = { error_code: 0, script_name: "", message: "Succeeded", log: "" };

function serviceOf(fleet: Fleet): HostService {
  const { engine } = fleet;
  const part = { engine, realm: DEFAULT_REALM, now: () => fleet.now, seal: asItIs };
  // because orders are signed for the other kind of agent alone
  return part as unknown as HostService;
}

function asItIs(text: string): Promise<string> {
  return Promise.resolve(text);
}

balancedTest("AWS's agent gets the specification of each of its events, whatever the leg", {
  hosts: 1,
  deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" },
}, async (fleet, balancer) => {
  const service = serviceOf(fleet);
  const id = await fleet.deploy("v1.zip");
  const events: string[] = [];
  const byAgent = HOST_EVENTS.inPlaceBalanced.length - 2;
  for (let n = 0; n < byAgent; n++) {
    const { HostCommand } = await pollStockCommand(service, HOST, AbortSignal.timeout(5_000));
    assert.ok(HostCommand, `there is no command after ${events}`);
    const { HostCommandIdentifier, DeploymentExecutionId, CommandName } = HostCommand;
    const { DeploymentSpecification } = await getSpecification(
      service,
      HOST,
      DeploymentExecutionId,
    );
    const { Payload } = DeploymentSpecification.GenericEnvelope;
    assert.equal(JSON.parse(Payload).DeploymentId, id);
    const command = parseStockCommand(HostCommandIdentifier);
    assert.ok(command);
    const input = { HostCommandIdentifier, CommandStatus: "Succeeded" } as const;
    await completeStockCommand(service, command, input, SAID);
    events.push(CommandName);
  }
  assert.equal((await fleet.ended(id)).status, "Succeeded");
  const traffic = ["BlockTraffic", "AllowTraffic"];
  const own = HOST_EVENTS.inPlaceBalanced.filter((name) => !traffic.includes(name));
  assert.deepEqual(events, own);
  assert.deepEqual(balancer.asked, ["block web-1", "allow web-1"]);
});

test("a command of a later leg is told from its event", () => {
  assert.deepEqual(parseStockCommand("d-1/web-1/2/Install"), {
    orderId: "d-1/web-1/2",
    event: "Install",
  });
});
