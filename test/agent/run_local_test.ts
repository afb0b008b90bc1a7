import { test } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { AgentFailure } from "../../core/agent/failure.ts";
import { lockRoot } from "../../core/agent/lock.ts";
import { LOCAL_EVENTS, localEvents } from "../../core/agent/local_events.ts";
import { type LocalRunOptions, runLocal } from "../../core/agent/run_local.ts";
import { statOf } from "../../core/platform/process_group.ts";

const APPSPEC = `version: 0.0
os: linux
files:
  - source: page.html
    destination: /srv/www
hooks:
  ApplicationStop:
    - location: hook.sh
  AfterInstall:
    - location: hook.sh
  ValidateService:
    - location: hook.sh
`;
const HOOK = '#!/bin/sh\necho "$LIFECYCLE_EVENT $APPLICATION_NAME/$DEPLOYMENT_GROUP_NAME"\n';

/** A folder with a bundle in `bundle`, gone afterwards. */
async function inFolder(body: (at: Place) => void | Promise<void>): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "run-local-")));
  try {
    const place = new Place(folder);
    place.write({ "appspec.yml": APPSPEC, "page.html": "one", "hook.sh": HOOK });
    await body(place);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

class Place {
  readonly folder: string;
  constructor(folder: string) {
    this.folder = folder;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      const path = this.path("bundle", name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      if (name.endsWith(".sh")) chmodSync(path, 0o755);
    }
  }

  /** With `folders`, a configuration says where everything is. */
  async run({ folders, ...more }: Partial<LocalRunOptions> & { folders?: string } = {}) {
    const own = { root: this.path("root"), installRoot: this.path("machine") };
    const lines: string[] = [];
    const remarks: string[] = [];
    const events: string[] = [];
    let id = "";
    const failure = await runLocal({
      location: this.path("bundle"),
      fileExistsBehavior: "DISALLOW",
      groupId: "default-local-deployment-group",
      groupName: "LocalFleet",
      application: "shop",
      appSpecFilename: "appspec.yml",
      ...(folders === undefined ? own : { config: folders }),
      signal: new AbortController().signal,
      // The keys of whoever runs the tests are no matter.
      environment: { HOME: this.folder },
      ...more,
    }, {
      begins: (run) => void (id = run.deploymentId),
      event: ({ name, status }) => void events.push(`${name} ${status}`),
      line: ({ stream, text }) => void (stream === "agent" ? remarks : lines).push(text),
    });
    const ended = events.filter((event) => !event.endsWith("InProgress"));
    return { failure, lines, remarks, events: ended, id };
  }
}

test("spec 12.5 a path: a folder goes through all events as d-XXXXXXXXX-local; the next run stops the installed revision and replaces it", async () => {
  await inFolder(async (place) => {
    const first = await place.run();
    assert.equal(first.failure, undefined);
    assert.match(first.id, /^d-[A-Z0-9]{9}-local$/);
    assert.deepEqual(first.events, LOCAL_EVENTS.map((name) => `${name} Succeeded`));
    assert.deepEqual(first.lines, [
      "AfterInstall shop/LocalFleet",
      "ValidateService shop/LocalFleet",
    ]);
    assert.equal(readFileSync(place.path("machine/srv/www/page.html"), "utf8"), "one");
    place.write({ "page.html": "two", "hook.sh": "#!/bin/sh\necho new $LIFECYCLE_EVENT\n" });
    const second = await place.run();
    assert.deepEqual(second.lines, [
      "ApplicationStop shop/LocalFleet",
      "new AfterInstall",
      "new ValidateService",
    ]);
    assert.equal(readFileSync(place.path("machine/srv/www/page.html"), "utf8"), "two");
  });
});

for (const [type, pack] of [["tgz", "czf"], ["tar", "cf"]] as const) {
  test(`spec 12.5 a file: a ${type} runs as the folder that it holds`, async () => {
    await inFolder(async (place) => {
      const location = place.path(`shop.${type}`);
      assert.equal(spawnSync("tar", [pack, location, "-C", place.folder, "bundle"]).status, 0);
      assert.equal((await place.run({ location })).failure, undefined);
      assert.equal(readFileSync(place.path("machine/srv/www/page.html"), "utf8"), "one");
    });
  });
}

test("scripts see no BUNDLE_ variable, as there is no revision", async () => {
  await inFolder(async (place) => {
    place.write({ "hook.sh": "#!/bin/sh\nenv | grep ^BUNDLE_ || echo none\n" });
    assert.deepEqual((await place.run()).lines, ["none", "none"]);
  });
});

test("a mistake in the AppSpec fails with its file, line and column, and nothing is installed", async () => {
  await inFolder(async (place) => {
    place.write({ "appspec.yml": APPSPEC.replace("- location: hook.sh", "- timeout: soon") });
    const { failure } = await place.run();
    assert.equal(failure?.exitCode, 1);
    assert.equal(failure.evidence[0], `${place.path("bundle/appspec.yml")}:8:7`);
    assert.match(failure.cause, /BeforeInstall: the AppSpec has a mistake$/);
    assert.match(failure.state, /^not run: Install, /);
    assert.equal(existsSync(place.path("machine")), false);
  });
});

test("a folder without an AppSpec fails and names the file", async () => {
  await inFolder(async (place) => {
    rmSync(place.path("bundle/appspec.yml"));
    const { failure } = await place.run();
    assert.equal(failure?.exitCode, 1);
    assert.match(failure.evidence[0] ?? "", /did not find an AppSpec file .*"appspec\.yml"/);
  });
});

test("a misspelt event of the AppSpec is remarked on, as its scripts never run", async () => {
  await inFolder(async (place) => {
    place.write({ "appspec.yml": APPSPEC.replace("AfterInstall:", "AfterInstal:") });
    const { failure, remarks, lines } = await place.run();
    assert.equal(failure, undefined);
    assert.equal(
      remarks[1],
      '"AfterInstal" is no lifecycle event: its scripts never run (appspec.yml:10:5)',
    );
    assert.deepEqual(lines, ["ValidateService shop/LocalFleet"]);
  });
});

test("where this user may not install, the next command is one that may", async () => {
  await inFolder(async (place) => {
    // Nobody makes folders there, not even root.
    const { failure, events } = await place.run({ installRoot: "/sys/kernel" });
    assert.equal(events.at(-1), "Install Failed");
    assert.match(failure?.next[0] ?? "", /--install-root DIR$/);
  });
});

test("a failing script ends the run with its exit code, its last lines and where the log is", async () => {
  await inFolder(async (place) => {
    place.write({ "hook.sh": "#!/bin/sh\necho no port >&2\nexit 7\n" });
    const { failure, events } = await place.run();
    assert.equal(events.at(-1), "AfterInstall Failed");
    assert.equal(failure?.exitCode, 1);
    assert.match(failure.cause, /failed: AfterInstall hook\.sh$/);
    assert.deepEqual(failure.evidence, [
      "Script at specified location: hook.sh failed with exit code 7",
      "AfterInstall | no port",
    ]);
    assert.match(failure.state, /^not run: ApplicationStart, ValidateService, /);
    const log = /^cat (.*)$/.exec(failure.next[0] ?? "")?.[1] ?? "";
    assert.match(readFileSync(log, "utf8"), /\[stderr\]no port/);
  });
});

test("a failing ApplicationStop of the last revision comes with the way around it", async () => {
  await inFolder(async (place) => {
    place.write({ "hook.sh": '#!/bin/sh\n[ "$LIFECYCLE_EVENT" != ApplicationStop ]\n' });
    assert.equal((await place.run()).failure, undefined);
    const { failure } = await place.run();
    const events = /--events (\S+)$/.exec(failure?.next.at(-1) ?? "")?.[1]?.split(",");
    assert.equal(events?.[0], "DownloadBundle");
    assert.equal((await place.run({ events })).failure, undefined);
  });
});

test("an abort ends the running script and what it started, and says so", async () => {
  await inFolder(async (place) => {
    place.write({ "hook.sh": "#!/bin/sh\necho $$ >$0.pid\nsleep 300 &\nsleep 300\n" });
    const stop = new AbortController();
    const pidFile = place.path("root/default-local-deployment-group");
    const running = place.run({ signal: stop.signal });
    const pid = await scriptPid(pidFile);
    stop.abort(new Error("Ctrl-C"));
    const { failure } = await running;
    assert.equal(failure?.exitCode, 130);
    assert.match(failure.cause, /was interrupted in AfterInstall/);
    const alive = readdirSync("/proc").filter((name) => {
      const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
      return stat?.group === pid && stat.state !== "Z";
    });
    assert.deepEqual(alive, [], "the script's group has ended");
  });
});

/** The number a script of the only deployment has written down, as soon as it has. */
async function scriptPid(group: string): Promise<number> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const [id = ""] = existsSync(group) ? readdirSync(group) : [];
    const file = join(group, id, "deployment-archive/hook.sh.pid");
    const pid = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
    if (pid > 0) return pid;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("the script has not begun");
}

