/** Topics and subscriptions by the API of SNS, over the real router and store. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Role } from "../../../core/domain/instance.ts";
import { type QueryAnswer, readQuery } from "./query_client.ts";
import { openSns, subscribed, TOPIC } from "./sns_server.ts";

const OF_TOPIC = { ResourceArn: TOPIC };
const NO_TOPIC = { ResourceArn: `${TOPIC}x` };

test("a topic is made once, listed, described, changed and deleted as often as one likes", async () => {
  using sns = await openSns();
  for (let i = 0; i < 2; i++) {
    const made = await sns.ask("CreateTopic", { Name: "deployments" });
    assert.equal(made.result.TopicArn, TOPIC);
  }
  const listed = await sns.ask("ListTopics", {}, "viewer");
  assert.deepEqual(listed.result.Topics.member, [{ TopicArn: TOPIC }]);
  for (
    const [name, value] of [["DisplayName", "Deployments"], ["SignatureVersion", "2"]] as const
  ) {
    const change = { TopicArn: TOPIC, AttributeName: name, AttributeValue: value };
    assert.equal((await sns.ask("SetTopicAttributes", change)).status, 200);
  }
  const got = await sns.ask("GetTopicAttributes", { TopicArn: TOPIC }, "viewer");
  const entries: { key: string; value: string }[] = got.result.Attributes.entry;
  const { Policy = "", EffectiveDeliveryPolicy = "", ...told } = Object.fromEntries(
    entries.map(({ key, value }) => [key, value]),
  );
  const [statement] = JSON.parse(unescaped(Policy)).Statement;
  assert.equal(statement.Resource, TOPIC);
  assert.deepEqual(statement.Condition, { StringEquals: { "AWS:SourceOwner": "000000000000" } });
  const { http } = JSON.parse(unescaped(EffectiveDeliveryPolicy));
  assert.equal(http.defaultHealthyRetryPolicy.maxDelayTarget, 600);
  assert.deepEqual(told, {
    TopicArn: TOPIC,
    Owner: "000000000000",
    DisplayName: "Deployments",
    SignatureVersion: "2",
    SubscriptionsPending: "0",
    SubscriptionsConfirmed: "0",
    SubscriptionsDeleted: "0",
  });
  for (let i = 0; i < 2; i++) {
    assert.equal((await sns.ask("DeleteTopic", { TopicArn: TOPIC })).status, 200);
  }
  await sns.refuses("GetTopicAttributes", { TopicArn: TOPIC }, "NotFound", /does not exist/);
});

const tagsIn = ({ result }: QueryAnswer) => result.Tags === "" ? [] : result.Tags.member;
const asTags = (tags: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(tags).flatMap(([key, value], index) => [
      [`Tags.member.${index + 1}.Key`, key],
      [`Tags.member.${index + 1}.Value`, value],
    ]),
  );

test("a topic's tags are given with it, added, replaced, taken away, and go with it", async () => {
  using sns = await openSns();
  const listed = async () => tagsIn(await sns.ask("ListTagsForResource", OF_TOPIC, "viewer"));
  await sns.ask("CreateTopic", { Name: "deployments", ...asTags({ team: "ops", cost: "7" }) });
  assert.deepEqual(await listed(), [{ Key: "team", Value: "ops" }, { Key: "cost", Value: "7" }]);
  assert.equal((await sns.ask("CreateTopic", { Name: "deployments" })).status, 200);
  const added = { ...OF_TOPIC, ...asTags({ cost: "8", "a/b": "" }) };
  assert.equal((await sns.ask("TagResource", added)).status, 200);
  const without = { ...OF_TOPIC, "TagKeys.member.1": "team", "TagKeys.member.2": "none" };
  assert.equal((await sns.ask("UntagResource", without)).status, 200);
  assert.deepEqual(await listed(), [{ Key: "cost", Value: "8" }, { Key: "a/b", Value: "" }]);
  const all = asTags(Object.fromEntries(Array.from({ length: 48 }, (_, n) => [`t${n}`, "x"])));
  assert.equal((await sns.ask("TagResource", { ...OF_TOPIC, ...all })).status, 200);
  const more = { ...OF_TOPIC, ...asTags({ more: "1" }) };
  await sns.refuses("TagResource", more, "TagLimitExceeded", /51 tags/);
  await sns.ask("DeleteTopic", { TopicArn: TOPIC });
  await sns.ask("CreateTopic", { Name: "deployments" });
  assert.deepEqual(await listed(), []);
});

test("attributes that say what is so anyway are taken, and change nothing", async () => {
  using sns = await openSns();
  await sns.ask("CreateTopic", { Name: "deployments" });
  const before = sns.api.dump();
  for (
    const [AttributeName, AttributeValue] of [
      ["HTTPSuccessFeedbackSampleRate", "0"],
      ["FifoTopic", "false"],
      ["KmsMasterKeyId", ""],
    ] as const
  ) {
    const change = { TopicArn: TOPIC, AttributeName, AttributeValue };
    assert.equal((await sns.ask("SetTopicAttributes", change)).status, 200, AttributeName);
  }
  assert.deepEqual(sns.api.dump(), before);
});

test("topics come in pages of a hundred", async () => {
  using sns = await openSns();
  for (let i = 0; i < 101; i++) await sns.ask("CreateTopic", { Name: `t-${1000 + i}` });
  const first = await sns.ask("ListTopics");
  assert.equal(first.result.Topics.member.length, 100);
  const second = await sns.ask("ListTopics", { NextToken: first.result.NextToken });
  assert.deepEqual(second.result.Topics.member.map((one: { TopicArn: string }) => one.TopicArn), [
    "arn:aws:sns:us-east-1:000000000000:t-1100",
  ]);
  assert.equal(second.result.NextToken, undefined);
  await sns.refuses("ListTopics", { NextToken: "x" }, "InvalidParameter", /nextToken/);
});

test("a subscription is pending and gets nothing but its question until the link is followed", async () => {
  using sns = await openSns();
  await sns.ask("CreateTopic", { Name: "deployments" });
  const asked = await sns.ask("Subscribe", {
    TopicArn: TOPIC,
    Protocol: "http",
    Endpoint: "http://a.test/",
  });
  assert.equal(asked.result.SubscriptionArn, "pending confirmation");
  const { arn, id, token } = await subscribed(sns, "http://a.test/");
  const listed = await sns.ask("ListSubscriptionsByTopic", { TopicArn: TOPIC }, "viewer");
  assert.deepEqual(listed.result.Subscriptions.member, [{
    SubscriptionArn: "PendingConfirmation",
    Owner: "000000000000",
    Protocol: "http",
    Endpoint: "http://a.test/",
    TopicArn: TOPIC,
  }]);
  await sns.ask("Publish", { TopicArn: TOPIC, Message: "nobody hears this" });
  assert.deepEqual(
    sns.waiting().map(({ destination, payload }) => [destination, payload["kind"]]),
    [
      [`subscription:${id}`, "SubscriptionConfirmation"],
    ],
  );
  const link = { Action: "ConfirmSubscription", TopicArn: TOPIC, Token: token };
  for (let i = 0; i < 2; i++) {
    const answer = await readQuery(await sns.follow(link));
    assert.equal(answer.result.SubscriptionArn, arn);
  }
  const published = await sns.ask("Publish", { TopicArn: TOPIC, Message: "hear!", Subject: "S" });
  const [, notification] = sns.waiting();
  assert.equal(notification?.destination, `subscription:${id}`);
  assert.equal(notification?.payload["id"], published.result.MessageId);
  assert.equal(notification?.payload["message"], "hear!");
  const again = await sns.ask("Subscribe", {
    TopicArn: TOPIC,
    Protocol: "http",
    Endpoint: "http://a.test/",
  });
  assert.equal(again.result.SubscriptionArn, arn);
});

test("a person who follows a mail's link reads a page", async () => {
  using sns = await openSns();
  await sns.ask("CreateTopic", { Name: "deployments" });
  const { token } = await subscribed(sns, "ops@example.test", "email");
  const link = { Action: "ConfirmSubscription", TopicArn: TOPIC, Token: token };
  const page = await sns.follow(link, "text/html,*/*");
  assert.match(page.headers.get("content-type") ?? "", /text\/html/);
  assert.match(await page.text(), /Subscription confirmed\./);
  const wrong = await sns.follow({ ...link, Token: "<b>" }, "text/html");
  assert.equal(wrong.status, 400);
});

