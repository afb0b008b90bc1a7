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
  assert.deepEqual(server.got[1], {
    events: [
      { name: "DownloadBundle", status: "Succeeded" },
      { name: "BeforeInstall", status: "InProgress" },
    ],
    log: [line("a"), line("b")],
  });
  server.answer();
  assert.deepEqual(await progress.close(), []);
});

test("a failed update is sent again with what came since, and no line is lost or doubled", async () => {
  const server = new SlowServer();
  const progress = new Progress(server.send, () => {});
  progress.line(line("a"));
  await until(() => server.got.length === 1, "the first request");
  progress.line(line("b"));
  server.answer(new Error("away"));
  await until(() => server.got.length === 2, "the second request");
  assert.deepEqual(server.got[1]?.log, [line("a"), line("b")]);
  server.answer();
  assert.deepEqual(await progress.close(), []);
});

test("closing waits for the request under way and answers the lines that were not sent", async () => {
  const server = new SlowServer();
  const progress = new Progress(server.send, () => {});
  progress.event({ name: "Install", status: "InProgress" });
  progress.line(line("late"));
  const closed = progress.close();
  server.answer();
  assert.deepEqual(await closed, [line("late")]);
  assert.equal(server.got.length, 1);
});

test("beyond a mebibyte of unsent lines the oldest give way, and a marker says how many", async () => {
  const server = new SlowServer();
  const progress = new Progress(server.send, () => {});
  progress.event({ name: "Install", status: "InProgress" });
  for (let number = 0; number < 3000; number++) {
    progress.line(line(`${number} ${"x".repeat(1000)}`));
  }
  const closed = progress.close();
  server.answer();
  const [marker, ...kept] = await closed;
  const size = kept.reduce((sum, { text }) => sum + text.length, 0);
  assert.ok(size <= 1024 * 1024 && size > 900 * 1024, `${size} characters`);
  assert.equal(marker?.stream, "agent");
  const dropped = Number(/\[(\d+) earlier lines were dropped/.exec(marker?.text ?? "")?.[1]);
  assert.equal(dropped + kept.length, 3000);
  assert.match(kept.at(-1)?.text ?? "", /^2999 /);
});
