import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { LifecycleEventName } from "../../core/domain/lifecycle_event.ts";
import { DeploymentSpecification } from "../../core/wire/agent_protocol.ts";
import { hookEnvironment } from "../../core/agent/hook_environment.ts";
import { type Layout, layout } from "../../core/agent/layout.ts";
import { writePointer } from "../../core/agent/pointer_file.ts";
import { runScriptEvent } from "../../core/agent/script_event.ts";

const S3 = {
  RevisionType: "S3",
  S3Revision: { Bucket: "b", Key: "shop.zip", BundleType: "zip", Version: null, ETag: "e1" },
};
const GITHUB = {
  RevisionType: "GitHub",
  GitHubRevision: { Account: "a", Repository: "r", CommitId: "c0ffee" },
};

function specification(changes: Record<string, unknown> = {}): DeploymentSpecification {
  return DeploymentSpecification.parse({
    DeploymentId: "d-NEW",
    DeploymentGroupId: "g1",
    DeploymentGroupName: "live",
    ApplicationName: "shop",
    DeploymentCreator: "user",
    DeploymentType: "IN_PLACE",
    AgentActionOverrides: { AgentOverrides: {} },
    Revision: S3,
    ...changes,
  });
}

const APPSPEC = `version: 0.0
os: linux
hooks:
${
  ["BeforeBlockTraffic", "ApplicationStop", "BeforeInstall", "AfterAllowTraffic"]
    .map((event) => `  ${event}: [{ location: say.sh }]\n`).join("")
}`;

/** A host on which deployments have come so far. */
class Host {
  readonly layout: Layout;
  readonly deploymentsLog: string;
  readonly texts: string[] = [];

  constructor(settings: { enableDeploymentsLog?: boolean } = {}) {
    this.layout = layout(mkdtempSync(join(tmpdir(), "runtime-events-")), settings);
    const name = "codedeploy-agent-deployments.log";
    this.deploymentsLog = join(this.layout.root, "deployment-logs", name);
  }

  [Symbol.dispose](): void {
    rmSync(this.layout.root, { recursive: true, force: true });
  }

  unpack(deploymentId: string, appSpec = APPSPEC, name = "appspec.yml"): string {
    const { root, archive } = this.layout.deployment("g1", deploymentId);
    mkdirSync(archive, { recursive: true });
    writeFileSync(join(archive, name), appSpec);
    const script = `#!/bin/sh\necho ${deploymentId} for $DEPLOYMENT_ID $LIFECYCLE_EVENT\n`;
    writeFileSync(join(archive, "say.sh"), script);
    chmodSync(join(archive, "say.sh"), 0o755);
    return root;
  }

  async run(event: LifecycleEventName, changes: Record<string, unknown> = {}) {
    const end = await runScriptEvent({
      event,
      specification: specification(changes),
      layout: this.layout,
      onLine: ({ text }) => this.texts.push(text),
    });
    return "error_code" in end ? end : assert.fail("a restart was asked for");
  }
}

test("an event without scripts succeeds and logs nothing", async () => {
  using host = new Host();
  const root = host.unpack("d-NEW");
  assert.equal((await host.run("ValidateService")).error_code, 0);
  assert.throws(() => readFileSync(join(root, "logs/scripts.log")), { code: "ENOENT" });
});

test("an AppSpec that is wrong fails the event with code 5 and the place", async () => {
  using host = new Host();
  host.unpack("d-NEW", "version: 0.0\nos: windows\n");
  const { error_code, message } = await host.run("BeforeInstall");
  assert.equal(error_code, 5);
  assert.match(message, /unsupported operating system \(windows\).*\(appspec\.yml:2:5\)$/);
});

test("an id that would lead out of the root fails the event and touches nothing", async () => {
  using host = new Host();
  const { error_code, message } = await host.run("BeforeInstall", { DeploymentId: "../../x" });
  assert.equal(error_code, 5);
  assert.match(message, /The id "\.\.\/\.\.\/x" cannot name a folder/);
});

