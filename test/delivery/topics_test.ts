/** Messages of topics on their way: real receivers, a real store, another server as the endpoint. @module */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { snsService } from "../../core/api/query/sns/sns_service.ts";
import { createRouter } from "../../core/api/router.ts";
import { DeliveryFailure } from "../../core/delivery/destination.ts";
import type { SnsEndpoint } from "../../core/delivery/topic_elsewhere.ts";
import type { OutboxFact } from "../../core/domain/outbox_fact.ts";
import type { Subscription } from "../../core/domain/topic.ts";
import { serveHttp } from "../../core/platform.ts";
import { openTopics } from "../../core/server/open_topics.ts";
import { deliveries } from "../../core/store/schema.ts";
import { openStore, type Store } from "../../core/store/store.ts";
import { insertTopic, putSubscription } from "../../core/store/topics.ts";
import { credentialsOf, openTestApi, SERVICES } from "../api/test_api.ts";
import { startHook } from "./hook_server.ts";
import { factOf } from "./world.ts";

const REALM = { account: "000000000000", region: "us-east-1" };
const TOPIC = "arn:aws:sns:us-east-1:000000000000:deployments";
const ID = "11111111-2222-3333-4444-555555555555";

interface Way extends Disposable {
  store: Store;
  directory: string;
  /** What a fact makes, and how each message of it is delivered. */
  tell(fact: OutboxFact): Promise<void>;
  deliver(destination: string, payload: object): Promise<void>;
}

function openWay(snsEndpoint?: SnsEndpoint): Way {
  const directory = mkdtempSync(join(tmpdir(), "topics-"));
  const store = openStore(directory);
  const { destinations } = openTopics({
    store,
    directory,
    realm: REALM,
    publicUrl: "http://runtime.example",
    settings: { mail: undefined, snsEndpoint },
    fetch,
    now: Date.now,
  });
  const { signal } = new AbortController();
  const send = async (destination: string, payload: string) => {
    const [kind, ...key] = destination.split(":");
    const one = destinations.find((candidate) => candidate.kind === kind);
    const delivery = {
      id: 1,
      eventSequence: 1,
      destination,
      deploymentId: "",
      payload,
      createTime: 0,
      attempts: 0,
      nextAttempt: 0,
    };
    await one?.deliver(delivery, key.join(":"), signal);
  };
  return {
    store,
    directory,
    async tell(fact) {
      for (const one of destinations) {
        const messages = await store.commit((tx) => one.expand(tx, fact));
        for (const { key, payload } of messages) await send(`${one.kind}:${key}`, payload);
      }
    },
    deliver: (destination, payload) => send(destination, JSON.stringify(payload)),
    [Symbol.dispose]() {
      store.close();
      rmSync(directory, { recursive: true });
    },
  };
}

async function subscribe(store: Store, endpoint: string, change: Partial<Subscription> = {}) {
  await store.commit((tx) => {
    insertTopic(tx, {
      name: "deployments",
      displayName: "",
      signatureVersion: "1",
      createTime: 0,
      tags: [],
      policy: "",
    });
    putSubscription(tx, {
      id: ID,
      topic: "deployments",
      protocol: "http",
      endpoint,
      rawMessageDelivery: false,
      status: "confirmed",
      token: "a-token",
      tokenExpires: 0,
      ...change,
    });
  });
}

function fact(...topics: string[]): OutboxFact {
  const triggers = topics.map((topicArn, at) => ({ name: `trigger-${at}`, topicArn }));
  return { ...factOf("d-ABCDEFGHI", "6f2a0b4e-0000-4000-8000-000000000001"), triggers };
}

test("a trigger's message reaches a subscriber in the envelope of SNS, with its headers", async () => {
  using way = openWay();
  await using hook = await startHook();
  await subscribe(way.store, hook.url);
  await way.tell(fact(TOPIC));
  const [got] = hook.got;
  assert.equal(got?.path, "/hook?x=1");
  const document = JSON.parse(got?.body ?? "");
  assert.equal(document.Type, "Notification");
  assert.equal(document.TopicArn, TOPIC);
  assert.equal(document.Subject, "IN_PROGRESS: AWS CodeDeploy d-ABCDEFGHI in us-east-1 to shop");
  assert.equal(JSON.parse(document.Message).eventTriggerName, "trigger-0");
  assert.equal(document.SigningCertURL, "http://runtime.example/SimpleNotificationService.pem");
  assert.match(document.UnsubscribeURL, /^http:\/\/runtime\.example\/\?Action=Unsubscribe&/);
  assert.equal(got?.headers["x-amz-sns-message-type"], "Notification");
  assert.equal(got?.headers["x-amz-sns-message-id"], document.MessageId);
  assert.equal(got?.headers["x-amz-sns-topic-arn"], TOPIC);
  assert.equal(got?.headers["x-amz-sns-subscription-arn"], `${TOPIC}:${ID}`);
  assert.equal(got?.headers["content-type"], "text/plain; charset=UTF-8");
  assert.equal(statSync(join(way.directory, "topics.pem")).mode & 0o777, 0o600);
});