test("links inside a folder stay links; one that leads out is refused, and nothing is installed", async () => {
  await inFolder(async (place) => {
    place.write({ "appspec.yml": APPSPEC.replace("page.html", "/") });
    symlinkSync("page.html", place.path("bundle/index.html"));
    assert.equal((await place.run()).failure, undefined);
    assert.equal(readFileSync(place.path("machine/srv/www/index.html"), "utf8"), "one");
    symlinkSync("../outside", place.path("bundle/escape"));
    const { failure, events } = await place.run();
    assert.equal(events.at(-1), "DownloadBundle Failed");
    assert.match(failure?.evidence[0] ?? "", /"escape" is a symbolic link to "\.\.\/outside"/);
  });
});

test("a root and an install root inside the folder do not become part of the bundle", async () => {
  await inFolder(async (place) => {
    place.write({ "appspec.yml": APPSPEC.replace("page.html", "/") });
    const more = {
      root: place.path("bundle/.runtime-local"),
      installRoot: place.path("bundle/try"),
    };
    for (const _ of [1, 2]) assert.equal((await place.run(more)).failure, undefined);
    const installed = readdirSync(place.path("bundle/try/srv/www")).sort();
    assert.deepEqual(installed, ["appspec.yml", "hook.sh", "page.html"]);
  });
});

