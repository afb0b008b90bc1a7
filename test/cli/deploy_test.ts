import { test } from "node:test";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runCommandLine } from "../../core/cli/program.ts";
import { sleep } from "../../core/cli/io.ts";
import { deployment, host, log, OLD, ran, scriptFailed } from "./story.ts";
import { folder, Refusal, runtime, standIn } from "./stand_in.ts";

const DEPLOY = "deploy --app shop --group production --revision s3://revisions/shop/new.tgz"
  .split(" ");
const ID = "d-AAAAAAAAA";
const BACK = "d-BBBBBBBBB";

const success = [
  deployment(ID, "InProgress"),
  host(ID, "web-1", "InProgress", [{ name: "ApplicationStart", status: "InProgress" }]),
  log(ID, "web-1", 1, "hello from the hook"),
  host(ID, "web-1", "Succeeded", [ran("ApplicationStart", 0, 200)]),
  deployment(ID, "Succeeded"),
];

const explained = {
  deploymentId: ID,
  status: "Failed",
  cause: {
    kind: "rule",
    text: "1 of 1 host failed, at least one must succeed",
    because: [{ kind: "host", text: "web-1 failed ApplicationStart" }],
  },
  state: ["nothing was rolled back"],
  next: [`runtime logs ${ID} --host web-1`],
};

function created(more = {}) {
  return standIn({
    CreateDeployment: () => ({ deploymentId: ID }),
    ExplainDeployment: () => explained,
    ...more,
  });
}

test("--green names the hosts that take over by their tags", async () => {
  await using server = await created();
  const argv = [...DEPLOY, "--green", "stack=green", "--green", "stack=spare", "--no-wait"];
  assert.equal((await runtime(argv, server)).code, 0);
  const [{ input } = { input: {} }] = server.asked;
  assert.deepEqual(input, {
    ...input,
    targetInstances: {
      tagFilters: ["green", "spare"].map((Value) => ({
        Key: "stack",
        Value,
        Type: "KEY_AND_VALUE",
      })),
    },
  });
});

test("--json --no-wait prints the id on one line, and sends what was asked", async () => {
  await using server = await created();
  const more = ["--config", "acme/double-up", "--file-exists", "overwrite", "--description", "why"];
  const argv = [...DEPLOY, ...more, "--ignore-application-stop-failures", "--json", "--no-wait"];
  const done = await runtime(argv, server);
  assert.deepEqual(done, { code: 0, out: `{"deploymentId": "${ID}"}\n`, err: "" });
  assert.deepEqual(server.asked, [{
    operation: "CreateDeployment",
    input: {
      applicationName: "shop",
      deploymentGroupName: "production",
      revision: {
        revisionType: "S3",
        s3Location: { bucket: "revisions", key: "shop/new.tgz", bundleType: "tgz" },
      },
      deploymentConfigName: "acme/double-up",
      description: "why",
      ignoreApplicationStopFailures: true,
      fileExistsBehavior: "OVERWRITE",
    },
  }]);
});

