/**
 * Events outward, by real processes and sockets: a receiver that is down, slow or refuses costs the
 * server nothing and misses nothing, and neither does one whose server is killed.
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EventBridgeEvent } from "../../core/delivery/event_bridge_event.ts";
import { version } from "./bundles.ts";
import { begin, ended } from "./deployments.ts";
import { EventReceiver, toldIn } from "./event_receiver.ts";
import { Fleet, until } from "./fleet.ts";

/** Retries come soon: a second passes as a twentieth. */
const SOON = ["--time-lapse", "20"];

/** A fleet whose server was started again with these flags. */
async function fleetWith(hosts: number, flags: readonly string[]): Promise<Fleet> {
  const fleet = await Fleet.start(hosts);
  fleet.serverFlags = flags;
  await restart(fleet);
  return fleet;
}

async function restart(fleet: Fleet): Promise<void> {
  await fleet.killServer();
  await fleet.startServer();
}

async function run(fleet: Fleet, ...argv: string[]): Promise<string> {
  const ran = await fleet.runtime(...argv);
  assert.equal(ran.code, 0, `runtime ${argv.join(" ")}: ${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

function trustFile(fleet: Fleet, receiver: EventReceiver): string {
  const file = join(fleet.directory, "receivers-ca.pem");
  writeFileSync(file, receiver.authority.ca);
  return file;
}

function eventsIn(file: string): EventBridgeEvent[] {
  return readFileSync(file, "utf8").trimEnd().split("\n")
    .map((line) => EventBridgeEvent.parse(JSON.parse(line)));
}

/** Median and worst of a call that writes and one that reads, in milliseconds. */
async function latency(fleet: Fleet, name: string): Promise<string> {
  const times: number[] = [];
  for (let round = 0; round < 60; round++) {
    const before = performance.now();
    if (round % 2) await fleet.api("ListDeployments", {});
    else await fleet.api("CreateApplication", { applicationName: `${name}-${round}` });
    times.push(performance.now() - before);
  }
  times.sort((one, other) => one - other);
  const at = (part: number) => times[Math.floor(times.length * part)]?.toFixed(1);
  return `${name}: median ${at(0.5)} ms, 95 % ${at(0.95)} ms`;
}

const WHOLE = [
  "START",
  "web-1 START",
  "web-1 SUCCESS",
  "web-2 START",
  "web-2 SUCCESS",
  "SUCCESS",
];
const FAILING = ["START", "web-1 START", "web-1 FAILURE", "FAILURE"];

test("a receiver that is down, then slow, while the server is killed, gets every event in order", async () => {
  await using receiver = new EventReceiver();
  await receiver.choosePort();
  const fleet = await Fleet.start(2);
  try {
    fleet.env["NODE_EXTRA_CA_CERTS"] = trustFile(fleet, receiver);
    fleet.serverFlags = SOON;
    await restart(fleet);
    await fleet.declare();
    const good = fleet.bundle("v1", version("1"));
    const bad = fleet.bundle("v2", version("2", { AfterInstall: "exit 1" }));
    const figures = [await latency(fleet, "nobody-listens")];
    await run(fleet, "events", "add", "hook", "--to", receiver.url);
    await run(fleet, "events", "add", "log", "--file", "all.jsonl");
    const ids: string[] = [];
    const deploy = async (bundle: string) => {
      const id = await begin(fleet, bundle);
      ids.push(id);
      await ended(fleet, id);
    };
    await deploy(good);
    await deploy(bad);
    assert.equal(receiver.received.length, 0);
    figures.push(await latency(fleet, "receiver-down"));
    receiver.delay = 150;
    await receiver.listen();
    await until("an event under way", () => receiver.underWay > 0);
    await restart(fleet);
    await deploy(good);
    figures.push(await latency(fleet, "receiver-slow"));
    // It has taken this one; the server is killed before it can hear so.
    await until("an event under way", () => receiver.underWay > 0);
    await restart(fleet);
    await until("all events", () => receiver.told(ids[2] ?? "").at(-1) === "SUCCESS", 60);
    const [first = "", second = "", third = ""] = ids;
    await until(
      "the events of the first ones",
      () => receiver.told(second).at(-1) === "FAILURE" && receiver.told(first).length >= 6,
      60,
    );
    // Which host goes first is no concern of this test.
    const hosts = (told: string[]) => told.map((one) => one.replace(/web-\d/, "host"));
    assert.deepEqual(hosts(receiver.told(first)), hosts(WHOLE));
    assert.deepEqual(hosts(receiver.told(second)), hosts(FAILING));
    assert.deepEqual(hosts(receiver.told(third)), hosts(WHOLE));
    const file = eventsIn(join(fleet.data, "events", "all.jsonl"));
    for (const id of ids) assert.deepEqual(toldIn(file, id), receiver.told(id));
    const known = new Set(file.map((event) => event.id));
    for (const { event, key } of receiver.received) {
      assert.equal(key, event.id);
      assert.ok(known.has(event.id), "an event has the same id wherever it goes");
    }
    await until("nothing waits", async () => {
      const listed = JSON.parse(await run(fleet, "events", "targets", "--json"));
      return listed.targets.every((one: { waiting: number }) => one.waiting === 0);
    });
    console.log(figures.join("\n"));
  } finally {
    await fleet.close();
  }
});

test("what is refused too often is a dead letter with its cause, and is delivered when replayed", async () => {
  await using receiver = new EventReceiver();
  await receiver.listen();
  receiver.status = 503;
  const fleet = await Fleet.start(1);
  try {
    fleet.serverFlags = [
      ...SOON,
      ...["--events-ca", trustFile(fleet, receiver), "--events-attempts", "2"],
      ...["--events-dir", join(fleet.directory, "elsewhere")],
    ];
    await restart(fleet);
    await fleet.declare();
    mkdirSync(join(fleet.data, "event-secrets"), { recursive: true });
    writeFileSync(join(fleet.data, "event-secrets", "hook"), "Bearer s3cret\n", { mode: 0o600 });
    await run(fleet, "events", "add", "log", "--file", "shop/all.jsonl");
    await run(
      fleet,
      ...["events", "add", "hook", "--to", receiver.url, "--header", "Authorization=hook"],
      ...["--pattern", '{"detail":{"state":["SUCCESS"]}}'],
    );
    const id = await begin(fleet, fleet.bundle("v1", version("1")));
    await ended(fleet, id);
    const listed = await until("two dead letters", async () => {
      const lines = (await run(fleet, "events", "dead-letters", "--json")).trim().split("\n");
      return lines.length === 2 && lines.map((line) => JSON.parse(line));
    });
    for (const letter of listed) {
      assert.equal(letter.destination, "target:hook");
      assert.equal(letter.deploymentId, id);
      assert.equal(letter.attempts, 2);
      assert.equal(letter.cause, `${receiver.url} answered 503: out of order`);
    }
    assert.match(await run(fleet, "events", "targets"), /0 waiting, 2 given up/);
    receiver.status = 204;
    assert.match(
      await run(fleet, "events", "dead-letters", "--all"),
      /^2 dead letters tried again/,
    );
    await until("both events", () => receiver.received.length === 2);
    assert.deepEqual(receiver.told(id), ["web-1 SUCCESS", "SUCCESS"]);
    assert.equal(receiver.received[0]?.authorization, "Bearer s3cret");
    const file = eventsIn(join(fleet.directory, "elsewhere", "shop/all.jsonl"));
    assert.deepEqual(toldIn(file, id), ["START", "web-1 START", "web-1 SUCCESS", "SUCCESS"]);
  } finally {
    await fleet.close();
  }
});

test("a receiver whose authority the server does not know gets nothing, and the cause says so", async () => {
  await using receiver = new EventReceiver();
  await receiver.listen();
  const fleet = await fleetWith(1, [...SOON, "--events-attempts", "1"]);
  try {
    await fleet.declare();
    await run(fleet, "events", "add", "hook", "--to", receiver.url);
    await ended(fleet, await begin(fleet, fleet.bundle("v1", version("1"))));
    const said = await until("four dead letters", async () => {
      const text = await run(fleet, "events", "dead-letters");
      return text.split("given up after").length === 5 && text;
    });
    assert.match(
      said,
      /cause .*: its certificate is of an unknown issuer; set NODE_EXTRA_CA_CERTS/,
    );
    assert.equal(receiver.received.length, 0);
  } finally {
    await fleet.close();
  }
});
