import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { folder, Refusal, runtime, standIn } from "./stand_in.ts";

const ID = "r-AAAAAAAAA";
const FILE = `release: shop-2.4
deployments:
  database: { application: shop-db, group: prod, revision: "s3://b/db.tgz" }
  api:
    application: shop-api
    group: prod
    revision: s3://b/api.tgz
    config: CodeDeployDefault.HalfAtATime
    fileExists: overwrite
    needs: [database]
`;

const location = (key: string) => ({
  revisionType: "S3",
  s3Location: { bucket: "b", key, bundleType: "tgz" },
});
const part = (name: string, status: string, more = {}) => ({
  name,
  applicationName: `shop-${name}`,
  deploymentGroupName: "prod",
  revision: location(`${name}.tgz`),
  needs: name === "api" ? ["database"] : [],
  status,
  ...more,
});
const release = (status: string, deployments: object[], more = {}) => ({
  release: {
    releaseId: ID,
    releaseName: "shop-2.4",
    status,
    createTime: 1_000,
    onFailure: "rollback",
    deployments,
    ...more,
  },
});

/** A server whose release is as each of these, one after the other. */
function serving(...states: object[]) {
  return standIn({
    CreateRelease: () => ({ releaseId: ID }),
    GetRelease: () => states.length > 1 ? states.shift() : states[0],
  });
}

async function withFile<T>(text: string, body: (cwd: string) => Promise<T>): Promise<T> {
  await using place = await folder();
  await writeFile(join(place.path, "shop.yaml"), text);
  return await body(place.path);
}

test("a file becomes a release, which is asked for once", async () => {
  await using server = await serving();
  const done = await withFile(
    FILE,
    (cwd) => runtime(["release", "shop.yaml", "--no-wait", "--json"], server, { cwd }),
  );
  assert.deepEqual(done, { code: 0, out: `{"releaseId": "${ID}"}\n`, err: "" });
  assert.deepEqual(server.asked, [{
    operation: "CreateRelease",
    input: {
      releaseName: "shop-2.4",
      onFailure: "rollback",
      deployments: [
        {
          name: "database",
          applicationName: "shop-db",
          deploymentGroupName: "prod",
          revision: location("db.tgz"),
          needs: [],
        },
        {
          name: "api",
          applicationName: "shop-api",
          deploymentGroupName: "prod",
          revision: location("api.tgz"),
          needs: ["database"],
          deploymentConfigName: "CodeDeployDefault.HalfAtATime",
          fileExistsBehavior: "OVERWRITE",
        },
      ],
    },
  }]);
});

const faults: [rule: string, file: string, said: RegExp][] = [
  ["no YAML", "release: [", /^shop\.yaml:1:\d+: /],
  [
    "a name that is a number",
    FILE.replace("shop-2.4", "2.4"),
    /^shop\.yaml:1:1: release: .*quotes/,
  ],
  [
    "no deployments",
    "release: a\ndeployments: {}\n",
    /^shop\.yaml:2:1: deployments: 1 to 100 deployments/,
  ],
  [
    "an unknown need",
    FILE.replace("needs: [database]", "needs: [database, cache]"),
    /^shop\.yaml:10:\d+: deployments\.api\.needs\[1\]: there is no deployment cache/,
  ],
  [
    "a circle",
    FILE.replace('db.tgz" }', 'db.tgz", needs: [api] }'),
    /^shop\.yaml:10:\d+: deployments\.api\.needs\[0\]: .*database → api → database/,
  ],
  [
    "one group twice",
    FILE.replace("shop-api", "shop-db"),
    /^shop\.yaml:6:5: deployments\.api\.group: database deploys to shop-db\/prod already/,
  ],
  [
    "a revision that is none",
    FILE.replace("s3://b/api.tgz", "api.tgz"),
    /^shop\.yaml:7:5: deployments\.api\.revision: begins with none of .*; a path begins with \.\//,
  ],
  ["an unknown member", `${FILE}onError: stop\n`, /^shop\.yaml:11:1: onError: no such member/],
  ["another word", `${FILE}onFailure: panic\n`, /^shop\.yaml:11:1: onFailure: /],
];
for (const [rule, file, said] of faults) {
  test(`the file is refused for ${rule}, with its place`, async () => {
    await using server = await serving();
    const done = await withFile(
      file,
      (cwd) => runtime(["release", "shop.yaml"], server, { cwd }),
    );
    assert.equal(done.code, 2, done.err);
    assert.match(done.err, said);
    assert.deepEqual(server.asked, []);
  });
}