test("a path is pushed first, and what was stored is deployed", async () => {
  await using place = await folder();
  await writeFile(join(place.path, "appspec.yml"), "version: 0.0\nos: linux\n");
  await using server = await created({
    GetDeploymentGroup: () => ({}),
    RegisterApplicationRevision: () => ({}),
  });
  server.events.set(ID, [success]);
  const argv = ["deploy", "--app", "shop", "--group", "production", "."];
  const done = await runtime(argv, server, { cwd: place.path });
  assert.equal(done.code, 0, done.err);
  const revisions = server.asked.flatMap(({ input }) => input["revision"] ?? []);
  assert.equal(revisions.length, 2);
  assert.deepEqual(revisions[0], revisions[1], "registered and deployed are the same");
  assert.match(done.out, /^Pushed s3:\/\/revisions\/shop\//);
});

test("what happens is told line by line, and the end in one sentence", async () => {
  await using server = await created();
  server.events.set(ID, [success]);
  const done = await runtime(DEPLOY, server);
  assert.deepEqual([done.code, done.err], [0, ""]);
  const untimed = done.out.replaceAll(/^\d\d:\d\d:\d\d /gm, "");
  assert.equal(
    untimed,
    `${ID} InProgress
web-1 ApplicationStart started
web-1 | ApplicationStart | hello from the hook
web-1 ApplicationStart succeeded (0.2 s)
web-1 succeeded
${ID} Succeeded
Deployment ${ID} succeeded after 12 s: 1 host on s3://revisions/shop/new.tgz
`,
  );
});

test("--outdated-only asks for it, and the end says how many had the revision already", async () => {
  await using server = await created();
  server.events.set(ID, [[
    deployment(ID, "InProgress"),
    host(ID, "web-1", "Succeeded", [ran("ApplicationStart", 0, 200)]),
    host(ID, "web-2", "Skipped"),
    host(ID, "web-3", "Skipped"),
    deployment(ID, "Succeeded"),
  ]]);
  const done = await runtime([...DEPLOY, "--outdated-only"], server);
  assert.equal(done.code, 0, done.err);
  assert.equal(server.asked[0]?.input["updateOutdatedInstancesOnly"], true);
  assert.match(done.out, /: 1 host on s3:\/\/revisions\/shop\/new\.tgz, 2 hosts had it already\n$/);
});

const failure = [
  deployment(ID, "InProgress"),
  log(ID, "web-1", 3, "port 80 is taken"),
  host(ID, "web-1", "Failed", [scriptFailed("ApplicationStart", 0, 100)]),
  deployment(ID, "Failed", { rollback: { rollbackDeploymentId: BACK } }),
];
const back = { revision: OLD, creator: "codeDeployRollback" };

test("a failure follows its rollback too and ends with 3 and the four parts", async () => {
  await using server = await created();
  server.events.set(ID, [failure]);
  server.events.set(BACK, [[
    deployment(BACK, "InProgress", back),
    host(BACK, "web-1", "Succeeded", [ran("Install", 0, 10)]),
    deployment(BACK, "Succeeded", back),
  ]]);
  const done = await runtime(DEPLOY, server);
  assert.equal(done.code, 3);
  assert.deepEqual(server.streams, [ID, BACK]);
  assert.equal(
    done.err,
    `Deployment ${ID} failed: 1 of 1 host failed, at least one must succeed
  evidence  web-1 failed ApplicationStart
  state     nothing was rolled back
  next      runtime logs ${ID} --host web-1
`,
  );
});

test("with --json every event is a line, and the last says how it ended", async () => {
  await using server = await created();
  server.events.set(ID, [failure]);
  server.events.set(BACK, [[deployment(BACK, "Failed", back)]]);
  const done = await runtime([...DEPLOY, "--json"], server);
  assert.equal(done.code, 1, "the rollback failed as well");
  assert.equal(done.err, "");
  const lines = done.out.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.slice(0, -1), [...failure, deployment(BACK, "Failed", back)]);
  const last = lines.at(-1);
  assert.deepEqual(
    [last.deploymentId, last.status, last.exitCode, last.rollbackDeploymentId],
    [ID, "Failed", 1, BACK],
  );
  assert.match(last.cause, /failed: 1 of 1 host failed/);
  assert.deepEqual(last.evidence, ["web-1 failed ApplicationStart"]);
});

test("a rollback that is created a moment later is waited for", async () => {
  let reads = 0;
  await using server = await created({
    GetDeployment: () => ({
      deploymentInfo: {
        deploymentId: ID,
        status: "Failed",
        createTime: 1,
        autoRollbackConfiguration: { enabled: true },
        rollbackInfo: ++reads < 3 ? {} : { rollbackDeploymentId: BACK },
      },
    }),
  });
  server.events.set(ID, [[deployment(ID, "Failed")]]);
  server.events.set(BACK, [[deployment(BACK, "Succeeded", back)]]);
  assert.equal((await runtime(DEPLOY, server)).code, 3);
  assert.equal(reads, 3);
});

