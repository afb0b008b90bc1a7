import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { LifecycleEventName } from "../../core/domain/lifecycle_event.ts";
import { DeploymentSpecification } from "../../core/wire/agent_protocol.ts";
import { hookEnvironment } from "../../core/agent/hook_environment.ts";
import { layout } from "../../core/agent/layout.ts";
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
  readonly layout = layout(mkdtempSync(join(tmpdir(), "runtime-events-")));
  readonly texts: string[] = [];

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

  run(event: LifecycleEventName, changes: Record<string, unknown> = {}) {
    return runScriptEvent({
      event,
      specification: specification(changes),
      layout: this.layout,
      onLine: ({ text }) => this.texts.push(text),
    });
  }
}

const ROLLBACK = { DeploymentCreator: "codeDeployRollback", DeploymentType: "BLUE_GREEN" };
const origins: [event: LifecycleEventName, changes: object, said: string | undefined][] = [
  ["ApplicationStop", {}, "d-LAST"],
  ["BeforeBlockTraffic", {}, "d-LAST"],
  ["BeforeBlockTraffic", ROLLBACK, "d-RECENT"],
  ["ApplicationStop", ROLLBACK, "d-LAST"],
  ["AfterAllowTraffic", ROLLBACK, "d-LAST"],
  ["ApplicationStop", { DeploymentGroupId: "g2" }, undefined],
];
for (const [event, changes, said] of origins) {
  const whose = said ?? "no revision, so it succeeds without scripts";
  test(`before the archive is unpacked, ${event} ${JSON.stringify(changes)} runs ${whose}`, async () => {
    using host = new Host();
    writePointer(host.layout.lastSuccessfulInstall("g1"), host.unpack("d-LAST"));
    writePointer(host.layout.mostRecentInstall("g1"), host.unpack("d-RECENT"));
    const { error_code, message } = await host.run(event, { ...changes });
    assert.deepEqual([error_code, message], [0, "Succeeded"]);
    assert.deepEqual(host.texts, said === undefined ? [] : [`${said} for d-NEW ${event}`]);
  });
}

test("once the current archive is unpacked, every event runs its scripts (spec 4.2 a)", async () => {
  using host = new Host();
  writePointer(host.layout.lastSuccessfulInstall("g1"), host.unpack("d-LAST"));
  host.unpack("d-NEW", APPSPEC, "appspec.yaml");
  await host.run("ApplicationStop");
  await host.run("BeforeInstall");
  assert.deepEqual(host.texts, [
    "d-NEW for d-NEW ApplicationStop",
    "d-NEW for d-NEW BeforeInstall",
  ]);
});

test("an event without scripts succeeds and logs nothing", async () => {
  using host = new Host();
  const root = host.unpack("d-NEW");
  assert.equal((await host.run("ValidateService")).error_code, 0);
  assert.throws(() => readFileSync(join(root, "logs/scripts.log")), { code: "ENOENT" });
});

test("a pointer to a revision that is gone fails the event with code 5", async () => {
  using host = new Host();
  const root = host.unpack("d-LAST");
  writePointer(host.layout.lastSuccessfulInstall("g1"), root);
  rmSync(root, { recursive: true });
  const { error_code, message } = await host.run("ApplicationStop");
  assert.equal(error_code, 5);
  const archive = join(root, "deployment-archive");
  assert.ok(
    message.startsWith(
      "The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at " +
        `revision-relative path "appspec.yml". The revision was unpacked to directory "${archive}", ` +
        `and the AppSpec file was expected but not found at path "${archive}/appspec.yml". `,
    ),
    message,
  );
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

test("both log files belong to the current deployment, whoever's scripts run", async () => {
  using host = new Host();
  writePointer(host.layout.lastSuccessfulInstall("g1"), host.unpack("d-LAST"));
  await host.run("ApplicationStop");
  const lines = (path: string): string[] => readFileSync(path, "utf8").split("\n");
  const own = lines(host.layout.deployment("g1", "d-NEW").scriptsLog);
  const all = lines(host.layout.deploymentsLog);
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

test("a log that cannot be written is told, and does not fail the deployment", async () => {
  using host = new Host();
  host.unpack("d-NEW");
  mkdirSync(host.layout.deploymentsLog, { recursive: true });
  assert.equal((await host.run("BeforeInstall")).error_code, 0);
  assert.match(host.texts.at(-1) ?? "", /^The scripts' output could not be logged: .*EISDIR/);
});

test("the environment names the revision as it was asked for", () => {
  const common = {
    LIFECYCLE_EVENT: "AfterInstall",
    DEPLOYMENT_ID: "d-NEW",
    APPLICATION_NAME: "shop",
    DEPLOYMENT_GROUP_NAME: "live",
    DEPLOYMENT_GROUP_ID: "g1",
  };
  assert.deepEqual(hookEnvironment("AfterInstall", specification()), {
    ...common,
    BUNDLE_BUCKET: "b",
    BUNDLE_KEY: "shop.zip",
    BUNDLE_ETAG: "e1",
  });
  assert.deepEqual(hookEnvironment("AfterInstall", specification({ Revision: GITHUB })), {
    ...common,
    BUNDLE_COMMIT: "c0ffee",
  });
});
