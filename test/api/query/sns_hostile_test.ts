/** What subscribers, and those who may only look, must not be able to do with topics. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSns, subscribed, TOPIC } from "./sns_server.ts";

test("nobody is shown the password of an endpoint", async () => {
  using sns = await openSns();
  await sns.ask("CreateTopic", { Name: "deployments" });
  const { arn } = await subscribed(sns, "https://me:s3cret@a.test/hook", "https");
  const answers = [
    await sns.ask("ListSubscriptions", {}, "viewer"),
    await sns.ask("ListSubscriptionsByTopic", { TopicArn: TOPIC }, "viewer"),
    await sns.ask("GetSubscriptionAttributes", { SubscriptionArn: arn }, "viewer"),
  ];
  for (const { document } of answers) {
    const text = JSON.stringify(document);
    assert.match(text, /https:\/\/me:\*{4}@a\.test\/hook/);
    assert.doesNotMatch(text, /s3cret/);
  }
});

test("a link is followed by a GET, not by a HEAD of somebody who looks whether it is there", async () => {
  using sns = await openSns();
  await sns.ask("CreateTopic", { Name: "deployments" });
  const { token } = await subscribed(sns, "http://a.test/");
  const query = { Action: "ConfirmSubscription", TopicArn: TOPIC, Token: token };
  const url = `http://127.0.0.1:8080/?${new URLSearchParams(query)}`;
  const before = sns.api.dump();
  await sns.app.request(new Request(url, { method: "HEAD" }));
  assert.deepEqual(sns.api.dump(), before);
});

const endpoints = ["http://a.test/\n", " http://a.test/", "http://a.test/\0", "http://a.test/a b"];
for (const Endpoint of endpoints) {
  test(`the endpoint ${JSON.stringify(Endpoint)} is refused`, async () => {
    using sns = await openSns();
    await sns.ask("CreateTopic", { Name: "deployments" });
    const parameters = { TopicArn: TOPIC, Protocol: "http", Endpoint };
    await sns.refuses("Subscribe", parameters, "InvalidParameter", /Endpoint/);
  });
}
