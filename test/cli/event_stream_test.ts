import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { apiOf } from "../../core/cli/api.ts";
import { eventData, followEvents } from "../../core/cli/event_stream.ts";
import { sleep } from "../../core/cli/io.ts";
import { deployment, host, log } from "./story.ts";
import { Refusal, type StandIn, standIn } from "./stand_in.ts";

async function* pieces(bytes: Uint8Array, sizes: readonly number[]) {
  let at = 0;
  for (const size of sizes) yield bytes.subarray(at, at += size);
  yield await Promise.resolve(bytes.subarray(at));
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of source) list.push(one);
  return list;
}

test("events are read whole however the stream is cut, whatever ends a line", async () => {
  const text =
    ': hi\n\ndata: {"a":1}\r\n\r\nevent: x\rdata:b\rdata:  c\r\rdata: Zoë ✓\n\nretry: 5\n\ndata: cut off';
  const bytes = new TextEncoder().encode(text);
  const sizes = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 });
  await fc.assert(fc.asyncProperty(sizes, async (cuts) => {
    assert.deepEqual(await all(eventData(pieces(bytes, cuts))), ['{"a":1}', "b\n c", "Zoë ✓"]);
  }));
});

function follow(server: StandIn, id: string, clock: () => number = Date.now) {
  const credentials = { accessKeyId: "AKTEST", secretAccessKey: "s" };
  const api = apiOf({ url: server.url, region: "us-east-1", credentials });
  const io = { now: clock, sleep: () => sleep(1) };
  return all(followEvents(api, id, io, new AbortController().signal));
}

test("a broken stream is taken up again, and no log line is lost or repeated", async () => {
  const chunk = ({ sequence, targetId, lines }: ReturnType<typeof log>) => ({
    sequence,
    targetId,
    lines,
  });
  const kept = [1, 2, 3, 4].map((sequence) => log("d-A", "web-1", sequence, `line ${sequence}`));
  let known = 1;
  await using server = await standIn({
    GetDeploymentLogs: ({ after }) => {
      const fresh = kept.filter(({ sequence }) => sequence > Number(after) && sequence <= known);
      const page = fresh.slice(0, 1); // one to a page
      const more = fresh.length > 1 ? { next: page[0]!.sequence } : {};
      known = 3;
      return { chunks: page.map(chunk), ...more };
    },
  });
  server.events.set("d-A", [
    [deployment("d-A", "InProgress"), kept[1]!], // 1 came before, 3 while nobody listened
    [deployment("d-A", "InProgress"), host("d-A", "web-1", "InProgress"), kept[2]!, kept[3]!],
    [deployment("d-A", "Succeeded"), host("d-A", "web-1", "Succeeded")],
  ]);
  const events = await follow(server, "d-A");
  const sequences = events.flatMap((event) => event.kind === "log" ? [event.sequence] : []);
  assert.deepEqual(sequences, [1, 2, 3, 4]);
  assert.equal(server.streams.length, 3);
  const last = events.at(-1);
  assert.equal(last?.kind, "target", "what follows the terminal state is still told");
});

test("a server that keeps the stream open after the end does not hold us", async () => {
  await using server = await standIn();
  server.events.set("d-A", [[deployment("d-A", "Succeeded")]]);
  server.open.add("d-A");
  assert.equal((await follow(server, "d-A")).length, 1);
});

test("a refusal is not tried again", async () => {
  await using server = await standIn({
    GetDeploymentLogs: () => {
      throw new Refusal("DeploymentDoesNotExistException", "no d-A");
    },
  });
  server.events.set("d-A", [[deployment("d-A", "InProgress")]]);
  await assert.rejects(follow(server, "d-A"), { type: "DeploymentDoesNotExistException" });
  assert.equal(server.streams.length, 1);
});

test("after two minutes without the server the wait is given up", async () => {
  const server = await standIn();
  await server[Symbol.asyncDispose]();
  let now = 0;
  const clock = () => now += 10_000;
  await assert.rejects(follow(server, "d-A", clock), { name: "UnreachableError" });
  assert.ok(now > 120_000);
});
