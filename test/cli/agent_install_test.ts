import { test } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/cli/failure.ts";
import { SERVICE_MARK } from "../../core/cli/agent_service.ts";
import { agentScript } from "../../core/cli/openrc_script.ts";
import { agentUnit } from "../../core/cli/systemd_unit.ts";
import { removeService, type ServiceMachine, writeService } from "../../core/cli/unit_file.ts";
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
      "Type=notify",
      "NotifyAccess=main",
      "WatchdogSec=180",
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

/** A machine whose programs are written down instead of run. */
function machine(changes: Partial<ServiceMachine> = {}) {
  const ran: string[] = [];
  const run = (...words: string[]) => Promise.resolve(void ran.push(words.join(" ")));
  const usual: ServiceMachine = { isRoot: true, init: "systemd", run };
  return { ran, ...usual, ...changes };
}

/** A unit of ours at a path. */
function unit(path: string, text = SERVICE_MARK) {
  return { init: "systemd", path, text } as const;
}

test("the unit is written whole and readable, over an older one of ours; systemd reads it if there is one", async () => {
  await using dir = await folder();
  const path = join(dir.path, "a.service");
  const [with_, without] = [machine(), machine({ init: undefined })];
  await writeService(unit(path, `${SERVICE_MARK}\nold\n`), with_);
  await writeService(unit(path, `${SERVICE_MARK}\nnew\n`), without);
  assert.equal(await readFile(path, "utf8"), `${SERVICE_MARK}\nnew\n`);
  assert.equal((await stat(path)).mode & 0o777, 0o644);
  assert.deepEqual(await readdir(dir.path), ["a.service"]);
  assert.deepEqual([with_.ran, without.ran], [["systemctl daemon-reload"], []]);
});

test("who is not root is refused, and nothing is written", async () => {
  await using dir = await folder();
  const path = join(dir.path, "a.service");
  await assert.rejects(writeService(unit(path), machine({ isRoot: false })), (error) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.report.exitCode, 7);
    return true;
  });
  assert.deepEqual(await readdir(dir.path), []);
});

test("a unit that somebody else wrote is left as it is, by install and uninstall", async () => {
  await using dir = await folder();
  const path = join(dir.path, "a.service");
  const mine = "[Unit]\nDescription=mine\n";
  await writeFile(path, mine);
  const host = machine();
  await assert.rejects(writeService(unit(path), host), /is there already/);
  await assert.rejects(removeService(unit(path), host), /is there already/);
  assert.equal(await readFile(path, "utf8"), mine);
  assert.deepEqual(host.ran, []);
});

test("when systemd does not read the unit, it is said that the unit is written", async () => {
  await using dir = await folder();
  const path = join(dir.path, "a.service");
  const run = () => Promise.reject(new Error("Failed to connect to bus"));
  await assert.rejects(writeService(unit(path), machine({ run })), (error) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.report.state, `${path} is written`);
    return true;
  });
});

test("a service is stopped before it is removed, by the words of its init system", async () => {
  await using dir = await folder();
  const path = join(dir.path, "runtime-agent");
  const asked: Record<string, string[]> = {};
  for (const init of ["systemd", "openrc"] as const) {
    const host = machine({ init });
    await writeService({ init, path, text: `#!/x\n${SERVICE_MARK}\n` }, host);
    assert.equal(await removeService({ init, path }, host), true);
    assert.equal(await removeService({ init, path }, host), false, "there is none any more");
    assert.equal(existsSync(path), false);
    asked[init] = host.ran;
  }
  assert.deepEqual(asked, {
    systemd: [
      "systemctl daemon-reload",
      "systemctl disable --now runtime-agent",
      "systemctl daemon-reload",
    ],
    openrc: [
      "rc-service --ifstarted runtime-agent stop",
      "rc-update --all delete runtime-agent",
    ],
  });
});

/** How OpenRC 0.45 reads a script: sourced, then its words once more by eval. */
const OPENRC =
  'ewarn() { :; }; . "$1"; eval printf "\'%s\\n\'" ${command_user-} $command $command_args';

const configs = ["/etc/c.yml", "/etc/my conf/a.yml", "/etc/it's $HOME/`id`.yml", '/etc/"q"\\.yml'];
for (const config of configs) {
  test(`OpenRC starts the agent with ${config}, whatever is in that name`, async () => {
    await using dir = await folder();
    const path = join(dir.path, "runtime-agent");
    const command = ["/opt/the runtime/bin", "run", "main.ts"];
    const text = agentScript({ command, config, user: "deploy" });
    await writeService({ init: "openrc", path, text }, machine({ init: "openrc" }));
    assert.equal((await stat(path)).mode & 0o777, 0o755);
    const ran = spawnSync("sh", ["-euc", OPENRC, "sh", path], { encoding: "utf8" });
    assert.equal(ran.stderr, "");
    assert.deepEqual(ran.stdout.trimEnd().split("\n"), [
      "deploy",
      ...command,
      "agent",
      "--config",
      config,
    ]);
  });
}

test("the OpenRC script is one, needs the network, and has the agent supervised", async () => {
  const argv = "agent install --init openrc --print --config /c.yml".split(" ");
  const { out, code } = await runtime(argv);
  assert.equal(code, 0);
  assert.match(out, /^#!\/sbin\/openrc-run\n# Written by /);
  for (const line of ["supervisor=supervise-daemon", "\tneed net", "respawn_max=0"]) {
    assert.ok(out.includes(`\n${line}\n`), `${line} is missing in\n${out}`);
  }
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
