/** Terraform's two resources of SNS, from create to delete, against the compiled binary. @module */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { InvalidParameterException, SNSClient } from "@aws-sdk/client-sns";
import { Fleet, until } from "../binary/fleet.ts";
import { ACCOUNT, REGION } from "./client.ts";
import {
  SnsProvider,
  type SubscriptionArguments,
  subscriptionPlan,
  type TopicArguments,
  topicPlan,
} from "./terraform_sns.ts";

const ARN = `arn:aws:sns:${REGION}:${ACCOUNT}:deployments`;

async function withProvider(play: (provider: SnsProvider) => Promise<void>): Promise<void> {
  const fleet = await Fleet.start(0);
  const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = fleet.env;
  const client = new SNSClient({
    endpoint: fleet.url,
    region: REGION,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  });
  try {
    await play(new SnsProvider(client));
  } finally {
    client.destroy();
    await fleet.close();
  }
}

function found<T>(state: T | undefined): T {
  assert.ok(state !== undefined, "it has gone");
  return state;
}

/** What lets another service of AWS publish, as many a configuration says. */
const policy = (service: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { Service: service },
      Action: "sns:Publish",
      Resource: ARN,
    }],
  });

/** Whoever the account lets do it, as SNS has it for a new topic; written with line breaks. */
const OWN_ACCOUNT = JSON.stringify(
  {
    Version: "2008-10-17",
    Id: "__default_policy_ID",
    Statement: [{
      Sid: "__default_statement_ID",
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: ["SNS:Publish", "SNS:Subscribe"],
      Resource: ARN,
      Condition: { StringEquals: { "AWS:SourceOwner": ACCOUNT } },
    }],
  },
  null,
  2,
);

const configs: [title: string, first: TopicArguments, then: TopicArguments][] = [
  ["nothing but a name", { name: "deployments" }, { name: "deployments", display_name: "Ops" }],
  [
    "a display name",
    { name: "deployments", display_name: "Deployments & more" },
    { name: "deployments" },
  ],
  [
    "a signature version",
    { name: "deployments", signature_version: 2 },
    { name: "deployments", signature_version: 1 },
  ],
  [
    "a policy",
    { name: "deployments", policy: policy("cloudwatch.amazonaws.com") },
    { name: "deployments", policy: policy("codestar-notifications.amazonaws.com") },
  ],
  [
    "a policy, and the one that aws_sns_topic_policy leaves behind",
    { name: "deployments", policy: policy("events.amazonaws.com") },
    { name: "deployments", policy: OWN_ACCOUNT },
  ],
  [
    "tags",
    { name: "deployments", tags: { team: "ops", cost: "7", "a/b": "" } },
    { name: "deployments", tags: { team: "dev", "Team ü": "x=y & z" } },
  ],
  [
    "everything",
    {
      name: "deployments",
      display_name: "A",
      signature_version: 2,
      policy: policy("events.amazonaws.com"),
      tags: { a: "1" },
    },
    { name: "deployments", signature_version: 1, tags: {} },
  ],
];
for (const [title, first, then] of configs) {
  test(`a topic with ${title} is read back as it was written, changed, imported and deleted`, async () => {
    await withProvider(async (provider) => {
      const made = found(await provider.createTopic(first));
      assert.equal(made.id, ARN);
      assert.equal(made.arn, ARN);
      assert.equal(made.owner, ACCOUNT);
      assert.deepEqual(topicPlan(first, made), []);
      assert.deepEqual(await provider.readTopic(ARN), made);
      const changed = found(await provider.updateTopic(made, then));
      assert.deepEqual(topicPlan(then, changed), []);
      assert.deepEqual(await provider.readTopic(ARN), changed, "imported");
      await provider.deleteTopic(changed);
      assert.equal(await provider.readTopic(ARN), undefined);
      await provider.deleteTopic(changed);
    });
  });
}

test("a topic is made again after an apply that broke off, but not with other tags", async () => {
  await withProvider(async (provider) => {
    const config = { name: "deployments", tags: { a: "1", b: "2" } };
    const first = await provider.createTopic(config);
    assert.deepEqual(await provider.createTopic(config), first);
    await assert.rejects(
      provider.createTopic({ ...config, tags: { a: "1" } }),
      (error) => error instanceof InvalidParameterException && /different tags/.test(error.message),
    );
  });
});

test("a subscription that nobody confirms is pending, changed in place and deleted", async () => {
  await withProvider(async (provider) => {
    await provider.createTopic({ name: "deployments" });
    const config = { topic_arn: ARN, protocol: "https", endpoint: "https://127.0.0.1:1/hook" };
    const made = found(await provider.createSubscription(config));
    assert.equal(made.id, made.arn);
    assert.match(made.arn, new RegExp(`^${ARN}:[0-9a-f-]{36}$`));
    assert.deepEqual(subscriptionPlan(config, made), []);
    assert.deepEqual([made.owner_id, made.pending_confirmation], [ACCOUNT, true]);
    assert.equal(made.confirmation_was_authenticated, false);
    for (const raw_message_delivery of [true, false]) {
      const raw = { ...config, raw_message_delivery };
      const changed = found(await provider.updateSubscription(made, raw));
      assert.deepEqual(subscriptionPlan(raw, changed), []);
      assert.equal(changed.id, made.id);
    }
    assert.equal(await provider.deleteSubscription(made), undefined);
  });
});

test("an endpoint that confirms by itself is waited for; deleted, and made again", async () => {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => body += chunk);
    request.on("end", async () => {
      const { Type, SubscribeURL } = JSON.parse(body);
      if (Type === "SubscriptionConfirmation") await (await fetch(SubscribeURL)).text();
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await withProvider(async (provider) => {
      const address = server.address();
      assert.ok(typeof address === "object" && address !== null);
      await provider.createTopic({ name: "deployments" });
      const config: SubscriptionArguments = {
        topic_arn: ARN,
        protocol: "http",
        endpoint: `http://127.0.0.1:${address.port}/hook`,
        endpoint_auto_confirms: true,
        raw_message_delivery: true,
      };
      for (const round of ["first", "again"]) {
        const made = found(
          await provider.createSubscription(
            config,
            (isConfirmed) => until("the subscription is confirmed", isConfirmed),
          ),
        );
        assert.equal(made.pending_confirmation, false, round);
        assert.deepEqual(subscriptionPlan(config, made), [], round);
        assert.equal(await provider.deleteSubscription(made), undefined, round);
      }
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a topic that goes takes its subscriptions out of the state", async () => {
  await withProvider(async (provider) => {
    const topic = found(await provider.createTopic({ name: "deployments" }));
    const config = { topic_arn: ARN, protocol: "http", endpoint: "http://127.0.0.1:1/" };
    const made = found(await provider.createSubscription(config));
    await provider.deleteTopic(topic);
    assert.equal(await provider.readSubscription(made.id), undefined);
  });
});