test("a failed deployment without a rollback rule ends with 1 at once", async () => {
  const deploymentInfo = { deploymentId: ID, status: "Failed", createTime: 1 };
  await using server = await created({ GetDeployment: () => ({ deploymentInfo }) });
  server.events.set(ID, [[deployment(ID, "Failed")]]);
  const done = await runtime(DEPLOY, server);
  assert.equal(done.code, 1);
  assert.match(done.err, /nothing was rolled back/);
});

test("--timeout ends the wait with 4; the deployment goes on", async () => {
  await using server = await created();
  server.events.set(ID, [success.slice(0, 2)]);
  server.open.add(ID);
  const done = await runtime([...DEPLOY, "--timeout", "0.2"], server);
  assert.equal(done.code, 4);
  assert.match(
    done.err,
    new RegExp(`^Deployment ${ID} is still InProgress after 0.2 s\n.*web-1 runs ApplicationStart`),
  );
  assert.match(done.err, new RegExp(`${ID} goes on[\\s\\S]*runtime stop ${ID}`));
  assert.ok(!server.asked.some(({ operation }) => operation === "StopDeployment"));
});

test("Ctrl-C leaves the deployment running and says how to go on", async () => {
  await using server = await created();
  server.events.set(ID, [success.slice(0, 2)]);
  server.open.add(ID);
  const interrupt: { press?: () => void } = {};
  const running = runtime(DEPLOY, server, { interrupt });
  const deadline = Date.now() + 5_000;
  while (server.streams.length === 0 && Date.now() < deadline) await wait(5);
  interrupt.press?.();
  const done = await running;
  assert.equal(done.code, 130);
  assert.match(done.err, new RegExp(`runtime logs ${ID} -f\n.*runtime stop ${ID}`));
});

const refusals: [type: string, message: string, status: number, code: number, says: RegExp][] = [
  [
    "DeploymentLimitExceededException",
    "The Deployment Group 'production' already has an active Deployment 'd-CCCCCCCCC'",
    400,
    5,
    /Another deployment of this group is active[\s\S]*runtime stop d-CCCCCCCCC/,
  ],
  [
    "AccessDeniedException",
    "viewer may not",
    400,
    7,
    /does not allow this[\s\S]*next {6}ask an admin .* role allows it/,
  ],
  [
    "InvalidSignatureException",
    "wrong secret",
    403,
    7,
    /InvalidSignatureException: wrong secret[\s\S]*next {6}check AWS_ACCESS_KEY_ID and AWS_SECRET/,
  ],
  [
    "UnrecognizedClientException",
    "unknown key",
    403,
    7,
    /does not accept these access keys[\s\S]*AWS_SECRET_ACCESS_KEY\n {12}runtime login\n$/,
  ],
  ["DeploymentGroupDoesNotExistException", "no group", 400, 2, /runtime apply -f deploy\.yaml/],
  ["InternalFailure", "disk full", 500, 1, /The server failed: disk full/],
  ["ServiceUnavailableException", "restarting", 503, 8, /cannot be reached/],
];
for (const [type, message, status, code, says] of refusals) {
  test(`${type} ends with ${code}`, async () => {
    await using server = await standIn({
      CreateDeployment: () => {
        throw new Refusal(type, message, status);
      },
    });
    const done = await runtime(DEPLOY, server);
    assert.equal(done.code, code);
    assert.match(done.err, says);
    assert.equal(done.out, "");
  });
}

const PATH = ["deploy", "--app", "shop", "--group", "production", "."];

for (const what of ["Application", "DeploymentGroup"]) {
  test(`a path for a missing ${what} is not uploaded`, async () => {
    await using place = await folder();
    await writeFile(join(place.path, "appspec.yml"), "version: 0.0\nos: linux\n");
    await using server = await created({
      GetDeploymentGroup: () => {
        throw new Refusal(`${what}DoesNotExistException`, `no such ${what}`);
      },
    });
    const done = await runtime(PATH, server, { cwd: place.path });
    assert.equal(done.code, 2);
    assert.match(done.err, new RegExp(`^no such ${what}\n[\\s\\S]*state {5}nothing was changed\n`));
    assert.deepEqual(server.uploads, []);
    assert.deepEqual(server.asked.map(({ operation }) => operation), ["GetDeploymentGroup"]);
  });
}

