import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { layout } from "../../core/agent/layout.ts";
import { writePointer } from "../../core/agent/pointer_file.ts";
import { runScriptEvent } from "../../core/agent/script_event.ts";
import type { LifecycleEventName } from "../../core/domain/lifecycle_event.ts";
import { DeploymentSpecification } from "../../core/wire/agent_protocol.ts";

const SCRIPTED: readonly LifecycleEventName[] = [
  "BeforeBlockTraffic",
  "AfterBlockTraffic",
  "ApplicationStop",
  "BeforeInstall",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
  "BeforeAllowTraffic",
  "AfterAllowTraffic",
];
const APPSPEC = "version: 0.0\nos: linux\nhooks:\n" +
  SCRIPTED.map((event) => `  ${event}: [{ location: say.sh }]\n`).join("");

/** Prints whose script it is, and its environment as the agent set it. */
const SAY = (id: string) =>
  `#!/bin/sh\necho ${id} in $LIFECYCLE_EVENT for $DEPLOYMENT_ID of $APPLICATION_NAME ` +
  "$DEPLOYMENT_GROUP_NAME $DEPLOYMENT_GROUP_ID, $BUNDLE_BUCKET $BUNDLE_KEY " +
  "${BUNDLE_VERSION-unset} ${BUNDLE_ETAG-unset}\n";

/** A host on which d-LAST ended its Install last, and d-RECENT was unpacked last. */
class Host {
  readonly layout = layout(mkdtempSync(join(tmpdir(), "runtime-origins-")));
  readonly said: string[] = [];

  [Symbol.dispose](): void {
    rmSync(this.layout.root, { recursive: true, force: true });
  }

  /** Unpacks a revision; its folder. */
  unpack(id: string): string {
    const { root, archive } = this.layout.deployment("g1", id);
    mkdirSync(archive, { recursive: true });
    writeFileSync(join(archive, "appspec.yml"), APPSPEC);
    writeFileSync(join(archive, "say.sh"), SAY(id));
    chmodSync(join(archive, "say.sh"), 0o755);
    return root;
  }

  pointLast(): void {
    writePointer(this.layout.lastSuccessfulInstall("g1"), this.unpack("d-LAST"));
  }

  pointRecent(): void {
    writePointer(this.layout.mostRecentInstall("g1"), this.unpack("d-RECENT"));
  }

  removeRevisions(): void {
    rmSync(this.layout.group("g1"), { recursive: true });
  }

  async run(event: LifecycleEventName, changes: Record<string, unknown> = {}) {
    const specification = DeploymentSpecification.parse({
      DeploymentId: "d-NEW",
      DeploymentGroupId: "g1",
      DeploymentGroupName: "live",
      ApplicationName: "shop",
      DeploymentCreator: "user",
      DeploymentType: "IN_PLACE",
      AgentActionOverrides: { AgentOverrides: {} },
      Revision: {
        RevisionType: "S3",
        S3Revision: { Bucket: "b", Key: "k", BundleType: "zip", Version: null, ETag: null },
      },
      ...changes,
    });
    const onLine = ({ text }: { text: string }) => void this.said.push(text);
    const end = await runScriptEvent({ event, specification, layout: this.layout, onLine });
    return "error_code" in end ? end : assert.fail("a restart was asked for");
  }

  /**
   * Whose scripts the event ran: `nobody` for a success without any, `d-X gone` for the failure of
   * a revision that has no AppSpec any more.
   */
  async whose(event: LifecycleEventName, changes: Record<string, unknown> = {}): Promise<string> {
    const { error_code, message } = await this.run(event, changes);
    if (error_code === 0) return this.said[0]?.split(" ")[0] ?? "nobody";
    assert.equal(error_code, 5, message);
    const missing = /^The CodeDeploy agent did not find an AppSpec file .* "(\S+)"/.exec(message);
    const gone = /\/g1\/([\w-]+)\/deployment-archive/.exec(missing?.[0] ?? "");
    assert.ok(gone, message);
    return `${gone[1]} gone`;
  }
}

const ROLLBACK = { DeploymentCreator: "codeDeployRollback", DeploymentType: "BLUE_GREEN" };
const STATES = ["pointer missing", "directory gone", "earlier kept", "archive there"] as const;