test("raw delivery is the message alone, and says so in a header", async () => {
  using way = openWay();
  await using hook = await startHook();
  await subscribe(way.store, hook.url, { rawMessageDelivery: true });
  await way.tell(fact(TOPIC));
  assert.equal(JSON.parse(hook.got[0]?.body ?? "").deploymentId, "d-ABCDEFGHI");
  assert.equal(hook.got[0]?.headers["x-amz-sns-rawdelivery"], "true");
});

test("one who is pending or has left gets no message, and none is kept for it", async () => {
  using way = openWay();
  await using hook = await startHook();
  for (const status of ["pending", "deleted"] as const) {
    await subscribe(way.store, hook.url, { status });
    await way.tell(fact(TOPIC));
    const message = { kind: "Notification", id: "1", message: "m", at: 0 };
    await way.deliver(`subscription:${ID}`, message);
  }
  assert.deepEqual(hook.got, []);
});

test("an answer that is no success is a failure that is tried again", async () => {
  using way = openWay();
  await using hook = await startHook();
  hook.status = 503;
  await subscribe(way.store, hook.url);
  await assert.rejects(way.tell(fact(TOPIC)), (error) => {
    assert.ok(error instanceof DeliveryFailure);
    assert.equal(error.next, "again");
    assert.match(error.message, /answered 503: an answer/);
    return true;
  });
});

const nowhere: [string, RegExp][] = [
  [TOPIC, /no topic arn:.*:deployments on this server; create it: runtime topic create deploy/],
  ["arn:aws:sns:eu-west-1:111122223333:others", /start the server with --sns-endpoint/],
];
for (const [topic, message] of nowhere) {
  test(`a message for ${topic}, which nobody knows, is given up at once, and says why`, async () => {
    using way = openWay();
    await assert.rejects(way.tell(fact(topic)), (error) => {
      assert.ok(error instanceof DeliveryFailure);
      assert.equal(error.next, "never");
      assert.match(error.message, message);
      return true;
    });
  });
}

test("a message that was given up reaches the topic once it is created", async () => {
  using way = openWay();
  await subscribe(way.store, "http://127.0.0.1:1/");
  await way.deliver(`topic:${TOPIC}`, { id: "1", message: "m", at: 5 });
  const [row] = way.store.read.select().from(deliveries).all();
  assert.equal(row?.destination, `subscription:${ID}`);
  assert.equal(row?.createTime, 5);
});

test("a mail subscriber of a server that sends no mail is a dead letter that says what to do", async () => {
  using way = openWay();
  await subscribe(way.store, "ops@example.test", { protocol: "email" });
  await assert.rejects(way.tell(fact(TOPIC)), /start it with --smtp-url/);
});

test("a topic of another server is published to at its endpoint, and heard there", async () => {
  using other = await openTestApi();
  const app = createRouter(other.context, SERVICES, [snsService({ mail: false })]);
  const http = await serveHttp({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => app.fetch(request),
  });
  const url = `http://127.0.0.1:${http.port}`;
  // Both speak for the same realm; this one has no topic of that name.
  using way = openWay({ url, credentials: credentialsOf("deployer") });
  try {
    await subscribe(other.context.store, "http://127.0.0.1:1/");
    await way.tell(fact(TOPIC));
    const [row] = other.dump()["deliveries"] ?? [];
    const { destination, payload } = row as { destination: string; payload: string }; // because rows of this table have both
    assert.equal(destination, `subscription:${ID}`);
    const heard = JSON.parse(payload);
    assert.equal(JSON.parse(heard.message).deploymentId, "d-ABCDEFGHI");
    assert.match(heard.subject, /^IN_PROGRESS/);
    await assert.rejects(way.tell(fact(`${TOPIC}-x`)), (error) => {
      assert.ok(error instanceof DeliveryFailure);
      assert.equal(error.next, "never");
      assert.match(error.message, /at http:\/\/127\.0\.0\.1:\d+: NotFound: Topic does not exist/);
      return true;
    });
  } finally {
    await http.stop();
  }
  await assert.rejects(way.tell(fact(TOPIC)), (error) => {
    assert.ok(error instanceof DeliveryFailure);
    assert.equal(error.next, "again", error.message);
    return true;
  });
});