const afterPush: [type: string, status: number, code: number, state: RegExp][] = [
  ["DeploymentLimitExceededException", 400, 5, /; no deployment was created$/],
  ["InvalidDeploymentConfigNameException", 400, 2, /; no deployment was created$/],
  ["InternalFailure", 500, 1, /; what the server had committed before stays$/],
];
for (const [type, status, code, state] of afterPush) {
  test(`${type} after a push says that the revision was pushed, and how to go on`, async () => {
    await using place = await folder();
    await writeFile(join(place.path, "appspec.yml"), "version: 0.0\nos: linux\n");
    await using server = await created({
      GetDeploymentGroup: () => ({}),
      RegisterApplicationRevision: () => ({}),
      CreateDeployment: () => {
        throw new Refusal(type, "refused", status);
      },
    });
    const done = await runtime([...PATH, "--json"], server, { cwd: place.path });
    assert.equal(done.code, code);
    const { error } = JSON.parse(done.err);
    assert.match(error.state, /^the revision was pushed: s3:\/\/revisions\/shop\/\w+\.tgz;/);
    assert.match(error.state, state);
    assert.match(
      error.next.at(-1),
      /^runtime deploy --app shop --group production --revision 's3:/,
    );
  });
}

test("a server that is not there ends with 8", async () => {
  const server = await standIn();
  await server[Symbol.asyncDispose]();
  const done = await runtime(DEPLOY, server);
  assert.equal(done.code, 8);
  assert.match(done.err, /^The server cannot be reached\n {2}evidence {2}no answer from http:/);
});

test("nothing to deploy, or two things, is a usage failure before any call", async () => {
  await using server = await created();
  const nothing = await runtime(DEPLOY.slice(0, 5), server);
  assert.equal(nothing.code, 2);
  assert.match(nothing.err, /give a folder to push or --revision/);
  assert.equal((await runtime([...DEPLOY, "."], server)).code, 2);
  assert.deepEqual(server.asked, []);
});

test("on a terminal the tree's last picture and the sentence remain", async () => {
  await using server = await created();
  server.events.set(ID, [success]);
  let out = "";
  const stdout = { write: (text: string) => out += text, isTTY: true, columns: 80, rows: 24 };
  const code = await runCommandLine(DEPLOY, {
    server: () => Promise.reject(new Error("unused")),
    agent: () => Promise.reject(new Error("unused")),
    join: () => Promise.reject(new Error("unused")),
    joinRegistered: () => Promise.reject(new Error("unused")),
    agentStatus: () => Promise.reject(new Error("unused")),
    daemon: () => Promise.reject(new Error("unused")),
    agentRepair: () => Promise.reject(new Error("unused")),
    agentGc: () => Promise.reject(new Error("unused")),
    localRun: () => Promise.reject(new Error("unused")),
  }, {
    stdout,
    stderr: { write: (text) => out += text },
    env: {
      NO_COLOR: "1",
      RUNTIME_URL: server.url,
      AWS_ACCESS_KEY_ID: "AKTEST",
      AWS_SECRET_ACCESS_KEY: "s",
    },
    cwd: "/",
    now: Date.now,
    sleep,
    onInterrupt: () => () => {},
    ask: () => Promise.resolve(undefined),
    readAll: () => Promise.resolve(""),
  });
  assert.equal(code, 0);
  assert.match(out, /✓ web-1 {2}0\.2 s/);
  assert.match(out, /Succeeded {2}12 s {2}1 succeeded/);
  assert.match(out, /Deployment d-AAAAAAAAA succeeded after 12 s: 1 host on/);
});