test("a folder beside the file is pushed, and what was stored is released", async () => {
  await using server = await standIn({
    CreateRelease: () => ({ releaseId: ID }),
    GetDeploymentGroup: () => ({}),
    RegisterApplicationRevision: () => ({}),
  });
  const file = FILE.replace('"s3://b/db.tgz"', "./db");
  const done = await withFile(file, async (cwd) => {
    await mkdir(join(cwd, "db"));
    await writeFile(join(cwd, "db/appspec.yml"), "version: 0.0\nos: linux\n");
    return await runtime(["release", join(cwd, "shop.yaml"), "--no-wait"], server, { cwd: "/" });
  });
  assert.equal(done.code, 0, done.err);
  assert.match(
    done.out,
    new RegExp(`^Pushed s3://revisions/shop-db/.*\nCreated ${ID}\\. See .* --show ${ID}\n$`),
  );
  const { revision, deployments } = Object.assign(
    {},
    ...server.asked.map(({ input }) => input),
  );
  assert.deepEqual(deployments[0].revision, revision);
});

test("what happens is told once each, and the end in one sentence", async () => {
  const first = [
    part("database", "InProgress", { deploymentId: "d-DB" }),
    part("api", "Waiting"),
  ];
  const db = part("database", "Succeeded", { deploymentId: "d-DB" });
  await using server = await serving(
    release("InProgress", first),
    release("InProgress", first),
    release("InProgress", [db, part("api", "Waiting", { message: "Its group is busy with d-X" })]),
    release("InProgress", [db, part("api", "InProgress", { deploymentId: "d-API" })]),
    release(
      "Succeeded",
      [db, part("api", "Succeeded", { deploymentId: "d-API" })],
      { endTime: 1_065 },
    ),
  );
  const done = await withFile(
    FILE,
    (cwd) => runtime(["release", "shop.yaml"], server, { cwd }),
  );
  assert.deepEqual([done.code, done.err], [0, ""]);
  assert.equal(
    done.out.replaceAll(/^\d\d:\d\d:\d\d /gm, ""),
    `database started (d-DB)
api waits
database succeeded (d-DB)
api waits: Its group is busy with d-X
api started (d-API)
api succeeded (d-API)
Release shop-2.4 (${ID}) succeeded after 1 min 5 s: 2 deployments
`,
  );
});

const FAILED = "d-API failed: HEALTH_CONSTRAINTS: too many hosts";
const back = [
  part("database", "RolledBack", { deploymentId: "d-DB", rollbackDeploymentId: "d-DB2" }),
  part("api", "RolledBack", {
    deploymentId: "d-API",
    rollbackDeploymentId: "d-API2",
    message: FAILED,
  }),
];

test("rolled back, it ends with 3 and the four parts", async () => {
  await using server = await serving(release("RolledBack", back));
  const done = await withFile(
    FILE,
    (cwd) => runtime(["release", "shop.yaml"], server, { cwd }),
  );
  assert.equal(done.code, 3);
  assert.equal(
    done.err,
    `Release shop-2.4 (${ID}) failed: api failed
  evidence  api: ${FAILED}
  state     rolled back: database, api
  next      runtime status d-API
            runtime release --show ${ID}
`,
  );
});

test("where something is left it ends with 1, and says what and why", async () => {
  const left = "Not rolled back: The deployment group has no earlier successful deployment";
  await using server = await serving(release("Failed", [
    part("database", "Succeeded", { deploymentId: "d-DB", message: left }),
    part("api", "Failed", { deploymentId: "d-API", message: FAILED }),
    part("web", "NotStarted", { message: "api failed" }),
  ]));
  const done = await withFile(
    FILE,
    (cwd) => runtime(["release", "shop.yaml", "--json"], server, { cwd }),
  );
  assert.deepEqual([done.code, done.err], [1, ""]);
  const lines = done.out.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.slice(0, -1).map(({ deployment }) => deployment.name), [
    "database",
    "api",
    "web",
  ]);
  const { next: _, ...last } = lines.at(-1);
  assert.deepEqual(last, {
    releaseId: ID,
    status: "Failed",
    exitCode: 1,
    cause: `Release shop-2.4 (${ID}) failed: api failed`,
    evidence: [`database: ${left}`, `api: ${FAILED}`],
    state: "left where it failed: api; on the new revision: database; not started: web",
  });
});