/** Before the current archive is unpacked, in each state of the host but the last. */
const OWN = ["d-NEW gone", "d-NEW gone", "d-NEW gone", "d-NEW"];
const LAST = ["nobody", "d-LAST gone", "d-LAST", "d-NEW"];
const RECENT = ["nobody", "d-RECENT gone", "d-RECENT", "d-NEW"];
const table: [event: LifecycleEventName, normal: string[], blueGreenRollback: string[]][] = [
  ["BeforeBlockTraffic", LAST, RECENT],
  ["AfterBlockTraffic", LAST, RECENT],
  ["ApplicationStop", LAST, LAST],
  ["BeforeInstall", OWN, OWN],
  ["AfterInstall", OWN, OWN],
  ["ApplicationStart", OWN, OWN],
  ["ValidateService", OWN, OWN],
  ["BeforeAllowTraffic", OWN, LAST],
  ["AfterAllowTraffic", OWN, LAST],
];
for (const [event, normal, rollback] of table) {
  for (const [index, state] of STATES.entries()) {
    for (const mapping of ["normal", "blue/green rollback"] as const) {
      const expected = (mapping === "normal" ? normal : rollback)[index];
      test(`spec 4.2 ${event}, ${mapping}, ${state}: ${expected}`, async () => {
        using host = new Host();
        if (state !== "pointer missing") {
          host.pointLast();
          host.pointRecent();
        }
        if (state === "directory gone") host.removeRevisions();
        if (state === "archive there") host.unpack("d-NEW");
        assert.equal(await host.whose(event, mapping === "normal" ? {} : ROLLBACK), expected);
      });
    }
  }
}

test("spec 4.2 b: the one pointer does not stand in for the other", async () => {
  using last = new Host();
  last.pointLast();
  assert.equal(await last.whose("AfterBlockTraffic", ROLLBACK), "nobody");
  using recent = new Host();
  recent.pointRecent();
  assert.equal(await recent.whose("ApplicationStop"), "nobody");
});

test("spec 4.2 c: a revision that is gone fails its event with the path that was looked at", async () => {
  using host = new Host();
  host.pointLast();
  host.removeRevisions();
  const { message } = await host.run("ApplicationStop");
  const { archive } = host.layout.deployment("g1", "d-LAST");
  assert.ok(
    message.startsWith(
      "The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at " +
        `revision-relative path "appspec.yml". The revision was unpacked to directory "${archive}", ` +
        `and the AppSpec file was expected but not found at path "${archive}/appspec.yml". `,
    ),
    message,
  );
});

const creators: [creator: string, type: string, whose: string][] = [
  ["codeDeployRollback", "BLUE_GREEN", "d-RECENT"],
  ["codeDeployRollback", "IN_PLACE", "d-LAST"],
  ["user", "BLUE_GREEN", "d-LAST"],
  ["CodeDeployRollback", "BLUE_GREEN", "d-LAST"],
  ["codedeployrollback", "BLUE_GREEN", "d-LAST"],
  ["CodeDeployAutoUpdate", "BLUE_GREEN", "d-LAST"],
  ["autoscaling", "BLUE_GREEN", "d-LAST"],
];
for (const [DeploymentCreator, DeploymentType, whose] of creators) {
  test(`trap 53: creator ${DeploymentCreator}, ${DeploymentType}: BeforeBlockTraffic runs ${whose}`, async () => {
    using host = new Host();
    host.pointLast();
    host.pointRecent();
    const changes = { DeploymentCreator, DeploymentType };
    assert.equal(await host.whose("BeforeBlockTraffic", changes), whose);
  });
}

test("trap 18: before the first deployment's archive is unpacked its stop events succeed without scripts", async () => {
  using host = new Host();
  for (const event of ["BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop"] as const) {
    assert.equal(await host.whose(event), "nobody");
  }
});

test("trap 20: an old revision's script sees the new deployment, and no version that was not asked for", async () => {
  using host = new Host();
  host.pointLast();
  await host.run("ApplicationStop");
  const S3Revision = { Bucket: "b2", Key: "k2", BundleType: "zip", Version: "v1", ETag: "e1" };
  await host.run("ApplicationStop", { Revision: { RevisionType: "S3", S3Revision } });
  assert.deepEqual(host.said, [
    "d-LAST in ApplicationStop for d-NEW of shop live g1, b k unset unset",
    "d-LAST in ApplicationStop for d-NEW of shop live g1, b2 k2 v1 e1",
  ]);
});

test("trap 21: a group that was renamed has its earlier revision, one that was made anew has none", async () => {
  using host = new Host();
  host.pointLast();
  assert.equal(await host.whose("ApplicationStop", { DeploymentGroupName: "renamed" }), "d-LAST");
  host.said.length = 0;
  assert.equal(await host.whose("ApplicationStop", { DeploymentGroupId: "g2" }), "nobody");
});
