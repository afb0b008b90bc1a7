/** `runas`, with real processes of real users: these tests need root, as an agent does for it. @module */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { startAs } from "../../core/agent/script_user.ts";
import { selfCommand } from "../../core/platform.ts";
import { launchWords } from "../../core/platform/launch_words.ts";
import { isRunning, Theatre, until } from "./theatre.ts";

const isRoot = process.geteuid?.() === 0;
const asRoot = { skip: !isRoot && "needs root" };

const SAY_WHO =
  `echo "$(id -u) $(id -g) $(id -G)"; echo "$HOME $USER $LOGNAME $SHELL"; echo "$PATH"`;

function passwd(user: string): string[] {
  const lines = readFileSync("/etc/passwd", "utf8").split("\n").map((line) => line.split(":"));
  return lines.find(([name]) => name === user) ?? assert.fail(`this host has no user ${user}`);
}

for (const user of ["daemon", "games", "nobody"]) {
  test(
    `spec 4.3 runas ${user}: user, groups and environment are theirs, without a login shell`,
    asRoot,
    async () => {
      using stage = new Theatre({ "my scripts/a.sh": SAY_WHO });
      const scripts = [{ location: "my scripts/a.sh", runas: user }];
      const { error_code, message } = await stage.run({
        scripts,
        environment: { DEPLOYMENT_ID: "d-1" },
      });
      assert.equal(error_code, 0, message);
      const [, , uid, gid, , home, shell] = passwd(user);
      assert.deepEqual(stage.texts, [
        `stdout: ${uid} ${gid} ${gid}`,
        `stdout: ${home} ${user} ${user} ${shell}`,
        `stdout: ${process.env.PATH}`,
      ]);
    },
  );
}

const numbers: [runas: string, ids: string, who: string][] = [
  ["5", "5 60 60", "/usr/games games games /usr/sbin/nologin"],
  ["54321", "54321 54321 54321", "/ 54321 54321 /bin/sh"],
];
for (const [runas, ids, who] of numbers) {
  test(`spec 4.3 runas by number, ${runas} is ${who}`, asRoot, async () => {
    using stage = new Theatre({ "a.sh": SAY_WHO });
    await stage.run({ scripts: [{ runas }] });
    assert.deepEqual(stage.printed.slice(0, 2), [ids, who]);
  });
}

