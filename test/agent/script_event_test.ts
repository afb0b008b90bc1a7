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
