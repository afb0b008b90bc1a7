import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import {
  type ServiceManager,
  ServiceNotice,
  takeServiceManager,
} from "../../core/agent/service_notice.ts";
import { ServiceManagerSocket } from "../platform/notify_socket.ts";
import { onStage, type Stage, until } from "./stage.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** `runtime agent` as a service manager starts it. */
function startAsService({ config, folder, processes }: Stage, socket: string) {
  const child = spawn(
    process.execPath,
    ["run", "-A", "--no-check", MAIN, "agent", "--config", config, "--log-dir", `${folder}/logs`],
    {
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: "200000" },
    },
  );
  processes.push(child);
  return child;
}

test("an agent tells its manager that it has started, polls, lives, has lost its server, and stops", async () => {
  await onStage(async (stage) => {
    const socket = join(stage.folder, "notify");
    using manager = new ServiceManagerSocket(socket);
    const heard: string[] = [];
    const hear = (what: string) =>
      until(() => {
        heard.push(...manager.readAll());
        return heard.some((message) => message.includes(what));
      }, `${what} after ${JSON.stringify(heard)}`);
    const child = startAsService(stage, socket);
    await hear("READY=1\nSTATUS=");
    await hear(`STATUS=polling ${stage.server.url}`);
    await hear("WATCHDOG=1");
    await stage.server.close();
    await hear(`STATUS=no answer from ${stage.server.url}, trying again: `);
    const lost = heard.length;
    await until(
      () => {
        heard.push(...manager.readAll());
        return heard.slice(lost).includes("WATCHDOG=1");
      },
      "a sign of life without a server",
    );
    const gone = once(child, "exit");
    process.kill(child.pid ?? 0, "SIGTERM"); // child.kill would be taken for how it ended
    await hear("STOPPING=1\nSTATUS=");
    assert.deepEqual(await gone, [0, null]);
    await stage.server.listen();
  });
});

/** A notice to a socket of its own, and what it says until a condition holds. */
async function told(
  longestTurnMs: number,
  play: (notice: ServiceNotice, clock: { now: number }) => void,
  enough: (heard: readonly string[]) => boolean,
): Promise<string[]> {
  const socket = `@runtime-notice-${process.pid}-${longestTurnMs}`;
  using manager = new ServiceManagerSocket(socket);
  const clock = { now: 0 };
  const notice = new ServiceNotice({ socket, watchdogMs: 10 }, longestTurnMs, () => clock.now);
  const heard: string[] = [];
  try {
    play(notice, clock);
    await until(() => {
      heard.push(...manager.readAll());
      return enough(heard);
    }, "the messages");
    return heard;
  } finally {
    notice.end();
  }
}

test("a poll loop that hangs gives no sign of life; a turn, or a stop, brings it back", async () => {
  const url = "https://server";
  const heard = await told(1_000, (notice, clock) => {
    notice.started(url);
    clock.now = 1_000;
    // Three intervals of the watchdog pass before the loop goes on.
    setTimeout(() => notice.turned({ kind: "answered" }, url), 30);
  }, (heard) => heard.includes("WATCHDOG=1"));
  const status = heard.indexOf(`STATUS=polling ${url}`);
  assert.ok(status > 0 && status < heard.indexOf("WATCHDOG=1"), heard.join(" | "));
  const stopping = await told(1_001, (notice, clock) => {
    notice.started(url);
    clock.now = 2_000;
    notice.stopping();
  }, (heard) => heard.includes("WATCHDOG=1"));
  assert.deepEqual(stopping.slice(0, 2), [
    `READY=1\nSTATUS=connecting to ${url}`,
    "STOPPING=1\nSTATUS=no new orders; running events end first",
  ]);
});

test("one state is told once, whatever the number of polls, and on one line", async () => {
  const url = "https://server";
  const heard = await told(1_002, (notice) => {
    notice.turned({ kind: "answered" }, url);
    notice.started(url);
    notice.turned({ kind: "answered" }, url);
    notice.turned({ kind: "failed", why: "down\nREADY=0" }, url);
    notice.turned({ kind: "failed", why: "down\nREADY=0" }, url);
  }, (heard) => heard.includes("WATCHDOG=1"));
  assert.deepEqual(heard.slice(0, 3), [
    `STATUS=polling ${url}`,
    `READY=1\nSTATUS=polling ${url}`,
    `STATUS=no answer from ${url}, trying again: down READY=0`,
  ]);
  assert.ok(heard.slice(3).every((message) => message === "WATCHDOG=1"));
});

const environments: [string, Record<string, string>, ServiceManager | undefined][] = [
  ["without a manager", { HOME: "/root" }, undefined],
  ["without a watchdog", { NOTIFY_SOCKET: "/run/n" }, { socket: "/run/n" }],
  ["with a watchdog of 3 s", { NOTIFY_SOCKET: "@n", WATCHDOG_USEC: "3000000", WATCHDOG_PID: "7" }, {
    socket: "@n",
    watchdogMs: 3_000,
  }],
  ["with another process's watchdog", {
    NOTIFY_SOCKET: "@n",
    WATCHDOG_USEC: "3000000",
    WATCHDOG_PID: "8",
  }, { socket: "@n" }],
];
for (const [name, environment, expected] of environments) {
  test(`${name}, the environment's variables are read and taken out of it`, () => {
    assert.deepEqual(takeServiceManager(environment, 7), expected);
    const rest = Object.keys(environment).filter((key) => /NOTIFY|WATCHDOG/.test(key));
    assert.deepEqual(rest, []);
  });
}
