import assert from "node:assert/strict";
import { test } from "node:test";
import { CODEDEPLOY_SIGNING_NAME } from "../../core/api/codedeploy_operations.ts";
import type { Tx } from "../../core/store/group_commit.ts";
import type { AccessKeys } from "../../core/store/access_keys.ts";
import { EVENTS_PATH, StreamEvent } from "../../core/wire/event_stream.ts";
import { signable, signHeaders } from "../../core/wire/sigv4.ts";
import { line } from "./host.ts";
import { nthDeployment, openShop, putDeployment, type Shop, START } from "./shop.ts";
import { type Answer, credentialsOf, REGION, SERVER } from "./test_api.ts";

const FIRST = nthDeployment(0);
const VIEWER = "arn:aws:iam::000000000000:user/viewer";

/** Events as they come; `next` answers undefined when the stream has ended. */
function reading(response: Response) {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async (): Promise<StreamEvent | undefined> => {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const event = text.slice(0, end);
        text = text.slice(end + 2);
        assert.match(event, /^data: \{.*\}$/);
        return StreamEvent.parse(JSON.parse(event.slice("data: ".length)));
      }
      const { value, done } = await reader.read();
      if (done) {
        assert.equal(text, "", "the stream ended within an event");
        return undefined;
      }
      text += value;
    }
  };
  return {
    next,
    cancel: () => reader.cancel(),
    /** Reads on until an event reads so; answers all up to it. */
    async until(shown: string): Promise<string[]> {
      const told: string[] = [];
      while (told.at(-1) !== shown) {
        const event = await next();
        assert.ok(event, `the stream ended without "${shown}": ${told.join(", ")}`);
        told.push(show(event));
      }
      return told;
    },
    /** Reads to the end. */
    async rest(): Promise<string[]> {
      const told: string[] = [];
      for (let event = await next(); event; event = await next()) told.push(show(event));
      return told;
    },
  };
}

/** `deployment InProgress`, `web-1 InProgress SR`, `web-1: hello`. */
function show(event: StreamEvent): string {
  if (event.kind === "deployment") return `deployment ${event.status}`;
  if (event.kind === "log") {
    return `${event.targetId}: ${event.lines.map(({ text }) => text.slice(0, 20)).join(" ")}`;
  }
  const letters = event.events.filter(({ status }) => status !== "Pending")
    .map(({ status }) => status === "InProgress" ? "R" : status === "Skipped" ? "K" : status[0]);
  return `${event.targetId} ${event.status} ${letters.join("")}`.trim();
}

async function openWorking(hosts: number): Promise<Shop> {
  const shop = await openShop(hosts);
  await shop.deploy("v1.zip");
  await shop.hosts[0]!.take();
  return shop;
}

test("a stream begins with what is, tells what changes, and ends after the end", async () => {
  await using shop = await openWorking(2);
  const [web1, web2] = shop.hosts;
  const order = { commandId: `${FIRST}/web-1` };
  await web1!.update(order, "SR");
  const response = await shop.events(FIRST);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const stream = reading(response);
  assert.deepEqual(await stream.until("web-2 Pending"), [
    "deployment InProgress",
    "web-1 InProgress SR",
    "web-2 Pending",
  ]);
  await web1!.update(order, "SSR", [line("hello")]);
  const told = [await stream.next(), await stream.next(), await stream.next()];
  assert.deepEqual(told.map((event) => show(event!)).toSorted(), [
    "deployment InProgress",
    "web-1 InProgress SSR",
    "web-1: hello",
  ]);
  await web1!.complete(order);
  await web2!.run();
  const rest = await stream.rest();
  assert.ok(rest.includes("web-1 Succeeded SSSSSSS"));
  assert.deepEqual(rest.slice(-2), ["web-2 Succeeded SSSSSSS", "deployment Succeeded"]);
  assert.equal(shop.engine.listening, 0);
});

test("of hosts that end at once, each is told before the deployment's end", async () => {
  await using shop = await openShop(3, {
    deploymentConfigName: "CodeDeployDefault.AllAtOnce",
  });
  await shop.deploy("v1.zip");
  const orders = await Promise.all(shop.hosts.map((host) => host.take()));
  const stream = reading(await shop.events(FIRST));
  await stream.until("web-3 InProgress");
  await Promise.all(shop.hosts.map((host, n) => host.complete(orders[n]!)));
  const told = await stream.rest();
  const ends = told.filter((one) => one.startsWith("web-"));
  assert.deepEqual(
    ends.sort(),
    ["web-1", "web-2", "web-3"].map((one) => `${one} Succeeded SSSSSSS`),
  );
  assert.equal(told.at(-1), "deployment Succeeded");
});

