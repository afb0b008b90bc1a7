/** What a host may not ask or say, and what people may not in its place. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CODEDEPLOY_OPERATIONS } from "../../core/api/codedeploy_operations.ts";
import { AGENT_SIGNING_NAME, AGENT_TARGET_PREFIX } from "../../core/wire/agent_protocol.ts";
import { callJson } from "../../core/wire/aws_json.ts";
import { RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import {
  CODEDEPLOY_SIGNING_NAME,
  CODEDEPLOY_TARGET_PREFIX,
} from "../../core/api/codedeploy_operations.ts";
import { envelope, Host, joinHost } from "./host.ts";
import { nthDeployment, openShop, type Shop, TAG } from "./shop.ts";
import { credentialsOf, REGION, SERVER } from "./test_api.ts";

const ID = `${nthDeployment(0)}/web-1`;
const HOST = "arn:aws:iam::000000000000:user/AWS/CodeDeploy/web-1";
const REPORTS: [operation: string, rest: object][] = [
  ["PutHostCommandAcknowledgement", {}],
  ["PostHostCommandUpdate", {}],
  ["PutHostCommandComplete", { CommandStatus: "Succeeded" }],
];

/** web-1 carries out an order, web-2 waits. */
async function openWorking(): Promise<Shop> {
  const shop = await openShop(2);
  await shop.deploy("v1.zip");
  await shop.hosts[0]!.take();
  return shop;
}

test("a host cannot poll for another", async () => {
  await using shop = await openWorking();
  const ask = () => shop.hosts[1]!.call("PollHostCommand", { HostIdentifier: HOST });
  await shop.refusal(ask, "AccessDeniedException", /HostIdentifier.*web-2/);
});

for (const [operation, rest] of REPORTS) {
  test(`${operation}: a host cannot report for another`, async () => {
    await using shop = await openWorking();
    const input = { HostCommandIdentifier: ID, ...rest };
    const ask = () => shop.hosts[1]!.call(operation, input);
    await shop.refusal(ask, "AccessDeniedException", /HostCommandIdentifier.*web-2/);
    assert.notDeepEqual(await shop.hosts[0]!.call(operation, input), undefined);
  });
}

const command = (operation: string, input: object) => [operation, input] as const;
const payload = (Payload: string) => ({
  HostCommandIdentifier: ID,
  CommandStatus: "Failed",
  Diagnostics: { Format: "JSON", Payload },
});
const malformed: [call: readonly [string, object], message: RegExp][] = [
  [command("PollHostCommand", {}), /HostIdentifier/],
  [command("PollHostCommand", { HostIdentifier: "" }), /HostIdentifier/],
  [command("PollHostCommand", { HostIdentifier: HOST, WaitSeconds: 56 }), /WaitSeconds/],
  [command("PollHostCommand", { HostIdentifier: HOST, WaitSeconds: -1 }), /WaitSeconds/],
  ...REPORTS.flatMap(([operation, rest]): [readonly [string, object], RegExp][] => [
    [command(operation, rest), /HostCommandIdentifier/],
    [command(operation, { ...rest, HostCommandIdentifier: "" }), /HostCommandIdentifier/],
    [command(operation, { ...rest, HostCommandIdentifier: "web-1" }), /"web-1" is not a command/],
    [command(operation, { ...rest, HostCommandIdentifier: `${ID}/x` }), /is not a command/],
  ]),
  [command("PutHostCommandComplete", { HostCommandIdentifier: ID }), /CommandStatus/],
  [
    command("PutHostCommandComplete", { HostCommandIdentifier: ID, CommandStatus: "Pending" }),
    /CommandStatus/,
  ],
  [command("PutHostCommandComplete", payload("not JSON")), /Diagnostics\.Payload|not JSON/],
  [command("PutHostCommandComplete", payload("[]")), /Diagnostics\.Payload/],
  [command("PutHostCommandComplete", payload("{}")), /Diagnostics\.Payload\.error_code/],
  [command("PutHostCommandComplete", payload('{"error_code":8}')), /error_code/],
  [command("PostHostCommandUpdate", payload("{")), /not JSON/],
  [
    command("PostHostCommandUpdate", payload('{"events":[{"name":"Lunch","status":"Failed"}]}')),
    /Diagnostics\.Payload\.events\.0\.name/,
  ],
  [
    command("PostHostCommandUpdate", payload('{"log":[{"event":"Install"}]}')),
    /Diagnostics\.Payload\.log\.0\.stream/,
  ],
  [
    command("PostHostCommandUpdate", {
      HostCommandIdentifier: ID,
      Diagnostics: { ...envelope({}), Format: "x".repeat(65) },
    }),
    /Diagnostics\.Format/,
  ],
];
for (const [[operation, input], message] of malformed) {
  const shown = JSON.stringify(input).slice(0, 110);
  test(`${operation} refuses ${shown} as a ClientException`, async () => {
    await using shop = await openWorking();
    const ask = () => shop.hosts[0]!.call(operation, input);
    await shop.refusal(ask, "ClientException", message);
  });
}

test("a member of the wrong JSON type is a SerializationException", async () => {
  await using shop = await openWorking();
  const ask = () => shop.hosts[0]!.call("PollHostCommand", { HostIdentifier: 7 });
  await shop.refusal(ask, "SerializationException", /HostIdentifier/);
});