test("spec 4.4 log files: both belong to the current deployment, whoever's scripts run", async () => {
  using host = new Host();
  writePointer(host.layout.lastSuccessfulInstall("g1"), host.unpack("d-LAST"));
  await host.run("ApplicationStop");
  const lines = (path: string): string[] => readFileSync(path, "utf8").split("\n");
  const own = lines(host.layout.deployment("g1", "d-NEW").scriptsLog);
  const all = lines(host.deploymentsLog);
  const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
  const entries = [
    "LifecycleEvent - ApplicationStop",
    "Script - say.sh",
    String.raw`\[stdout\]d-LAST for d-NEW ApplicationStop`,
  ];
  for (const [index, entry] of entries.entries()) {
    assert.match(own[index] ?? "", new RegExp(`^${time} ${entry}$`));
    assert.match(all[index] ?? "", new RegExp(String.raw`^\[${time}\.\d{3}\] \[d-NEW\]${entry}$`));
  }
  assert.deepEqual([own.length, all.length], [4, 4]);
});

test("spec 4.4 log files: without the switch there is scripts.log alone", async () => {
  using host = new Host({ enableDeploymentsLog: false });
  const root = host.unpack("d-NEW");
  assert.equal((await host.run("BeforeInstall")).error_code, 0);
  assert.match(readFileSync(join(root, "logs/scripts.log"), "utf8"), /\[stdout\]d-NEW/);
  assert.equal(existsSync(dirname(host.deploymentsLog)), false);
});

test("spec 4.4 log files: one that cannot be written is told, and does not fail the deployment", async () => {
  using host = new Host();
  host.unpack("d-NEW");
  mkdirSync(host.deploymentsLog, { recursive: true });
  assert.equal((await host.run("BeforeInstall")).error_code, 0);
  assert.match(host.texts.at(-1) ?? "", /^The scripts' output could not be logged: .*EISDIR/);
});

const COMMON = {
  LIFECYCLE_EVENT: "AfterInstall",
  DEPLOYMENT_ID: "d-NEW",
  APPLICATION_NAME: "shop",
  DEPLOYMENT_GROUP_NAME: "live",
  DEPLOYMENT_GROUP_ID: "g1",
};
const S3_REVISION = S3.S3Revision;
const environments: [row: string, changes: object, added: object][] = [
  ["S3, ETag alone known", {}, { BUNDLE_BUCKET: "b", BUNDLE_KEY: "shop.zip", BUNDLE_ETAG: "e1" }],
  [
    "S3, version alone known",
    { Revision: { ...S3, S3Revision: { ...S3_REVISION, Version: "v7", ETag: null } } },
    { BUNDLE_BUCKET: "b", BUNDLE_KEY: "shop.zip", BUNDLE_VERSION: "v7" },
  ],
  [
    "S3, neither known",
    { Revision: { ...S3, S3Revision: { ...S3_REVISION, ETag: null } } },
    { BUNDLE_BUCKET: "b", BUNDLE_KEY: "shop.zip" },
  ],
  ["GitHub", { Revision: GITHUB }, { BUNDLE_COMMIT: "c0ffee" }],
];
for (const [row, changes, added] of environments) {
  test(`trap 20, spec 4.3 environment, ${row}: BUNDLE_… is what the order says, else unset`, () => {
    const found = hookEnvironment("AfterInstall", specification({ ...changes }));
    assert.deepEqual(found, { ...COMMON, ...added });
  });
}

test("spec 4.3 environment, local: a bundle of this machine has no BUNDLE_… variable", () => {
  const { Revision: _, ...local } = specification();
  assert.deepEqual(hookEnvironment("AfterInstall", local), COMMON);
});

test("trap 20: the environment is the new deployment's, though the script is the old revision's", async () => {
  using host = new Host();
  writePointer(host.layout.lastSuccessfulInstall("g1"), host.unpack("d-LAST"));
  const { archive } = host.layout.deployment("g1", "d-LAST");
  writeFileSync(
    join(archive, "say.sh"),
    "#!/bin/sh\necho here; env | grep -E '^(BUNDLE|DEPLOY)'\n",
  );
  await host.run("ApplicationStop", { Revision: GITHUB });
  assert.deepEqual(host.texts.toSorted(), [
    "BUNDLE_COMMIT=c0ffee",
    "DEPLOYMENT_GROUP_ID=g1",
    "DEPLOYMENT_GROUP_NAME=live",
    "DEPLOYMENT_ID=d-NEW",
    "here",
  ]);
});