test("a stream ends with the key that it was asked with", async () => {
  const ends: [string, (keys: AccessKeys, tx: Tx, id: string) => void][] = [
    ["inactive", (keys, tx, id) => keys.setStatus(tx, id, "Inactive")],
    ["removed", (keys, tx, id) => keys.remove(tx, id)],
    ["without a role", (keys, tx) => keys.setRole(tx, VIEWER, "none")],
  ];
  for (const [title, end] of ends) {
    await using shop = await openWorking(1);
    const { store, keys } = shop.context;
    const stream = reading(await shop.events(FIRST, "viewer"));
    await stream.until("web-1 InProgress");
    await store.commit((tx) => end(keys, tx, credentialsOf("viewer").accessKeyId));
    await shop.hosts[0]!.update({ commandId: `${FIRST}/web-1` }, "SR", [line("secret")]);
    assert.deepEqual(await stream.rest(), [], title);
    assert.equal(shop.engine.listening, 0);
  }
});

test("events have the members of the wire, times in milliseconds, and unset ones left out", async () => {
  await using shop = await openWorking(1);
  const [deployment, target] = await raws(shop, 2);
  assert.deepEqual([deployment, target], [{
    kind: "deployment",
    deploymentId: FIRST,
    applicationName: "shop",
    deploymentGroupName: "prod",
    configName: "CodeDeployDefault.OneAtATime",
    creator: "user",
    revision: "s3://bundles/v1.zip",
    status: "InProgress",
    overview: { Pending: 0, InProgress: 1, Succeeded: 0, Failed: 0, Skipped: 0, Ready: 0 },
    rollback: {},
    statusMessages: [],
    createTime: START + 1_000,
  }, {
    kind: "target",
    deploymentId: FIRST,
    targetId: "web-1",
    status: "InProgress",
    events: target?.events,
  }]);
  assert.deepEqual(target?.events[0], { name: "ApplicationStop", status: "Pending" });
});

test("a deployment that has ended is told in one breath", async () => {
  await using shop = await openWorking(2);
  await shop.hosts[0]!.complete({ commandId: `${FIRST}/web-1` }, "SF");
  await shop.ended(FIRST);
  assert.deepEqual(await reading(await shop.events(FIRST)).rest(), [
    "web-1 Failed SFKKKKK",
    "web-2 Skipped KKKKKKK",
    "deployment Failed",
  ]);
  assert.equal(shop.engine.listening, 0);
});

test("a stream ends when the deployment is stopped, and tells its rollback", async () => {
  await using shop = await openShop(1);
  const [web1] = shop.hosts;
  await shop.deploy("v1.zip");
  await web1!.run();
  await shop.ended(FIRST);
  const deploymentId = await shop.deploy("v2.zip");
  const order = await web1!.take();
  const stream = reading(await shop.events(deploymentId));
  await shop.call("StopDeployment", { deploymentId, autoRollbackEnabled: true });
  await web1!.complete(order, "SS");
  let last: StreamEvent | undefined;
  for (let event = await stream.next(); event; event = await stream.next()) last = event;
  assert.ok(last?.kind === "deployment");
  assert.equal(last.status, "Stopped");
  const { rollbackInfo } = await shop.ended(deploymentId);
  assert.deepEqual(last.rollback, rollbackInfo);
  await web1!.run();
  await shop.ended(rollbackInfo.rollbackDeploymentId);
});

test("each reader has a stream of its own; the other goes on when one leaves", async () => {
  await using shop = await openWorking(1);
  const leaving = reading(await shop.events(FIRST));
  const staying = reading(await shop.events(FIRST, "deployer"));
  await leaving.until("web-1 InProgress");
  assert.equal(shop.engine.listening, 2);
  await leaving.cancel();
  assert.equal(shop.engine.listening, 1);
  await shop.hosts[0]!.complete({ commandId: `${FIRST}/web-1` });
  assert.equal((await staying.rest()).at(-1), "deployment Succeeded");
  assert.equal(shop.engine.listening, 0);
});

test("a stream whose connection is gone is let go", async () => {
  await using shop = await openWorking(1);
  const connection = new AbortController();
  const stream = reading(await shop.events(FIRST, "viewer", connection.signal));
  await stream.until("web-1 InProgress");
  connection.abort();
  assert.equal(shop.engine.listening, 0);
  assert.deepEqual(await stream.rest(), []);
});

test("a connection that is gone before the stream begins leaves nobody listening", async () => {
  await using shop = await openWorking(1);
  const response = await shop.events(FIRST, "viewer", AbortSignal.abort());
  assert.equal(shop.engine.listening, 0);
  assert.equal(await response.text(), "");
});

