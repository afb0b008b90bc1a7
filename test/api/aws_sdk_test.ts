/**
 * The client of AWS's SDK for JavaScript, which reads answers by the schemas of the service model:
 * what it makes of them is what its users get. Requests go to the server in this process.
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-codedeploy";
import { z } from "zod";
import { PUBLIC_SERVICES } from "./operation_table.ts";
import { GROUP, nthDeployment, openShop, type Shop, START, TAG } from "./shop.ts";
import { credentialsOf, REGION, SERVER } from "./test_api.ts";

interface SdkRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

function clientOf(shop: Shop): sdk.CodeDeploy {
  return new sdk.CodeDeploy({
    endpoint: SERVER,
    region: REGION,
    credentials: credentialsOf("admin"),
    maxAttempts: 1,
    requestHandler: {
      async handle({ method, path, headers, body }: SdkRequest) {
        const { host: _, ...sent } = headers; // fetch says it from the address, as it was signed
        const response = await shop.fetch(SERVER + path, {
          method,
          headers: sent,
          body: body ?? "",
        });
        const answer = Buffer.from(await response.arrayBuffer());
        const statusCode = response.status;
        const told = Object.fromEntries(response.headers);
        return { response: { statusCode, headers: told, body: Readable.from([answer]) } };
      },
    },
  });
}

test("the SDK reads a deployment from its creation to its end", async () => {
  await using shop = await openShop(1, { autoScalingGroups: ["asg"] });
  const client = clientOf(shop);
  const { applicationId } = await client.createApplication({
    applicationName: "other",
    tags: [{ Key: "team", Value: "web" }],
  });
  assert.ok(applicationId);
  const revision: sdk.RevisionLocation = {
    revisionType: "S3",
    s3Location: { bucket: "revisions", key: "shop.zip", bundleType: "zip" },
  };
  const { deploymentId } = await client.createDeployment({ ...GROUP, revision });
  assert.equal(deploymentId, nthDeployment(0));
  const order = await shop.hosts[0]!.take();
  await shop.hosts[0]!.complete(order, "SSSSSSS", []);
  await shop.ended(nthDeployment(0));

  const { deploymentInfo } = await client.getDeployment({ deploymentId });
  assert.equal(deploymentInfo?.status, "Succeeded");
  assert.deepEqual(deploymentInfo?.createTime, new Date(START));
  assert.deepEqual(deploymentInfo?.revision, revision);
  assert.equal(deploymentInfo?.deploymentOverview?.Succeeded, 1);
  const { deploymentTarget } = await client.getDeploymentTarget({
    deploymentId,
    targetId: "web-1",
  });
  assert.equal(deploymentTarget?.instanceTarget?.lifecycleEvents?.length, 7);
  const { deploymentGroupInfo } = await client.getDeploymentGroup(GROUP);
  assert.deepEqual(deploymentGroupInfo?.autoScalingGroups, [{ name: "asg" }]);
  assert.deepEqual(deploymentGroupInfo?.lastSuccessfulDeployment?.createTime, new Date(START));
  const { instanceInfo } = await client.getOnPremisesInstance({ instanceName: "web-1" });
  assert.deepEqual(instanceInfo?.tags, [TAG]);
  const { deploymentConfigInfo } = await client.getDeploymentConfig({
    deploymentConfigName: "CodeDeployDefault.HalfAtATime",
  });
  assert.deepEqual(deploymentConfigInfo?.minimumHealthyHosts, { type: "FLEET_PERCENT", value: 50 });
});

test("the SDK pages through a listing by itself", async () => {
  await using shop = await openShop(0);
  const client = clientOf(shop);
  const names = Array.from({ length: 105 }, (_, n) => `app-${String(n).padStart(3, "0")}`);
  for (const applicationName of names) await client.createApplication({ applicationName });
  const found: string[] = [];
  for await (const page of sdk.paginateListApplications({ client }, {})) {
    found.push(...page.applications ?? []);
  }
  assert.deepEqual(found, [...names, "shop"]);
});

const [codedeploy] = PUBLIC_SERVICES;
const Command = z.custom<new (input: object) => sdk.GetApplicationCommand>((value) =>
  typeof value === "function"
);

for (const name of codedeploy?.operations.keys() ?? []) {
  test(`the SDK knows every refusal of ${name} without input as an exception of its own`, async () => {
    await using shop = await openShop(0);
    const command = Command.parse(Reflect.get(sdk, `${name}Command`));
    const refused: unknown = await clientOf(shop).send(new command({})).catch((error) => error);
    if (!(refused instanceof Error)) return; // what needs no input answers
    const known: unknown = Reflect.get(sdk, refused.name);
    assert.ok(typeof known === "function" && refused instanceof known, String(refused));
    assert.notEqual(refused.message, "");
  });
}