test("runas gives the user their further groups, and none of the agent's", asRoot, (context) => {
  const folder = mkdtempSync(join(tmpdir(), "runtime-groups-"));
  try {
    const groups = readFileSync("/etc/group", "utf8") + "runtime-extra:x:54322:nobody,games\n";
    writeFileSync(join(folder, "group"), groups);
    const user = { uid: 5, gid: 60, name: "games" };
    const launch = [...selfCommand(), ...launchWords({ user, environment: {} }), "/usr/bin/id"];
    // In a mount namespace of its own the host has another /etc/group.
    const inside = `mount --bind "${folder}/group" /etc/group && exec "$@"`;
    const words = ["--groups", "4,24", "unshare", "--mount", "sh", "-c", inside, "sh", ...launch];
    const { status, stdout, stderr } = spawnSync("setpriv", words, { encoding: "utf8" });
    if (status !== 0 && /unshare|mount|ENOENT/.test(stderr ?? "ENOENT")) {
      return context.skip("no mount namespace can be made here");
    }
    assert.equal(
      stdout,
      "uid=5(games) gid=60(games) groups=60(games),54322(runtime-extra)\n",
      stderr,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test(
  "spec 4.3 process group: with runas, too, the script leads the one that was announced",
  asRoot,
  async () => {
    using stage = new Theatre({ "a.sh": "echo $$; ps -o pgid= -p $$ | tr -d ' '" });
    const groups: { pid: number }[] = [];
    await stage.run({ scripts: [{ runas: "games" }], onSpawn: (group) => groups.push(group) });
    assert.deepEqual(stage.printed.map(Number), [groups[0]?.pid, groups[0]?.pid]);
  },
);

test(
  "runas hands nothing on but the three standard files, and no signal ignored or blocked",
  asRoot,
  async () => {
    using stage = new Theatre({
      "a.sh": "ls /proc/self/fd | wc -l; grep -E '^Sig(Blk|Ign)' /proc/self/status",
    });
    await stage.run({ scripts: [{ runas: "games" }] });
    // The fourth is the folder that ls reads; of ignored signals those of the C library are left out.
    const [files, blocked, ignored] = stage.printed.map((line) => line.replace(/^Sig...:\t/, ""));
    assert.equal(files?.trim(), "4");
    assert.equal(BigInt(`0x${blocked}`), 0n);
    assert.equal(BigInt(`0x${ignored}`) & 0x7fff_ffffn, 0n);
  },
);

test("spec 4.3 outputs: with runas they can be opened by name as well", asRoot, async () => {
  using stage = new Theatre({ "a.sh": "echo bad >/dev/stderr; echo good >/dev/stdout" });
  assert.equal((await stage.run({ scripts: [{ runas: "nobody" }] })).error_code, 0);
  assert.deepEqual(stage.texts.toSorted(), ["stderr: bad", "stdout: good"]);
});

test(
  "a runas script without a first line for the kernel is one for the shell",
  asRoot,
  async () => {
    using stage = new Theatre({ "a.sh": "# no interpreter\nid -un\n" });
    assert.equal((await stage.run({ scripts: [{ runas: "games" }] })).error_code, 0);
    assert.deepEqual(stage.printed, ["games"]);
  },
);

const failures: [how: string, text: string, message: string][] = [
  ["exit code", "exit 3", "run as user games failed with exit code 3"],
  ["killed by a signal", "kill -9 $$", "run as user games failed with exit code (SIGKILL)"],
];
for (const [how, text, message] of failures) {
  test(`spec 4.3 ${how}: with runas the message names the user`, asRoot, async () => {
    using stage = new Theatre({ "a.sh": text });
    const diagnostics = await stage.run({ scripts: [{ runas: "games" }] });
    assert.equal(diagnostics.error_code, 4);
    assert.equal(diagnostics.message, `Script at specified location: a.sh ${message}`);
  });
}

test(
  "spec 4.3 timeout: with runas TERM and KILL reach all that the script has started",
  asRoot,
  async () => {
    using stage = new Theatre({
      "a.sh": "trap '' TERM; sleep 100 & echo $! $$; while :; do wait; done",
    });
    const { error_code } = await stage.run({ scripts: [{ runas: "games", timeoutSeconds: 1 }] });
    assert.equal(error_code, 3);
    for (const pid of stage.printed.join(" ").split(" ").map(Number)) {
      await until(() => !isRunning(pid), `process ${pid} is gone`);
    }
  },
);

test(
  "a script that the user may not run is code 4, with the reason in its log",
  asRoot,
  async () => {
    using stage = new Theatre({ "a.sh": "echo never" });
    chmodSync(stage.file("a.sh"), 0o700);
    const { error_code, message, log } = await stage.run({ scripts: [{ runas: "games" }] });
    assert.equal(error_code, 4);
    assert.match(message, /run as user games failed with exit code 126$/);
    assert.match(log, /\[stderr\].*a\.sh was not run: games may not run it: EACCES.*folders above/);
  },
);

test("a missing interpreter of a runas script is named in its log", asRoot, async () => {
  using stage = new Theatre({ "a.sh": "#!/no/such/shell\n" });
  const { log } = await stage.run({ scripts: [{ runas: "games" }] });
  assert.match(log, /was not run: the system cannot execute it, whose first line is "#!\/no\/such/);
});

test("an unknown user is code 5 with user, script, key and cure; what came before has run", async () => {
  using stage = new Theatre({ "a.sh": "echo ran", "b.sh": "echo never" });
  const scripts = [{}, { location: "b.sh", runas: "no-such-user" }];
  const { error_code, script_name, message } = await stage.run({ scripts });
  assert.deepEqual([error_code, script_name], [5, "b.sh"]);
  assert.equal(
    message,
    "Script at specified location: b.sh was not run as user no-such-user " +
      "(hooks.AfterInstall[1].runas of the AppSpec): this host has no such user; " +
      "add the user (useradd no-such-user) or change runas in the AppSpec",
  );
  assert.deepEqual(stage.printed, ["ran"]);
});

test("an agent that is not root refuses another user, and runs as itself what names itself", () => {
  const refused = startAs("root", 54_321);
  assert.ok("refusal" in refused);
  assert.match(
    refused.refusal,
    /^the agent runs as user 54321, and root alone may .*run the agent as root/,
  );
  const own = startAs(passwd("games")[2] ?? "", 5);
  assert.ok("before" in own);
  assert.deepEqual(own.before, []);
  assert.equal(own.environment.HOME, "/usr/games");
});
