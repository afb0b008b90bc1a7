import { test } from "node:test";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FailureReport } from "../../core/cli/failure.ts";
import type { LocalRunOptions, Rooms } from "../../core/cli/rooms.ts";
import { configOr } from "../../core/cli/usual_config.ts";
import { VERSION } from "../../core/wire/version.ts";
import { folder, runtime } from "./stand_in.ts";

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

/** The options that the room is asked to run with. */
async function asked(...words: string[]) {
  const stage = room();
  const ran = await runtime(["agent", "run-local", ...words], undefined, stage);
  assert.equal(ran.code, 0, ran.err);
  const [options = assert.fail("the room was not asked")] = stage.asked;
  return options;
}

type Option = Exclude<keyof LocalRunOptions, "signal">;

const options: [
  short: string,
  long: string,
  option: Option,
  defaultValue: unknown,
  given: string,
  value: unknown,
][] = [
  ["-l", "--bundle-location", "location", ".", "b", "b"],
  ["-b", "--file-exists-behavior", "fileExistsBehavior", "DISALLOW", "RETAIN", "RETAIN"],
  ["-b", "--file-exists-behavior", "fileExistsBehavior", "DISALLOW", "overwrite", "OVERWRITE"],
  ["-g", "--deployment-group", "groupId", "default-local-deployment-group", "g-1", "g-1"],
  ["-d", "--deployment-group-name", "groupName", "LocalFleet", "Fleet", "Fleet"],
  ["-a", "--application-name", "application", ".", "shop", "shop"],
  ["-e", "--events", "events", undefined, "Install,AfterInstall", ["Install", "AfterInstall"]],
  ["-c", "--agent-configuration-file", "config", configOr(undefined), "a.yml", "a.yml"],
  ["-A", "--appspec-filename", "appSpecFilename", "appspec.yml", "other.yml", "other.yml"],
  // Without it the location shows the type: a folder is a directory.
  ...["directory", "tgz", "tar", "zip"].map((type): typeof options[number] => [
    "-t",
    "--type",
    "type",
    undefined,
    type,
    type,
  ]),
];
for (const [short, long, option, defaultValue, given, value] of options) {
  test(`spec 12.5 ${short} ${long} ${given} is ${option}, by default ${defaultValue}`, async () => {
    assert.deepEqual((await asked(short, given))[option], value);
    assert.deepEqual((await asked(long, given))[option], value);
    assert.deepEqual((await asked())[option], defaultValue);
  });
}

test("spec 12.5 -a is the location where it is not given", async () => {
  assert.equal((await asked("-l", "app.tgz")).application, "app.tgz");
});

for (const flag of ["-v", "--version"]) {
  test(`spec 12.5 ${flag} prints the version and runs nothing`, async () => {
    const ran = await runtime(["agent", "run-local", flag]);
    assert.deepEqual(ran, { code: 0, out: `${VERSION}\n`, err: "" });
  });
}

for (const flag of ["-h", "--help"]) {
  test(`spec 12.5 ${flag} explains the options and runs nothing`, async () => {
    const ran = await runtime(["agent", "run-local", flag]);
    assert.equal(ran.code, 0);
    for (const [short, long] of options) assert.ok(ran.out.includes(`${short}, ${long} `), long);
  });
}

test("spec 12.5 -c is the usual file where there is one", async () => {
  await using at = await folder();
  const usual = join(at.path, "codedeployagent.yml");
  assert.equal(configOr(undefined, usual), undefined);
  await writeFile(usual, "");
  assert.equal(configOr(undefined, usual), usual);
  assert.equal(configOr("a.yml", usual), "a.yml");
});

test("--root and --install-root are ours", async () => {
  const { root, installRoot } = await asked("--root", "r", "--install-root", "i");
  assert.deepEqual({ root, installRoot }, { root: "r", installRoot: "i" });
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