test("who leaves by the link is told how to come back, and may until the token is too old", async () => {
  using sns = await openSns();
  await sns.ask("CreateTopic", { Name: "deployments" });
  const { arn, token } = await subscribed(sns, "http://a.test/");
  const confirm = { Action: "ConfirmSubscription", TopicArn: TOPIC, Token: token };
  await sns.follow(confirm);
  const leave = { Action: "Unsubscribe", SubscriptionArn: arn };
  assert.equal((await sns.follow(leave)).status, 404, "an ARN alone is no proof");
  assert.equal((await sns.follow({ ...leave, Token: token })).status, 200);
  assert.deepEqual(sns.waiting().map(({ payload }) => payload["kind"]), [
    "UnsubscribeConfirmation",
  ]);
  const none = await sns.ask("ListSubscriptions");
  assert.equal(none.result.Subscriptions, "");
  assert.equal((await sns.follow(confirm)).status, 200);
  assert.equal((await sns.ask("ListSubscriptions")).result.Subscriptions.member.length, 1);
  await sns.ask("Unsubscribe", { SubscriptionArn: arn });
  sns.api.moveClock(3 * 86_400_000 + 1);
  const late = await readQuery(await sns.follow(confirm));
  assert.equal(late.code, "InvalidParameter");
});

test("attributes of a subscription are told, and raw delivery can be set", async () => {
  using sns = await openSns();
  await sns.ask("CreateTopic", { Name: "deployments" });
  const { arn } = await subscribed(sns, "https://a.test/", "https");
  const set = { SubscriptionArn: arn, AttributeName: "RawMessageDelivery", AttributeValue: "true" };
  assert.equal((await sns.ask("SetSubscriptionAttributes", set)).status, 200);
  const got = await sns.ask("GetSubscriptionAttributes", { SubscriptionArn: arn }, "viewer");
  const entries: { key: string; value: string }[] = got.result.Attributes.entry;
  const all = Object.fromEntries(entries.map(({ key, value }) => [key, value]));
  assert.equal(all["RawMessageDelivery"], "true");
  assert.equal(all["PendingConfirmation"], "true");
  assert.equal(all["Endpoint"], "https://a.test/");
});

