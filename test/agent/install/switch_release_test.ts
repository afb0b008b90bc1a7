import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { releaseDirectories } from "../../../core/agent/install/releases.ts";
import { type ReleaseSteps, stepsOf } from "../../../core/agent/install/release_steps.ts";
import { Releases } from "../../../core/agent/install/switch_release.ts";
import { hostWriter } from "../../../core/agent/install/writer.ts";
import { read, Sandbox, type Tree, write } from "./sandbox.ts";

const hostSteps = stepsOf(hostWriter);

/** A host with two listed directories, and the group's memory of its last Install. */
class Switching {
  readonly box = new Sandbox();
  readonly app = join(this.box.host, "srv/app");
  readonly web = join(this.box.host, "srv/web");
  readonly releases = join(this.box.host, "srv/.app.releases");
  /** Paths that the group's Install in place has made. */
  installed: string[] = [];
  previous: string | undefined;

  constructor() {
    mkdirSync(dirname(this.app));
  }

  [Symbol.dispose](): void {
    this.box[Symbol.dispose]();
  }

  /** An Install of a version whose files are all named after it, in the order of `install`. */
  async install(
    id: string,
    options: { steps?: ReleaseSteps; group?: string; keep?: number; unused?: "web" } = {},
  ): Promise<void> {
    const { steps = hostSteps, group = "g", keep = 5, unused } = options;
    const listed = releaseDirectories(["/srv/app", "/srv/web"], this.box.host, id);
    const used = listed.filter(({ link }) => unused === undefined || link === this.app);
    const releases = new Releases({
      groupId: group,
      used,
      unused: listed.filter((one) => !used.includes(one)),
      installed: new Set(this.installed),
      previous: this.previous,
      keep,
    }, steps);
    releases.check();
    await releases.begin();
    this.installed = this.installed.filter((path) => releases.keeps(path));
    const instructions = used.flatMap(({ link }) => [
      { kind: "mkdir" as const, path: link },
      { kind: "mkdir" as const, path: join(link, id) },
    ]);
    const made = releases.place(instructions);
    await releases.prepare();
    for (const { path } of made) steps.makeFolder(path);
    releases.switch();
    this.installed = [];
    this.previous = id;
    await releases.end();
  }

  /** The version that a reader of a directory finds: the name of its only entry. */
  version(directory = this.app): string {
    const names = readdirSync(directory);
    assert.equal(names.length, 1, `${directory} holds ${names.join(", ")}`);
    return names.join();
  }

  /** Versions that are kept, and notes that should not have been left. */
  kept(): string {
    return readdirSync(this.releases).filter((name) => name !== ".group").sort().join(" ");
  }
}

/** The power of `steps` ends before its step number `last + 1`. */
class Killed extends Error {}
function killedAfter(last: number): ReleaseSteps & { readonly isOver: boolean } {
  let done = 0;
  const step = () => {
    if (done++ >= last) throw new Killed(`killed after ${last} steps`);
  };
  return {
    get isOver() {
      return done > last;
    },
    makeFolder: (path) => (step(), hostSteps.makeFolder(path)),
    rmdir: (path) => (step(), hostSteps.rmdir(path)),
    async removeTree(path) {
      step();
      // A kill may come in the middle of a removal.
      const [one] = existsSync(path) ? readdirSync(path) : [];
      if (one !== undefined) rmSync(join(path, one), { recursive: true });
      step();
      await hostSteps.removeTree(path);
    },
    rename: (from, to) => (step(), hostSteps.rename(from, to)),
    symlink: (target, path) => (step(), hostSteps.symlink(target, path)),
    unlink: (path) => (step(), hostSteps.unlink(path)),
    write: (path, text) => (step(), hostSteps.write(path, text)),
    append: (path, text) => (step(), hostSteps.append(path, text)),
    utimes: (path, atime, mtime) => (step(), hostSteps.utimes(path, atime, mtime)),
    syncFolder: (path) => (step(), hostSteps.syncFolder(path)),
    removeContext: (path) => (step(), hostSteps.removeContext(path)),
  };
}

/** Whether `error` is the end of the process, however it was told on. */
function isKill(error: unknown): boolean {
  return error instanceof Killed || (error instanceof Error && error.cause instanceof Killed);
}