test("a reader that falls behind is cut off and may come back; nobody else notices", async () => {
  await using shop = await openWorking(1);
  const order = { commandId: `${FIRST}/web-1` };
  const slow = await shop.events(FIRST);
  const chatter = line("x".repeat(3 * 1024 * 1024));
  for (let n = 0; n < 4; n++) {
    assert.equal((await shop.hosts[0]!.update(order, "R", [chatter])).CommandStatus, "InProgress");
  }
  assert.equal(shop.engine.listening, 0);
  const told = await reading(slow).rest();
  assert.deepEqual(told.slice(0, 2), ["deployment InProgress", "web-1 InProgress"]);
  const again = reading(await shop.events(FIRST));
  await again.until("web-1 InProgress R");
  await shop.hosts[0]!.complete(order);
  assert.equal((await again.rest()).at(-1), "deployment Succeeded");
});

test("HEAD answers the head alone, and nobody stays listening", async () => {
  await using shop = await openWorking(1);
  const response = await ask(shop, "HEAD", `deploymentId=${FIRST}`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(await response.text(), "");
  assert.equal(shop.engine.listening, 0);
});

test("a deployment that waits to begin is told, and its stream stays open", async () => {
  await using shop = await openShop(0);
  await putDeployment(shop, { id: FIRST, status: "Created" });
  const stream = reading(await shop.events(FIRST));
  assert.deepEqual(await stream.until("deployment Created"), ["deployment Created"]);
  assert.equal(shop.engine.listening, 1);
  await stream.cancel();
});

const refusals: [what: string, query: string, status: number, type: string, message: RegExp][] = [
  ["no id", "", 400, "DeploymentIdRequiredException", /deploymentId/],
  ["an empty id", "deploymentId=", 400, "DeploymentIdRequiredException", /deploymentId/],
  ["a malformed id", "deploymentId=d-1", 400, "InvalidDeploymentIdException", /deploymentId/],
  [
    "an unknown id",
    "deploymentId=d-ZZZZZZZZZ",
    400,
    "DeploymentDoesNotExistException",
    /d-ZZZZZZZZZ/,
  ],
];
for (const [what, query, status, type, message] of refusals) {
  test(`${what} is refused before the stream begins`, async () => {
    await using shop = await openWorking(1);
    await refused(shop, await ask(shop, "GET", query), status, type, message);
  });
}

test("an unsigned request is refused", async () => {
  await using shop = await openWorking(1);
  const response = await shop.fetch(`${SERVER}${EVENTS_PATH}?deploymentId=${FIRST}`);
  await refused(shop, response, 403, "MissingAuthenticationTokenException", /not signed/);
});

test("a signature for another deployment's stream is refused", async () => {
  await using shop = await openWorking(1);
  const other = new URL(`${SERVER}${EVENTS_PATH}?deploymentId=d-ZZZZZZZZZ`);
  const headers = await signed("GET", other);
  const response = await shop.fetch(`${SERVER}${EVENTS_PATH}?deploymentId=${FIRST}`, { headers });
  await refused(shop, response, 403, "InvalidSignatureException", /signature/);
});

test("a key nobody gave out and a host's key are refused", async () => {
  await using shop = await openWorking(1);
  const stranger = { accessKeyId: "AKIANOBODY", secretAccessKey: "s" };
  const nobody = await shop.events(FIRST, stranger);
  await refused(shop, nobody, 403, "UnrecognizedClientException", /AKIANOBODY/);
  const host = await shop.events(FIRST, shop.hosts[0]!.keys);
  await refused(shop, host, 403, "AccessDeniedException", /host/);
});

async function refused(
  shop: Shop,
  response: Response,
  status: number,
  type: string,
  message: RegExp,
): Promise<void> {
  const refusal: Answer = await response.json();
  assert.equal(refusal.__type, type);
  assert.match(refusal.message, message);
  assert.equal(response.status, status);
  assert.equal(shop.engine.listening, 0);
}

async function ask(shop: Shop, method: string, query: string): Promise<Response> {
  const url = new URL(`${SERVER}${EVENTS_PATH}?${query}`);
  return await shop.fetch(url, { method, headers: await signed(method, url) });
}

async function signed(method: string, url: URL): Promise<Record<string, string>> {
  const keys = credentialsOf("viewer");
  return await signHeaders(signable(method, url, {}), keys, REGION, CODEDEPLOY_SIGNING_NAME);
}

/** The first events of a stream as they are on the wire. */
async function raws(shop: Shop, count: number): Promise<Answer[]> {
  const response = await shop.events(FIRST);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split("\n\n").length <= count) text += (await reader.read()).value ?? "";
  await reader.cancel();
  return text.split("\n\n").slice(0, count).map((one) => JSON.parse(one.slice("data: ".length)));
}
