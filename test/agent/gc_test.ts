import { test } from "node:test";
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect } from "../../core/agent/gc.ts";
import { install } from "../../core/agent/install/install.ts";
import { type Layout, layout } from "../../core/agent/layout.ts";
import { writePointer } from "../../core/agent/pointer_file.ts";
import { spec, write } from "./install/sandbox.ts";
import { order } from "./stage.ts";

const APPSPEC = "files: [{ source: app, destination: /srv/app }]\n";

class Host {
  readonly folder: string;
  readonly places: Layout;
  readonly config;
  #at = 1_700_000_000;

  constructor(folder: string) {
    this.folder = folder;
    this.places = layout(join(folder, "root"));
    const logDir = join(folder, "logs");
    this.config = { rootDir: this.places.root, logDir, ongoingDeployments: "ongoing-deployment" };
  }

  /** An unpacked revision, a minute younger than the one before. */
  unpacked(groupId: string, id: string): string {
    const { root, archive, bundle } = this.places.deployment(groupId, id);
    write(archive, { "app/a": id });
    writeFileSync(bundle, "12345");
    this.date(root);
    return root;
  }

  async installed(groupId: string, id: string): Promise<void> {
    const root = this.unpacked(groupId, id);
    await install({
      archiveDir: this.places.deployment(groupId, id).archive,
      deploymentRoot: root,
      instructionsDir: this.places.instructions,
      groupId,
      appSpec: spec(APPSPEC),
      fileExistsBehavior: "DISALLOW",
      installRoot: join(this.folder, "host", groupId),
    });
  }

  date(path: string): void {
    this.#at += 60;
    utimesSync(path, this.#at, this.#at);
  }

  left(groupId: string): string[] {
    return readdirSync(this.places.group(groupId)).sort();
  }
}

async function onHost(run: (host: Host) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "runtime-gc-"));
  try {
    await run(new Host(folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("the oldest go; the last successful, the most recent and an unreported one stay; bytes are counted", async () => {
  await onHost(async (host) => {
    const { places, config } = host;
    await host.installed("g", "d-1");
    const recent = host.unpacked("g", "d-2");
    for (const id of ["d-3", "d-4", "d-5"]) host.unpacked("g", id);
    writePointer(places.mostRecentInstall("g"), recent);
    const taken = order({ deploymentId: "d-3" });
    taken.specification.DeploymentGroupId = "g";
    const record = { at: 1, kind: "order", commandId: taken.commandId, nonce: 1, order: taken };
    writeFileSync(join(places.root, "journal.jsonl"), `${JSON.stringify(record)}\n`);
    const look = await collect(config, 1, "look");
    assert.equal(host.left("g").length, 5, "a dry run removes nothing");
    const done = await collect(config, 1, "apply");
    assert.deepEqual(done.removed, look.removed);
    assert.deepEqual(host.left("g"), ["d-1", "d-2", "d-3"]);
    assert.equal(done.bytes, 2 * "12345d-4".length);
  });
});

test("the one whose bundle an unreported one takes stays with it", async () => {
  await onHost(async (host) => {
    const { places, config } = host;
    for (const id of ["d-OLD", "d-3", "d-4"]) host.unpacked("g", id);
    await host.installed("g", "d-5");
    const taken = order({ deploymentId: "d-6", group: "g" });
    taken.specification.ReuseArchiveFromDeploymentId = "d-OLD";
    const record = { at: 1, kind: "order", commandId: taken.commandId, nonce: 1, order: taken };
    writeFileSync(join(places.root, "journal.jsonl"), `${JSON.stringify(record)}\n`);
    await collect(config, 1, "apply");
    assert.deepEqual(host.left("g"), ["d-5", "d-OLD"]);
  });
});

test("a forgotten group goes as a whole; one with a list, one with strange things and the newest stay", async () => {
  await onHost(async (host) => {
    host.unpacked("forgotten", "d-1");
    host.unpacked("strange", "d-2");
    writeFileSync(join(host.places.group("strange"), "notes.txt"), "mine");
    mkdirSync(join(host.places.root, "somebodys", "pictures"), { recursive: true });
    host.date(join(host.places.root, "somebodys", "pictures"));
    await host.installed("listed", "d-3");
    await rm(host.places.lastSuccessfulInstall("listed"));
    host.unpacked("newest", "d-4");
    const { removed } = await collect(host.config, 5, "apply");
    assert.deepEqual(removed.map(({ path }) => path), [host.places.group("forgotten")]);
    for (const name of ["strange", "somebodys", "listed", "newest"]) {
      assert.ok(existsSync(host.places.group(name)), name);
    }
  });
});

test("broken downloads and logs beyond their rule go, logs within it stay", async () => {
  await onHost(async (host) => {
    const { places, config } = host;
    await host.installed("g", "d-1");
    const broken = places.deployment("g", "d-2");
    write(`${broken.archive}.new`, { half: "1" });
    writeFileSync(broken.bundle, "half");
    const deployments = join(places.root, "deployment-logs", "codedeploy-agent-deployments.log");
    const own = join(config.logDir, "codedeploy-agent.log");
    write(
      "/",
      Object.fromEntries(
        [deployments, own].flatMap((path) =>
          ["", ".1", ".7", ".8", ".old"].map((end) => [path + end, "x"])
        ),
      ),
    );
    const { removed } = await collect(config, 5, "apply");
    assert.deepEqual(
      removed.map(({ path }) => path).sort(),
      [broken.bundle, `${broken.archive}.new`, `${deployments}.8`, `${own}.7`, `${own}.8`].sort(),
    );
    assert.ok(existsSync(places.deployment("g", "d-1").bundle));
  });
});