test("--timeout and Ctrl-C end the wait alone", async () => {
  const state = release("InProgress", [part("database", "InProgress", { deploymentId: "d-DB" })]);
  await using server = await serving(state);
  await withFile(FILE, async (cwd) => {
    const late = await runtime(["release", "shop.yaml", "--timeout", "0.2"], server, { cwd });
    assert.equal(late.code, 4);
    assert.match(late.err, new RegExp(`${ID} goes on; under way: database`));
    const interrupt: { press?: () => void } = {};
    const running = runtime(["release", "shop.yaml"], server, { cwd, interrupt });
    const asked = server.asked.length;
    while (server.asked.length < asked + 2) await wait(5);
    interrupt.press?.();
    assert.equal((await running).code, 130);
  });
});

test("a server that is away for a moment is waited for", async () => {
  let asked = 0;
  await using server = await standIn({
    CreateRelease: () => ({ releaseId: ID }),
    GetRelease() {
      if (++asked === 1) throw new Refusal("ServiceUnavailableException", "restarting", 503);
      return release("Succeeded", [part("database", "Succeeded")], { endTime: 1_001 });
    },
  });
  const done = await withFile(
    FILE,
    (cwd) => runtime(["release", "shop.yaml"], server, { cwd }),
  );
  assert.equal(done.code, 0, done.err);
});

test("--show shows each deployment with what is to be said of it", async () => {
  await using server = await serving(release("RolledBack", back, { endTime: 1_012 }));
  const done = await runtime(["release", "--show", ID], server);
  assert.equal(done.code, 0, done.err);
  const [title, created, failure, database, api, message] = done.out.split("\n");
  assert.equal(title, `${ID}  shop-2.4  RolledBack`);
  assert.match(created ?? "", /^ {2}created {2}\d{4}-.*, took 12 s$/);
  assert.equal(failure, "  failure  rolls everything back");
  assert.equal(database, "  database  RolledBack  shop-database/prod  s3://b/database.tgz  d-DB2");
  assert.match(api ?? "", /^ {2}api {7}RolledBack {2}shop-api\/prod .* d-API2 {2}needs database$/);
  assert.equal(message, `    ${FAILED}`);
});

test("--stop stops one, with and without its rollback", async () => {
  await using server = await standIn({ StopRelease: () => ({ status: "RollingBack" }) });
  const done = await runtime(["release", "--stop", ID, "--no-rollback"], server);
  assert.equal(
    done.out,
    `Stopping ${ID}: it is RollingBack. See what came of it: runtime release --show ${ID}\n`,
  );
  await runtime(["release", "--stop", ID], server);
  assert.deepEqual(server.asked.map(({ input }) => input), [
    { releaseId: ID, rollback: false },
    { releaseId: ID, rollback: true },
  ]);
});

test("one thing at a time, and a release's id looks like one", async () => {
  for (const argv of [["release"], ["release", "a", "--show", ID], ["release", "--show", "d-1"]]) {
    assert.equal((await runtime(argv)).code, 2, argv.join(" "));
  }
});

test("the latest releases are a table", async () => {
  const { release: { deployments: _, onFailure: __, ...summary } } = release("Succeeded", []);
  await using server = await standIn({
    ListReleases: () => ({ releases: [{ ...summary, endTime: 1_012 }] }),
  });
  const done = await runtime(["releases"], server);
  assert.match(
    done.out,
    new RegExp(`^RELEASE +STATUS +NAME +CREATED +TOOK\n${ID} +Succeeded +shop-2.4 .* 12 s\n$`),
  );
  await using empty = await standIn({ ListReleases: () => ({ releases: [] }) });
  assert.match((await runtime(["releases"], empty)).out, /^No releases yet/);
});
