import assert from "node:assert/strict";
import { test } from "node:test";
import { Progress } from "../../core/agent/progress.ts";
import type { LogLine, Progress as Update } from "../../core/wire/agent_protocol.ts";
import { until } from "./stage.ts";

function line(text: string): LogLine {
  return { event: "Install", stream: "stdout", at: 1, text };
}

/** A server that answers when the test says so. */
class SlowServer {
  readonly got: Update[] = [];
  #answers: ((answer: "wanted" | Error) => void)[] = [];

  send = (update: Update): Promise<"wanted"> => {
    this.got.push(update);
    return new Promise((resolve, reject) => {
      this.#answers.push((answer) => answer === "wanted" ? resolve(answer) : reject(answer));
    });
  };

  answer(answer: "wanted" | Error = "wanted"): void {
    this.#answers.shift()?.(answer);
  }
}

test("an event is sent at once; what comes meanwhile goes together in one more request", async () => {
  const server = new SlowServer();
  const progress = new Progress(server.send, () => {});
  progress.event({ name: "DownloadBundle", status: "InProgress" });
  assert.equal(server.got.length, 1);
  progress.event({ name: "DownloadBundle", status: "Succeeded" });
  progress.event({ name: "BeforeInstall", status: "InProgress" });
  progress.line(line("a"));
  progress.line(line("b"));
  assert.equal(server.got.length, 1, "one request at a time");
  server.answer();
  await until(() => server.got.length === 2, "the second request");
  const { mark, ...update } = server.got[1] ?? {};
  assert.equal(mark?.sequence, 1);
  assert.deepEqual(update, {
    events: [
      { name: "DownloadBundle", status: "Succeeded" },
      { name: "BeforeInstall", status: "InProgress" },
    ],
    log: [line("a"), line("b")],
  });
  server.answer();
  await progress.settled();
  assert.deepEqual(progress.close(), { lines: [] });
});

test("lines of a failed update are sent again as they were, under their mark, later ones after them", async () => {
  const server = new SlowServer();
  const progress = new Progress(server.send, () => {});
  progress.line(line("a"));
  await until(() => server.got.length === 1, "the first request");
  progress.line(line("b"));
  server.answer(new Error("away"));
  await until(() => server.got.length === 2, "the second request");
  assert.deepEqual(server.got[1], server.got[0]);
  server.answer();
  await until(() => server.got.length === 3, "the third request");
  assert.deepEqual(server.got[2]?.log, [line("b")]);
  assert.equal(server.got[2]?.mark?.run, server.got[0]?.mark?.run);
  assert.deepEqual(server.got.map(({ mark }) => mark?.sequence), [1, 1, 2]);
  server.answer();
  await progress.settled();
  assert.deepEqual(progress.close(), { lines: [] });
});

test("closing answers the lines that were not sent, and sends nothing more", async () => {
  const server = new SlowServer();
  const progress = new Progress(server.send, () => {});
  progress.event({ name: "Install", status: "InProgress" });
  progress.line(line("late"));
  assert.deepEqual(progress.close(), { lines: [line("late")] });
  server.answer();
  await progress.settled();
  assert.equal(server.got.length, 1);
});

test("closing names the mark of lines that may have arrived, and puts them first", async () => {
  const server = new SlowServer();
  const progress = new Progress(server.send, () => {});
  progress.line(line("under way"));
  await until(() => server.got.length === 1, "the request");
  progress.line(line("late"));
  const { mark } = server.got[0]!;
  assert.deepEqual(progress.close(), {
    lines: [line("under way"), line("late")],
    sentBefore: { ...mark, lines: 1 },
  });
  server.answer(new Error("away"));
  await progress.settled();
  assert.equal(server.got.length, 1);
});

test("beyond a mebibyte of unsent lines the oldest give way, and a marker says how many", async () => {
  const server = new SlowServer();
  const progress = new Progress(server.send, () => {});
  progress.event({ name: "Install", status: "InProgress" });
  for (let number = 0; number < 3000; number++) {
    progress.line(line(`${number} ${"x".repeat(1000)}`));
  }
  const [marker, ...kept] = progress.close().lines;
  server.answer();
  await progress.settled();
  const size = kept.reduce((sum, { text }) => sum + text.length, 0);
  assert.ok(size <= 1024 * 1024 && size > 900 * 1024, `${size} characters`);
  assert.equal(marker?.stream, "agent");
  const dropped = Number(/\[(\d+) earlier lines were dropped/.exec(marker?.text ?? "")?.[1]);
  assert.equal(dropped + kept.length, 3000);
  assert.match(kept.at(-1)?.text ?? "", /^2999 /);
});