test("the folders come from the agent's configuration, whether the host has joined or not", async () => {
  await inFolder(async (place) => {
    const config = place.path("codedeployagent.yml");
    const [root, machine] = [place.path("agent-root"), place.path("elsewhere")];
    writeFileSync(config, `:root_dir: ${root}\n:install_root: ${machine}\n:max_revisions: 2\n`);
    for (const _ of [1, 2, 3]) {
      assert.equal((await place.run({ folders: config })).failure, undefined);
    }
    assert.equal(existsSync(join(machine, "srv/www/page.html")), true);
    assert.equal(readdirSync(join(root, "default-local-deployment-group")).length, 2);
  });
});

/** A configuration with these lines, whose folders are this place's. */
function configured(place: Place, lines: string): string {
  const config = place.path("codedeployagent.yml");
  const folders = `:root_dir: ${place.path("root")}\n:install_root: ${place.path("machine")}\n`;
  writeFileSync(config, folders + lines);
  return config;
}

test("existence_checks: before-removal leaves the last version whole and names all that is in the way", async () => {
  await inFolder(async (place) => {
    const folders = configured(place, ":existence_checks: before-removal\n");
    assert.equal((await place.run({ folders })).failure, undefined);
    place.write({ "appspec.yml": APPSPEC.replace("page.html", "new"), "new/a": "1", "new/b": "2" });
    for (const name of ["a", "b"]) writeFileSync(place.path("machine/srv/www", name), "mine");
    const { failure } = await place.run({ folders });
    const evidence = failure?.evidence.join("\n") ?? "";
    assert.match(evidence, /2 specified files/);
    assert.match(evidence, /www\/a \(owner: \w+\)[^]*www\/b \(owner: \w+\)/);
    assert.equal(readFileSync(place.path("machine/srv/www/page.html"), "utf8"), "one");
  });
});

