/** What saving the triggers of a group refuses, and what it publishes. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { insertTopic, putSubscription } from "../../core/store/topics.ts";
import { openTestApi, type TestApi } from "./test_api.ts";

const TOPIC = "arn:aws:sns:us-east-1:000000000000:deployments";
const ELSEWHERE = "arn:aws:sns:eu-west-1:111122223333:others";
const GROUP = {
  applicationName: "shop",
  deploymentGroupName: "production",
  serviceRoleArn: "arn:aws:iam::000000000000:role/none",
};
const trigger = (triggerName: string, triggerTargetArn = TOPIC, event = "DeploymentStart") => ({
  triggerName,
  triggerTargetArn,
  triggerEvents: [event],
});

async function openShop(): Promise<TestApi> {
  const api = await openTestApi();
  await api.call("CreateApplication", { applicationName: "shop" });
  await api.context.store.commit((tx) => {
    insertTopic(tx, {
      name: "deployments",
      displayName: "",
      signatureVersion: "1",
      createTime: 0,
      tags: [],
      policy: "",
    });
    putSubscription(tx, {
      id: "11111111-2222-3333-4444-555555555555",
      topic: "deployments",
      protocol: "http",
      endpoint: "http://a.test/",
      rawMessageDelivery: false,
      status: "confirmed",
      token: "t",
      tokenExpires: 0,
    });
  });
  return api;
}

/** The tests that wait to be delivered: destination and trigger. */
function tried(api: TestApi): string[] {
  return (api.dump()["deliveries"] ?? []).map((row) => {
    const { destination, payload } = row as { destination: string; payload: string }; // because rows of this table have both
    return `${destination.split(":")[0]} ${
      JSON.parse(JSON.parse(payload).message).eventTriggerName
    }`;
  });
}

test("a saved trigger is tried once, and again when it is changed; the others are left alone", async () => {
  using api = await openShop();
  await api.call("CreateDeploymentGroup", {
    ...GROUP,
    triggerConfigurations: [trigger("ours"), trigger("theirs", ELSEWHERE)],
  });
  assert.deepEqual(tried(api), ["subscription ours", "topic theirs"]);
  const update = (triggerConfigurations: object[]) =>
    api.call("UpdateDeploymentGroup", {
      applicationName: "shop",
      currentDeploymentGroupName: "production",
      triggerConfigurations,
    });
  await update([trigger("theirs", ELSEWHERE), trigger("ours", TOPIC, "DeploymentStop")]);
  assert.deepEqual(tried(api).slice(2), ["subscription ours"]);
  await update([]);
  await api.call("UpdateDeploymentGroup", {
    applicationName: "shop",
    currentDeploymentGroupName: "production",
    newDeploymentGroupName: "live",
  });
  assert.equal(tried(api).length, 3);
});

const refused: [what: string, triggers: object[], message: RegExp][] = [
  ["a name twice", [trigger("a"), trigger("a", ELSEWHERE)], /the trigger a is named twice/],
  [
    "a target that is no topic",
    [trigger("a", "arn:aws:sqs:us-east-1:000000000000:q")],
    /sqs.*no t/,
  ],
  ["a target that is no ARN", [trigger("a", "deployments")], /no topic's ARN/],
  ["no event", [{ ...trigger("a"), triggerEvents: [] }], /at least one of triggerEvents/],
  ["no name", [{ ...trigger("a"), triggerName: "" }], /triggerName/],
];
for (const [what, triggerConfigurations, message] of refused) {
  test(`a trigger with ${what} is refused by InvalidTriggerConfig`, async () => {
    using api = await openShop();
    const input = { ...GROUP, triggerConfigurations };
    await api.refuses(
      "CreateDeploymentGroup",
      input,
      "InvalidTriggerConfigException",
      message,
    );
  });
}

test("eleven triggers are too many", async () => {
  using api = await openShop();
  const triggerConfigurations = Array.from({ length: 11 }, (_, i) => trigger(`t${i}`));
  const input = { ...GROUP, triggerConfigurations };
  await api.refuses("CreateDeploymentGroup", input, "TriggerTargetsLimitExceededException");
});

test("an event that nobody knows is refused", async () => {
  using api = await openShop();
  const input = { ...GROUP, triggerConfigurations: [trigger("a", TOPIC, "DeploymentPause")] };
  await api.refuses("CreateDeploymentGroup", input, "InvalidTriggerConfigException");
});
