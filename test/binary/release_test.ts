/**
 * Releases with real agents: three applications of one host, so that its trace shows who came when.
 * The moments at which the server is killed come from a seed; `KILL_SEED=N` repeats them as far as can
 * be.
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { z } from "zod";
import { version } from "./bundles.ts";
import { IN_PLACE, once, starts, trace } from "./deployments.ts";
import { Fleet, type Host, type Ran, until } from "./fleet.ts";

const NAMES = ["db", "api", "web"] as const;
const NEEDS = { db: "[]", api: "[db]", web: "[api]" };
const seed = Number(process.env["KILL_SEED"] ?? 20261125);

const Shown = z.object({
  release: z.object({
    status: z.string(),
    deployments: z.array(z.object({
      name: z.string(),
      status: z.string(),
      deploymentId: z.string(),
      rollbackDeploymentId: z.string().optional(),
    })),
  }),
});
const Listed = z.object({ releases: z.array(z.object({ releaseId: z.string() })) });

let fleet: Fleet;
let host: Host;

before(async () => {
  fleet = await Fleet.start(1);
  host = fleet.hosts[0] ?? assert.fail("no host");
  const groups = NAMES.map((name) =>
    `  - { name: ${name}, groups: [{ name: prod, tags: { role: web } }] }\n`
  );
  const file = join(fleet.directory, "deploy.yaml");
  writeFileSync(file, `applications:\n${groups.join("")}`);
  const applied = await fleet.runtime("apply", "-f", file);
  assert.equal(applied.code, 0, applied.stderr);
});
after(() => fleet?.close());

type Scripts = Parameters<typeof version>[1];

/** Releases `db-N`, `api-N` and `web-N`, each from a folder beside the file; `add` adds to scripts. */
function release(number: number, add: (name: string) => Scripts = () => ({})): Promise<Ran> {
  const entries = NAMES.map((name) => {
    const folder = `${name}-${number}`;
    const files = version(folder, add(name));
    files["appspec.yml"] = (files["appspec.yml"] ?? "").replace("/srv/app", `/srv/${name}`);
    fleet.bundle(folder, files);
    return `  ${name}: { application: ${name}, group: prod, revision: ./${folder}, ` +
      `needs: ${NEEDS[name]} }\n`;
  });
  const file = join(fleet.directory, `v${number}.yaml`);
  writeFileSync(file, `release: v${number}\ndeployments:\n${entries.join("")}`);
  return fleet.runtime("release", file);
}

const installed = (name: string) =>
  readFileSync(join(host.installRoot, `srv/${name}/version.txt`), "utf8").trim();

/** Which versions were started, in this order. */
const started = () =>
  trace(host).flatMap((line) => line.match(/^ApplicationStart (.*)$/)?.[1] ?? []);

async function latest() {
  const listed = await fleet.runtime("releases", "--json");
  const [newest] = Listed.parse(JSON.parse(listed.stdout)).releases;
  const shown = await fleet.runtime("release", "--show", newest?.releaseId ?? "", "--json");
  return Shown.parse(JSON.parse(shown.stdout)).release;
}

test("each application is deployed when what it needs has succeeded", async () => {
  const ran = await release(1);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /succeeded after .*: 3 deployments\n$/);
  assert.deepEqual(started(), ["db-1", "api-1", "web-1"]);
});

test("when the last one fails, all go back in reverse", async () => {
  const ran = await release(2, (name) => name === "web" ? { ApplicationStart: "exit 1" } : {});
  assert.equal(ran.code, 3, ran.stdout + ran.stderr);
  assert.match(ran.stderr, /failed: web failed\n.*web: d-\w+ failed: HEALTH_CONSTRAINTS/);
  assert.match(ran.stderr, /state +rolled back: db, api, web\n/);
  assert.deepEqual(started().slice(3), ["db-2", "api-2", "web-2", "web-1", "api-1", "db-1"]);
  for (const name of NAMES) assert.equal(installed(name), `${name}-1`);
});

test(`a server killed on the way begins nothing twice (seed ${seed})`, async () => {
  const running = release(3, () => ({ BeforeInstall: "sleep 0.2" }));
  await until("the first script", () => trace(host).includes("BeforeInstall db-3"));
  for (let kill = 1; kill <= 4; kill++) {
    await new Promise((next) => setTimeout(next, (seed * kill) % 500));
    await fleet.killServer();
    await fleet.startServer();
  }
  const ran = await running;
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  const { status, deployments } = await latest();
  assert.equal(status, "Succeeded");
  assert.deepEqual(started().slice(9), ["db-3", "api-3", "web-3"]);
  for (const { name, deploymentId } of deployments) {
    assert.deepEqual(starts(fleet, host, deploymentId), once(IN_PLACE), name);
    assert.equal(installed(name), `${name}-3`);
  }
});