test("deleting a topic takes its subscriptions and what they were still to get", async () => {
  using sns = await openSns();
  await sns.ask("CreateTopic", { Name: "deployments" });
  await subscribed(sns, "http://a.test/");
  await sns.ask("DeleteTopic", { TopicArn: TOPIC });
  assert.deepEqual(sns.waiting(), []);
  assert.deepEqual(sns.api.dump()["subscriptions"], []);
});

/** The parser of these tests leaves references in a text. */
function unescaped(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

const address = { TopicArn: TOPIC, Protocol: "http", Endpoint: "http://a.test/" };
const setting = (AttributeName: string, AttributeValue: string) => ({
  TopicArn: TOPIC,
  AttributeName,
  AttributeValue,
});
const tag = (key: string) => ({ "Tags.member.1.Key": key, "Tags.member.1.Value": "1" });
const refusals: [string, Record<string, string>, string, RegExp, Role?][] = [
  ["CreateTopic", { Name: "a b" }, "InvalidParameter", /Name/],
  ["CreateTopic", { Name: "x" }, "AccessDenied", /viewer/, "viewer"],
  [
    "CreateTopic",
    { Name: "x", "Attributes.entry.1.key": "FifoTopic", "Attributes.entry.1.value": "true" },
    "InvalidParameter",
    /not FifoTopic/,
  ],
  [
    "CreateTopic",
    {
      Name: "deployments",
      "Attributes.entry.1.key": "DisplayName",
      "Attributes.entry.1.value": "other",
    },
    "InvalidParameter",
    /already exists with different attributes/,
  ],
  ["Subscribe", { ...address, Protocol: "sqs" }, "InvalidParameter", /http, https and email/],
  ["Subscribe", { ...address, Endpoint: "https://a.test" }, "InvalidParameter", /http:\/\//],
  [
    "Subscribe",
    { ...address, Protocol: "email", Endpoint: "nobody" },
    "InvalidParameter",
    /mail address/,
  ],
  ["Subscribe", { ...address, TopicArn: `${TOPIC}x` }, "NotFound", /does not exist/],
  ["Subscribe", address, "AccessDenied", /viewer/, "viewer"],
  ["ConfirmSubscription", { TopicArn: TOPIC, Token: "no" }, "InvalidParameter", /Token/],
  ["Unsubscribe", { SubscriptionArn: `${TOPIC}:x` }, "NotFound", /does not exist/],
  ["Publish", { TopicArn: `${TOPIC}x`, Message: "m" }, "NotFound", /does not exist/],
  ["Publish", { TopicArn: TOPIC, Message: "" }, "InvalidParameter", /Message/],
  ["Publish", { TopicArn: TOPIC, Message: "m", Subject: "a\nb" }, "InvalidParameter", /Subject/],
  ["Publish", { TopicArn: TOPIC, Message: "m" }, "AccessDenied", /agent/, "agent"],
  [
    "Publish",
    { TopicArn: TOPIC, Message: "m", MessageStructure: "json" },
    "InvalidParameter",
    /MessageStructure/,
  ],
  ["SetTopicAttributes", setting("Policy", "{}"), "InvalidParameter", /Policy Reason: Statement/],
  ["SetTopicAttributes", setting("Policy", ""), "InvalidParameter", /no JSON/],
  [
    "SetTopicAttributes",
    setting("Policy", '{"Statement":[{"Effect":"Deny"}]}'),
    "InvalidParameter",
    /Statement\.0\.Effect: is not Allow; .* roles of keys/,
  ],
  [
    "SetTopicAttributes",
    setting("Policy", `{"Statement":{"Effect":"Allow","Sid":"${"x".repeat(30_720)}"}}`),
    "InvalidParameter",
    /at most 30720/,
  ],
  ["SetTopicAttributes", setting("KmsMasterKeyId", "k"), "InvalidParameter", /not KmsMasterKeyId/],
  [
    "SetTopicAttributes",
    setting("HTTPSuccessFeedbackSampleRate", "50"),
    "InvalidParameter",
    /not HTTPSuccess/,
  ],
  ["CreateTopic", { Name: "x", ...tag("aws:x") }, "InvalidParameter", /must not begin with aws:/],
  ["CreateTopic", { Name: "x", ...tag("") }, "InvalidParameter", /Tags\.0\.Key/],
  ["CreateTopic", { Name: "deployments", ...tag("a") }, "InvalidParameter", /different tags/],
  [
    "TagResource",
    { ...OF_TOPIC, ...tag("a"), "Tags.member.2.Key": "a" },
    "InvalidParameter",
    /a is named twice/,
  ],
  ["TagResource", { ...OF_TOPIC, ...tag("a") }, "AccessDenied", /viewer/, "viewer"],
  ["TagResource", OF_TOPIC, "InvalidParameter", /Tags/],
  ["TagResource", { ResourceArn: `${TOPIC}x`, ...tag("a") }, "ResourceNotFound", /does not exist/],
  ["UntagResource", OF_TOPIC, "InvalidParameter", /TagKeys/],
  ["UntagResource", { ...NO_TOPIC, "TagKeys.member.1": "a" }, "ResourceNotFound", /not exist/],
  ["ListTagsForResource", NO_TOPIC, "ResourceNotFound", /not exist/],
  ["ListTagsForResource", { ResourceArn: "x" }, "InvalidParameter", /an ARN of SNS/],
];
for (const [action, parameters, code, message, role] of refusals) {
  test(`${action} with ${JSON.stringify(parameters)} is refused with ${code}`, async () => {
    using sns = await openSns();
    await sns.ask("CreateTopic", { Name: "deployments" });
    await sns.refuses(action, parameters, code, message, role);
  });
}

test("the certificate is there for everybody, and no other action works without a signature", async () => {
  using sns = await openSns();
  const response = await sns.app.request("http://127.0.0.1:8080/a.pem");
  assert.equal(await response.text(), "a certificate\n");
  const unsigned = await readQuery(await sns.follow({ Action: "ListTopics" }));
  assert.equal(unsigned.code, "MissingAuthenticationToken");
});
