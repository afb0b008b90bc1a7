/** Topics that another server has, and clients other than ours. @module */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { type Hook, startHook } from "../delivery/hook_server.ts";
import { Fleet, until } from "./fleet.ts";

const PYTHON = "/usr/bin/python3";

test("a trigger reaches the topic of a second server by --sns-endpoint", async () => {
  await using hook = await startHook();
  const other = new Fleet();
  const fleet = new Fleet();
  try {
    other.env["RUNTIME_ACCOUNT_ID"] = "111122223333";
    other.serverFlags = ["--public-url", "https://runtime.example"];
    await other.startServer();
    const made = await other.runtime("topic", "create", "pages", "--json");
    const { topicArn } = JSON.parse(made.stdout);
    assert.equal(topicArn, "arn:aws:sns:us-east-1:111122223333:pages");
    await other.runtime("topic", "subscribe", "pages", hook.url);
    const question = await until("the question", () => documents(hook)[0]);
    const link = new URL(question["SubscribeURL"] ?? "");
    assert.equal(link.origin, "https://runtime.example");
    await fetch(other.url + link.pathname + link.search);

    fleet.serverFlags = ["--sns-endpoint", other.url];
    await fleet.startServer();
    await fleet.declare();
    await fleet.api("UpdateDeploymentGroup", {
      applicationName: "shop",
      currentDeploymentGroupName: "production",
      triggerConfigurations: [{
        triggerName: "page",
        triggerTargetArn: topicArn,
        triggerEvents: ["DeploymentFailure"],
      }],
    });
    const said = await until("the trigger's test", () => documents(hook)[1]);
    assert.equal(said["TopicArn"], topicArn);
    assert.equal(said["Subject"], "TEST: AWS CodeDeploy trigger page in us-east-1");
  } finally {
    await fleet.close();
    await other.close();
  }
});

/** What a hook got, as objects. */
function documents({ got }: Hook): Record<string, string>[] {
  return got.map(({ body }) => JSON.parse(body));
}

const BOTO3 = `
import boto3, os
sns = boto3.client("sns", endpoint_url=os.environ["RUNTIME_URL"])
arns = [sns.create_topic(Name=f"topic-{i:03}")["TopicArn"] for i in range(103)]
pages = sns.get_paginator("list_topics").paginate()
assert [t["TopicArn"] for page in pages for t in page["Topics"]] == arns
topic = arns[0]
subscription = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:1/",
    Attributes={"RawMessageDelivery": "true"}, ReturnSubscriptionArn=True)["SubscriptionArn"]
got = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
assert got["RawMessageDelivery"] == "true" and got["PendingConfirmation"] == "true", got
sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RawMessageDelivery",
    AttributeValue="false")
listed = sns.list_subscriptions()["Subscriptions"]
assert [s["SubscriptionArn"] for s in listed] == ["PendingConfirmation"], listed
assert len(sns.publish(TopicArn=topic, Message="m")["MessageId"]) == 36
sns.unsubscribe(SubscriptionArn=subscription)
assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
try:
    sns.confirm_subscription(TopicArn=topic, Token="none")
    raise SystemExit("a token that nobody gave was taken")
except sns.exceptions.InvalidParameterException as refused:
    assert "Token" in str(refused)
sns.delete_topic(TopicArn=topic)
try:
    sns.get_topic_attributes(TopicArn=topic)
    raise SystemExit("the topic is still there")
except sns.exceptions.NotFoundException:
    print("done")
`;

test("boto3 manages topics, pages through them and knows the refusals by their names", {
  skip: spawnSync(PYTHON, ["-c", "import boto3"]).status !== 0 &&
    "Debian's python3-boto3 is not installed",
}, async () => {
  const fleet = await Fleet.start(0);
  try {
    const { stdout } = await promisify(execFile)(PYTHON, ["-c", BOTO3], { env: fleet.env });
    assert.equal(stdout, "done\n");
  } finally {
    await fleet.close();
  }
});
