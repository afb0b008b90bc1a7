import { test } from "node:test";
import assert from "node:assert/strict";
import type { FailureReport } from "../../core/cli/failure.ts";
import type { LocalRunOptions, Rooms } from "../../core/cli/rooms.ts";
import { runtime } from "./stand_in.ts";

const ID = "d-ABCDEFGH1-local";
const AT = 1_700_000_000_000;
const failed = {
  exitCode: 1,
  cause: `${ID} failed: AfterInstall hook.sh`,
  evidence: ["failed with exit code 7", "AfterInstall | \x1b[31mno port"],
  state: "not run: ValidateService",
  next: ["cat scripts.log"],
};

/** A room that tells of one event, and remembers what it was asked. */
function room(report?: FailureReport) {
  const asked: LocalRunOptions[] = [];
  const localRun: Rooms["localRun"] = () =>
    Promise.resolve({
      runLocal(options, watcher) {
        asked.push(options);
        const name = "AfterInstall";
        const status = report === undefined ? "Succeeded" : "Failed";
        const error_code = report === undefined ? 0 : 4;
        const message = "Script at specified location: hook.sh failed with exit code 7";
        const diagnostics = { error_code, script_name: "hook.sh", message, log: "" };
        watcher.begins({ deploymentId: ID, events: [name], root: "/r" });
        watcher.event({ name, status: "InProgress", startTime: AT });
        watcher.line({ event: name, stream: "stderr", at: AT, text: "\x1b[31mno port" });
        watcher.event({ name, status, startTime: AT, endTime: AT + 1500, diagnostics });
        return Promise.resolve(report);
      },
    });
  return { asked, rooms: { localRun } };
}

test("the defaults are those of codedeploy-local, the application is called after the location", async () => {
  const { asked, rooms } = room();
  await runtime(["agent", "run-local"], undefined, { rooms });
  await runtime("agent run-local -l app.tgz".split(" "), undefined, { rooms });
  const plain = asked.map(({ signal: _, ...options }) => options);
  const defaults = {
    location: ".",
    application: ".",
    fileExistsBehavior: "DISALLOW",
    groupId: "default-local-deployment-group",
    groupName: "LocalFleet",
    appSpecFilename: "appspec.yml",
  };
  assert.deepEqual(plain, [
    defaults,
    { ...defaults, location: "app.tgz", application: "app.tgz" },
  ]);
});

test("every short flag of codedeploy-local is understood", async () => {
  const { asked, rooms } = room();
  const argv =
    "agent run-local -l b -t zip -b overwrite -g g-1 -d Fleet -a shop -e Install,AfterInstall " +
    "-c a.yml -A other.yml --root r --install-root i";
  assert.equal((await runtime(argv.split(" "), undefined, { rooms })).code, 0);
  const [{ signal: _, ...options } = assert.fail("the room was not asked")] = asked;
  assert.deepEqual(options, {
    location: "b",
    type: "zip",
    fileExistsBehavior: "OVERWRITE",
    groupId: "g-1",
    groupName: "Fleet",
    application: "shop",
    events: ["Install", "AfterInstall"],
    config: "a.yml",
    appSpecFilename: "other.yml",
    root: "r",
    installRoot: "i",
  });
});

test("events and lines are shown as they come, without what a terminal would obey", async () => {
  const ran = await runtime(["agent", "run-local"], undefined, room());
  assert.equal(ran.code, 0);
  assert.match(
    ran.out,
    /^d-ABCDEFGH1-local begins; .* \/r\n\S+ AfterInstall started\nAfterInstall \| no port\n\S+ AfterInstall succeeded \(1\.5 s\)\nd-ABCDEFGH1-local succeeded\n$/,
  );
});

test("a failure is in four parts, and its exit code is the room's", async () => {
  const ran = await runtime(["agent", "run-local"], undefined, room(failed));
  assert.equal(ran.code, 1);
  assert.match(ran.out, /failed: AfterInstall hook\.sh exit code 7 \(1\.5 s\)\n$/);
  assert.equal(
    ran.err,
    `${ID} failed: AfterInstall hook.sh\n` +
      "  evidence  failed with exit code 7\n            AfterInstall | no port\n" +
      "  state     not run: ValidateService\n  next      cat scripts.log\n",
  );
});

test("with --json every line is JSON, and so is the failure", async () => {
  const kinds = (text: string) => text.trim().split("\n").map((line) => JSON.parse(line).kind);
  const good = await runtime(["agent", "run-local", "--json"], undefined, room());
  assert.deepEqual(kinds(good.out), ["run", "event", "log", "event", "end"]);
  const bad = await runtime(["agent", "run-local", "--json"], undefined, room(failed));
  assert.deepEqual(kinds(bad.out), ["run", "event", "log", "event"]);
  assert.equal(JSON.parse(bad.err).error.exitCode, 1);
});

test("Ctrl-C ends the run by its signal", async () => {
  const interrupt: { press?: () => void } = {};
  let reason: unknown;
  const localRun: Rooms["localRun"] = () =>
    Promise.resolve({
      runLocal({ signal }) {
        interrupt.press?.();
        reason = signal.reason;
        return Promise.resolve({ ...failed, exitCode: 130 });
      },
    });
  const ran = await runtime(["agent", "run-local"], undefined, { rooms: { localRun }, interrupt });
  assert.equal(ran.code, 130);
  assert.match(String(reason), /Ctrl-C/);
});
