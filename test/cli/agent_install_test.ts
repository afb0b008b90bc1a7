import { test } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/cli/failure.ts";
import { agentUnit, UNIT_MARK } from "../../core/cli/systemd_unit.ts";
import { type UnitMachine, writeUnit } from "../../core/cli/unit_file.ts";
import { folder, runtime } from "./stand_in.ts";

/** `Key=value` lines of a unit, without comments and sections. */
function settings(unit: string): string[] {
  return unit.split("\n").filter((line) => /^[A-Za-z]+=/.test(line));
}

const plain = { command: ["/usr/local/bin/runtime"], config: "/etc/c.yml" };

test("the unit restarts the agent, and lets live what scripts have started", () => {
  const lines = settings(agentUnit(plain));
  for (
    const line of [
      "Type=simple",
      "ExecStart=/usr/local/bin/runtime agent --config /etc/c.yml",
      "Restart=always",
      "KillMode=process",
      "NoNewPrivileges=no",
      "ProtectKernelModules=yes",
      "ProtectKernelTunables=yes",
      "ProtectKernelLogs=yes",
      "WantedBy=multi-user.target",
    ]
  ) assert.ok(lines.includes(line), `${line} is missing in\n${lines.join("\n")}`);
  assert.ok(!lines.some((line) => line.startsWith("User=")));
});

test("for another user nothing is set that would turn NoNewPrivileges on", () => {
  const lines = settings(agentUnit({ ...plain, user: "deploy" }));
  assert.ok(lines.includes("User=deploy"));
  assert.deepEqual(lines.filter((line) => line.startsWith("Protect")), []);
});

const quoting: [config: string, shown: string][] = [
  ["/etc/my conf/a.yml", '"/etc/my conf/a.yml"'],
  ["/etc/50%/a.yml", "/etc/50%%/a.yml"],
  ["/etc/$HOME/a.yml", "/etc/$$HOME/a.yml"],
  ['/etc/"q"\\/a.yml', '"/etc/\\"q\\"\\\\/a.yml"'],
  ["/etc/a;b.yml", '"/etc/a;b.yml"'],
];
for (const [config, shown] of quoting) {
  test(`the configuration ${config} stands in the unit as ${shown}`, () => {
    const exec = settings(agentUnit({ ...plain, config })).find((one) => one.startsWith("Exec"));
    assert.equal(exec, `ExecStart=/usr/local/bin/runtime agent --config ${shown}`);
  });
}

const systemdAnalyze = "/usr/bin/systemd-analyze";
test("systemd finds no fault with the unit", { skip: !existsSync(systemdAnalyze) }, async () => {
  await using dir = await folder();
  const path = join(dir.path, "runtime-agent.service");
  for (const user of [{}, { user: "root" }]) {
    await writeFile(path, agentUnit({ command: ["/bin/sh"], config: "/etc/a b/%.yml", ...user }));
    const ran = spawnSync(systemdAnalyze, ["verify", "--man=no", path], { encoding: "utf8" });
    const about = ran.stderr.split("\n").filter((line) => line.includes("runtime-agent"));
    assert.deepEqual(about, []);
  }
});

/** A machine on which reloading is counted. */
function machine(changes: Partial<UnitMachine> = {}) {
  const asked = { reloads: 0 };
  const reload = () => Promise.resolve(void asked.reloads++);
  return { asked, ...{ isRoot: true, hasSystemd: true, reload }, ...changes };
}

test("the unit is written whole and readable, over an older one of ours; systemd reads it if there is one", async () => {
  await using dir = await folder();
  const path = join(dir.path, "a.service");
  const [with_, without] = [machine(), machine({ hasSystemd: false })];
  await writeUnit(path, `${UNIT_MARK}\nold\n`, with_);
  await writeUnit(path, `${UNIT_MARK}\nnew\n`, without);
  assert.equal(await readFile(path, "utf8"), `${UNIT_MARK}\nnew\n`);
  assert.equal((await stat(path)).mode & 0o777, 0o644);
  assert.deepEqual(await readdir(dir.path), ["a.service"]);
  assert.deepEqual([with_.asked.reloads, without.asked.reloads], [1, 0]);
});

test("who is not root is refused, and nothing is written", async () => {
  await using dir = await folder();
  const path = join(dir.path, "a.service");
  await assert.rejects(writeUnit(path, UNIT_MARK, machine({ isRoot: false })), (error) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.report.exitCode, 7);
    return true;
  });
  assert.deepEqual(await readdir(dir.path), []);
});

test("a unit that somebody else wrote is left as it is", async () => {
  await using dir = await folder();
  const path = join(dir.path, "a.service");
  await writeFile(path, "[Unit]\nDescription=mine\n");
  await assert.rejects(writeUnit(path, UNIT_MARK, machine()), /is there already/);
  assert.equal(await readFile(path, "utf8"), "[Unit]\nDescription=mine\n");
});

test("when systemd does not read the unit, it is said that the unit is written", async () => {
  await using dir = await folder();
  const path = join(dir.path, "a.service");
  const reload = () => Promise.reject(new Error("Failed to connect to bus"));
  await assert.rejects(writeUnit(path, UNIT_MARK, machine({ reload })), (error) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.report.state, `${path} is written`);
    return true;
  });
});

test("--print shows the unit with absolute paths and writes nothing", async () => {
  const argv = "agent install --print --config conf/a.yml --user deploy".split(" ");
  const ran = await runtime(argv, undefined, { cwd: "/srv/trial" });
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /^ExecStart=\/.* agent --config \/srv\/trial\/conf\/a\.yml$/m);
  assert.match(ran.out, /^User=deploy$/m);
});

for (
  const [flag, value] of [["--user", "a b"], ["--user", "x\nExecStart=/bin/sh"], [
    "--config",
    "a\nExecStart=/bin/sh",
  ]] as const
) {
  test(`${flag} ${JSON.stringify(value)} is refused`, async () => {
    const ran = await runtime(["agent", "install", "--print", flag, value]);
    assert.equal(ran.code, 2);
    assert.match(ran.err, new RegExp(`^${flag}: `));
    assert.equal(ran.out, "");
  });
}