async function inPlace(host: Switching, id = "d-1"): Promise<void> {
  for (const directory of [host.app, host.web]) {
    mkdirSync(join(directory, id), { recursive: true });
    host.installed.push(directory, join(directory, id));
  }
  host.previous = id;
  await Promise.resolve();
}

const beginnings: [what: string, prepare: (host: Switching) => Promise<void>, before: string][] = [
  ["a host without a version", () => Promise.resolve(), "nothing"],
  ["an empty directory", (host) => Promise.resolve(void mkdirSync(host.app)), "empty"],
  ["a version in place", inPlace, "d-1"],
  ["a linked version", (host) => host.install("d-1"), "d-1"],
];
for (const [what, prepare, before] of beginnings) {
  test(`killed after any step, from ${what}: one whole version, and the next Install ends well`, async () => {
    let steps = 0;
    for (let isKilled = true; isKilled; steps++) {
      using host = new Switching();
      await prepare(host);
      const power = killedAfter(steps);
      try {
        // One version is kept, so that the steps of its removal are among those interrupted.
        await host.install("d-2", { steps: power, keep: 1 });
      } catch (error) {
        assert.ok(isKill(error), String(error));
        const there = seen(host);
        // Between the two renames of a first switch there is nothing; never a half or a mixture.
        const allowed = [
          before,
          "d-2",
          ...(before === "d-1" && what.includes("place") ? ["nothing"] : []),
        ];
        allowed.push(...(before === "empty" ? ["nothing"] : []));
        assert.ok(allowed.includes(there), `${there} after ${steps} steps`);
      }
      isKilled = power.isOver;
      // Either the same order again, or another one that comes instead of it.
      const next = steps % 2 === 0 ? "d-2" : "d-3";
      await host.install(next, { keep: 1 });
      assert.deepEqual([host.version(), host.version(host.web)], [next, next], `${steps} steps`);
      assert.equal(host.kept(), next, `left over after ${steps} steps`);
      assert.equal(readlinkSync(host.app), `.app.releases/${next}`);
    }
    assert.ok(steps > 15, `only ${steps} steps`);
  });
}

/** What a reader sees: a version's name, "empty", or "nothing". */
function seen(host: Switching): string {
  return existsSync(host.app) ? readdirSync(host.app).join("+") || "empty" : "nothing";
}

test("an Install that fails after a kill between the renames of a first switch has the old version linked", async () => {
  using host = new Switching();
  await inPlace(host);
  mkdirSync(host.releases);
  renameSync(host.app, join(host.releases, "d-1")); // and here the process ended
  await assert.rejects(
    host.install("d-2", {
      steps: {
        ...hostSteps,
        utimes() {
          throw new Error("no");
        },
      },
    }),
    /no/,
  );
  assert.equal(host.version(), "d-1");
  assert.ok(lstatSync(host.app).isSymbolicLink());
});

test("a failing Install leaves the old version linked; its half-made one goes with the next", async () => {
  using host = new Switching();
  await host.install("d-1");
  const steps = { ...hostSteps, utimes: () => assert.fail("a chown failed") };
  await assert.rejects(host.install("d-2", { steps }), /a chown failed/);
  assert.equal(host.version(), "d-1");
  assert.equal(host.kept(), ".d-2.unfinished d-1 d-2");
  await host.install("d-3");
  assert.deepEqual([host.version(), host.kept()], ["d-3", "d-1 d-3"]);
});

test("the version in place becomes the first release, and is kept", async () => {
  using host = new Switching();
  await inPlace(host);
  await host.install("d-2");
  assert.deepEqual([host.version(), host.kept()], ["d-2", "d-1 d-2"]);
  assert.deepEqual(readdirSync(join(host.releases, "d-1")), ["d-1"]);
});

test("as many versions are kept as the setting says, by the time of their switch, the linked one always", async () => {
  using host = new Switching();
  for (const [hour, id] of ["d-1", "d-2", "d-3"].entries()) {
    await host.install(id);
    utimesSync(join(host.releases, id), 3600 * (hour + 1), 3600 * (hour + 1));
  }
  utimesSync(join(host.releases, "d-2"), 1, 1);
  await host.install("d-4", { keep: 3 });
  assert.equal(host.kept(), "d-1 d-3 d-4");
  await host.install("d-5", { keep: 1 });
  assert.deepEqual([host.version(), host.kept()], ["d-5", "d-5"]);
});