test("adopt_if_identical: an identical file in the way is taken over, without the key it is refused", async () => {
  await inFolder(async (place) => {
    mkdirSync(place.path("machine/srv/www"), { recursive: true });
    writeFileSync(place.path("machine/srv/www/page.html"), "one");
    const refusal = await place.run({ folders: configured(place, "") });
    assert.match(refusal.failure?.evidence.join("\n") ?? "", /already exists/);
    const folders = configured(place, ":adopt_if_identical: true\n");
    assert.equal((await place.run({ folders })).failure, undefined);
  });
});

test("release_directories: the destination is a link to a version, of which max_revisions stay", async () => {
  await inFolder(async (place) => {
    const folders = configured(place, ":release_directories: [/srv/www]\n:max_revisions: 2\n");
    for (const text of ["one", "two", "three"]) {
      place.write({ "page.html": text });
      const { failure, id } = await place.run({ folders });
      assert.equal(failure, undefined);
      const link = place.path("machine/srv/www");
      assert.equal(realpathSync(link), place.path("machine/srv/.www.releases", id));
      assert.equal(readFileSync(join(link, "page.html"), "utf8"), text);
    }
    const versions = readdirSync(place.path("machine/srv/.www.releases"));
    assert.equal(versions.filter((name) => !name.startsWith(".")).length, 2);
  });
});

test("stop_script_from: new runs the new revision's ApplicationStop and takes the bundle once", async () => {
  await inFolder(async (place) => {
    const folders = configured(place, ":stop_script_from: new\n");
    const first = await place.run({ folders });
    assert.equal(first.lines[0], "ApplicationStop shop/LocalFleet", "also in the first deployment");
    place.write({ "hook.sh": "#!/bin/sh\necho new $LIFECYCLE_EVENT\n" });
    const { failure, lines, remarks } = await place.run({ folders });
    assert.equal(failure, undefined);
    assert.equal(lines[0], "new ApplicationStop");
    assert.equal(remarks.filter((line) => line.startsWith("Took ")).length, 1);
  });
});

for (const isKept of [true, false]) {
  test(`enable_deployments_log: ${isKept} decides whether a local run writes the log of all`, async () => {
    await inFolder(async (place) => {
      const folders = configured(place, `:enable_deployments_log: ${isKept}\n`);
      assert.equal((await place.run({ folders })).failure, undefined);
      const log = place.path("root/deployment-logs/codedeploy-agent-deployments.log");
      assert.equal(existsSync(log), isKept);
    });
  });
}

const refused: [
  what: string,
  options: Partial<LocalRunOptions>,
  cause: RegExp,
  evidence: RegExp,
][] = [
  ["a missing folder", { location: "/nonexistent/x" }, /^-l, --bundle-location/, /ENOENT/],
  [
    "an S3 location without keys",
    { location: "s3://b/k.tgz" },
    /^-l/,
    /no keys in the environment/,
  ],
  ["an address without a hash", { location: "https://h/k.tgz" }, /^-l/, /comes without its hash/],
  ["a folder said to be a zip", { type: "zip" }, /^-l, --bundle-location/, /is a directory/],
  ["a group that leads out", { groupId: "../x" }, /^-g, --deployment-group/, /letters/],
  ["a group like a folder of the root", { groupId: "deployment-logs" }, /^-g/, /own folders/],
  ["an unknown event", { events: ["Instal"] }, /^-e, --events/, /"Instal" is no lifecycle event/],
  ["a configuration that is not there", { config: "/nonexistent.yml" }, /missing/, /ENOENT/],
];
for (const [what, options, cause, evidence] of refused) {
  test(`${what} is refused before anything is done`, async () => {
    await inFolder(async (place) => {
      const { failure, events } = await place.run(options);
      assert.equal(failure?.exitCode, 2);
      assert.match(failure.cause, cause);
      assert.match(failure.evidence.join("\n"), evidence);
      assert.equal(failure.state, "nothing was done");
      assert.deepEqual(events, []);
      assert.equal(existsSync(place.path("root")), false);
    });
  });
}