test("an agent that announces nothing is given one event, and no order", async () => {
  await using shop = await openShop(1);
  const [host] = shop.hosts;
  assert.ok(host);
  await shop.deploy("v1.zip");
  host.isOurs = false;
  const { HostCommand, Order } = await host.poll();
  assert.equal(HostCommand?.CommandName, "ApplicationStop");
  assert.equal(Order, undefined);
});

test("a host is given no specification of a deployment it has no part in", async () => {
  await using shop = await openWorking();
  const ask = (DeploymentExecutionId: string) => () =>
    shop.hosts[0]!.call("GetDeploymentSpecification", {
      DeploymentExecutionId,
      HostIdentifier: shop.hosts[0]!.identifier,
    });
  await shop.refusal(ask("us-east-1/1/g/d-ELSEWHERE"), "ClientException", /no order of/);
  await shop.refusal(ask("d-ELSEWHERE"), "ClientException", /DeploymentExecutionId/);
});

test("a key whose host is not registered is told to join", async () => {
  await using shop = await openShop(0);
  const iamUserArn = "arn:aws:iam::000000000000:user/agent";
  const ghost = new Host(shop, {
    instanceName: "ghost",
    iamUserArn,
    region: REGION,
    serverPublicKey: "",
    ...credentialsOf("agent"),
  });
  await shop.refusal(() => ghost.poll(), "ClientException", /runtime agent join/);
});

test("a deregistered host is a stranger", async () => {
  await using shop = await openWorking();
  await shop.call("DeregisterOnPremisesInstance", { instanceName: "web-1" });
  const [web1] = shop.hosts;
  await shop.refusal(() => web1!.poll(), "UnrecognizedClientException");
  const order = { commandId: ID };
  await shop.refusal(() => web1!.complete(order), "UnrecognizedClientException");
});

test("the command service takes no request that was signed for people's operations", async () => {
  await using shop = await openWorking();
  const input = { HostIdentifier: HOST };
  const ask = () => shop.hosts[0]!.call("PollHostCommand", input, CODEDEPLOY_SIGNING_NAME);
  await shop.refusal(ask, "InvalidSignatureException", new RegExp(AGENT_SIGNING_NAME));
});

const HOST_OPERATIONS = ["PollHostCommand", ...REPORTS.map(([operation]) => operation)];
for (const role of ["admin", "deployer", "viewer"] as const) {
  for (const operation of HOST_OPERATIONS) {
    test(`${operation} is not for people: the key of ${role} is refused`, async () => {
      await using shop = await openWorking();
      const ask = () =>
        callJson(endpoint(shop, credentialsOf(role)), {
          target: AGENT_TARGET_PREFIX + operation,
          service: AGENT_SIGNING_NAME,
          input: {
            HostIdentifier: HOST,
            HostCommandIdentifier: ID,
            CommandStatus: "Failed",
          },
        });
      await shop.refusal(ask, "AccessDeniedException", /agent/);
    });
  }
}

const PEOPLES_OPERATIONS = [
  ...CODEDEPLOY_OPERATIONS.keys(),
  "BatchGetDeployments",
  "BatchGetDeploymentTargets",
  "CreateDeployment",
  "GetDeployment",
  "GetDeploymentTarget",
  "ListDeployments",
  "ListDeploymentTargets",
  "StopDeployment",
].map((name) => CODEDEPLOY_TARGET_PREFIX + name);
const RUNTIME = ["CreateJoinToken", "GetDeploymentLogs"].map((name) =>
  RUNTIME_TARGET_PREFIX + name
);

test("a host's key may call none of people's operations", async () => {
  await using shop = await openWorking();
  for (const target of [...PEOPLES_OPERATIONS, ...RUNTIME]) {
    const input = { deploymentId: nthDeployment(0) };
    const ask = () =>
      callJson(endpoint(shop, shop.hosts[0]!.keys), {
        target,
        service: CODEDEPLOY_SIGNING_NAME,
        input,
      });
    await shop.refusal(ask, "AccessDeniedException", /role agent/);
  }
});

function endpoint(shop: Shop, credentials: Host["keys"]) {
  return { url: SERVER, region: REGION, credentials, fetch: shop.fetch };
}

for (const isOurs of [true, false]) {
  test(`a poll of a host that is gone gets nothing of its successor's (${isOurs ? "our" : "AWS's"} agent)`, async () => {
    await using shop = await openShop(1);
    const [former] = shop.hosts;
    former!.isOurs = isOurs;
    const polling = assert.rejects(
      former!.call("PollHostCommand", {
        HostIdentifier: former!.identifier,
        ...(isOurs && { WaitSeconds: 20 }),
      }),
      /no longer that of web-1/,
    );
    await shop.call("DeregisterOnPremisesInstance", { instanceName: "web-1" });
    const { token } = await shop.target(RUNTIME_TARGET_PREFIX + "CreateJoinToken", {});
    const next = await joinHost(shop, { token, instanceName: "web-1", tags: [TAG] });
    await shop.deploy("v1.zip");
    await polling;
    // As an order whose answer was lost.
    shop.clock.now += 60_000;
    assert.equal((await next.take()).commandId, ID);
  });
}