test("an earlier version is deployed again as one more release", async () => {
  using host = new Switching();
  for (const id of ["d-1", "d-2", "d-3"]) await host.install(id);
  assert.deepEqual([host.version(), host.kept()], ["d-3", "d-1 d-2 d-3"]);
  await host.install("d-1"); // even one of the same name, which is not linked now
  assert.deepEqual([host.version(), host.kept()], ["d-1", "d-1 d-2 d-3"]);
});

test("a linked version is whole, and not touched when its Install is repeated", async () => {
  using host = new Switching();
  await host.install("d-1");
  const { ino, mtimeMs } = lstatSync(join(host.releases, "d-1"));
  await host.install("d-1");
  const again = lstatSync(join(host.releases, "d-1"));
  assert.deepEqual([again.ino, again.mtimeMs], [ino, mtimeMs]);
});

test("a directory that the new version has nothing for is gone after the switch", async () => {
  using host = new Switching();
  await host.install("d-1");
  await host.install("d-2", { unused: "web" });
  assert.deepEqual([host.version(), existsSync(host.web)], ["d-2", false]);
  await host.install("d-3");
  assert.equal(host.version(host.web), "d-3");
});

const refusals: [what: string, prepare: (host: Switching) => void, message: RegExp][] = [
  [
    "files that nobody's list names",
    (host) => {
      host.installed = [host.app, join(host.app, "ours")];
      write(host.app, { ours: "o", a: "", b: "", "c/d": "", e: "", f: "", g: "" });
    },
    /is a directory with something in it .* did not install: a, b, c, e, f and 1 more\. Nothing was changed\. Move that out of \S+srv\/app .*, or take \S+ off the list, and then try again\.$/,
  ],
  [
    "a foreign file below an installed directory",
    (host) => {
      host.installed = [join(host.app, "d")];
      write(host.app, { "d/uploads/cat.gif": "" });
    },
    /did not install: d\/uploads\. Nothing/,
  ],
  [
    "a link that leads elsewhere",
    (host) => symlinkSync("/usr/share", host.app),
    /is a symbolic link to \/usr\/share, which the agent did not make\. Nothing was changed\. Remove/,
  ],
  [
    "a link into the releases of another directory",
    (host) => symlinkSync(".other.releases/d-1", host.app),
    /is a symbolic link to \S+srv\/\.other\.releases\/d-1, which the agent did not make/,
  ],
  ["a file", (host) => writeFileSync(host.app, "mine"), /is not a directory\. Nothing was changed/],
  [
    "releases of another group",
    (host) => write(host.releases, { ".group": "g-other", "d-9/x": "" }),
    /holds versions of another deployment group, g-other\. .* remove \S+\.app\.releases\/\.group,/,
  ],
];
for (const [what, prepare, message] of refusals) {
  test(`a release directory is refused, and nothing changed, where there is ${what}`, async () => {
    using host = new Switching();
    prepare(host);
    const before: Tree = read(host.box.host);
    await assert.rejects(host.install("d-2"), { name: "InstallError", message });
    assert.deepEqual(read(host.box.host), before);
  });
}

test("lines about a version stay out of the group's cleanup list; its labels are noted beside it", () => {
  using host = new Switching();
  const used = releaseDirectories(["/srv/app"], host.box.host, "d-2");
  const releases = new Releases({
    groupId: "g",
    used,
    unused: [],
    installed: new Set(),
    previous: undefined,
    keep: 5,
  }, hostSteps);
  mkdirSync(host.releases);
  const [label, other] = [join(host.releases, "d-2/x"), "/etc/x"];
  const lines = [
    join(host.releases, "d-2"),
    label,
    other,
    `semanage\0${label}`,
    `semanage\0${other}`,
  ];
  releases.noteLabels(lines);
  assert.deepEqual(releases.ownLines(lines), [other, `semanage\0${other}`]);
  assert.equal(readFileSync(join(host.releases, ".d-2.labels"), "utf8"), `${label}\n`);
});