test("a second run on the same root is refused while one is at work", async () => {
  await inFolder(async (place) => {
    const unlock = await lockRoot(place.path("root/deployment-instructions"));
    const { failure } = await place.run();
    assert.match(failure?.cause ?? "", /^Another local run works on /);
    await unlock();
    assert.equal((await place.run()).failure, undefined);
  });
});

/** Missing ones are put before the others; what may stand before each of them is bounded. */
const orders: [asked: string, runs: string][] = [
  ["AfterInstall", "DownloadBundle Install AfterInstall"],
  ["BeforeInstall,Install", "DownloadBundle BeforeInstall Install"],
  ["DownloadBundle,BeforeInstall", "DownloadBundle Install BeforeInstall"],
  ["ApplicationStop,AfterInstall", "DownloadBundle Install ApplicationStop AfterInstall"],
  ["ApplicationStop,DownloadBundle,Install", "ApplicationStop DownloadBundle Install"],
  [
    "BeforeBlockTraffic,AfterBlockTraffic,DownloadBundle,ApplicationStop,BeforeInstall,Install",
    "BeforeBlockTraffic AfterBlockTraffic DownloadBundle ApplicationStop BeforeInstall Install",
  ],
  ["Install", "DownloadBundle Install"],
  ["DownloadBundle", "DownloadBundle Install"],
  ["DownloadBundle,Install,AfterInstall", "DownloadBundle Install AfterInstall"],
  [
    "ApplicationStop,DownloadBundle,BeforeInstall,Install",
    "ApplicationStop DownloadBundle BeforeInstall Install",
  ],
  [" ValidateService , AfterInstall ", "DownloadBundle Install ValidateService AfterInstall"],
];
for (const [asked, runs] of orders) {
  test(`spec 12.5 -e ${asked} runs ${runs}`, () => {
    assert.equal(localEvents(asked.split(",")).join(" "), runs);
  });
}

const badOrders: [asked: string, evidence: string][] = [
  ["AfterInstall,Install", "AfterInstall cannot come before Install"],
  ["BeforeInstall,DownloadBundle,Install", "BeforeInstall cannot come before DownloadBundle"],
  ["Install,DownloadBundle", "Install cannot come before DownloadBundle"],
  ["DownloadBundle,ApplicationStart,Install", "ApplicationStart cannot come before Install"],
  ["AfterInstall,AfterInstall", "AfterInstall is given twice"],
  ["BlockTraffic", "BlockTraffic is done by a server against its load balancer"],
  ["AfterInstall,", '"" is no lifecycle event'],
  ["AfterInstall,DownloadBundle,Install", "AfterInstall cannot come before DownloadBundle"],
  ["ApplicationStart,DownloadBundle,Install", "ApplicationStart cannot come before DownloadBundle"],
  ["ValidateService,DownloadBundle,Install", "ValidateService cannot come before DownloadBundle"],
  [
    "BeforeAllowTraffic,DownloadBundle,Install",
    "BeforeAllowTraffic cannot come before DownloadBundle",
  ],
  [
    "AfterAllowTraffic,DownloadBundle,Install",
    "AfterAllowTraffic cannot come before DownloadBundle",
  ],
  ["DownloadBundle,ValidateService,Install", "ValidateService cannot come before Install"],
  ["AllowTraffic", "AllowTraffic is done by a server against its load balancer"],
];
for (const [asked, evidence] of badOrders) {
  test(`spec 12.5 -e ${asked} is refused: ${evidence}`, () => {
    assert.throws(() => localEvents(asked.split(",")), (error) => {
      assert.ok(error instanceof AgentFailure);
      assert.equal(error.parts.evidence, evidence);
      assert.equal(error.parts.exitCode, 2);
      return true;
    });
  });
}

test("spec 12.5 without -e all events run in their order, but for those of a load balancer", () => {
  assert.equal(
    localEvents(undefined).join(" "),
    "BeforeBlockTraffic AfterBlockTraffic ApplicationStop DownloadBundle BeforeInstall Install " +
      "AfterInstall ApplicationStart ValidateService BeforeAllowTraffic AfterAllowTraffic",
  );
});
