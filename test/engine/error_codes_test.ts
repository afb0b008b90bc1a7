/**
 * Every code of errorInformation (spec 2.6) is reached by a test, or stands here with the reason why
 * a server that deploys to hosts cannot come to it.
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eq } from "drizzle-orm";
import { ErrorCode } from "../../core/api/shapes/deployment.ts";
import { AppSpecMissingError } from "../../core/agent/install/find_appspec.ts";
import { AppSpecError, parseAppSpec } from "../../core/domain/appspec.ts";
import { type Artifact, DeploymentErrorCode } from "../../core/domain/deployment.ts";
import type { LifecycleEvent } from "../../core/domain/lifecycle_event.ts";
import { applications, deploymentGroups, deployments } from "../../core/store/schema.ts";
import { balancedTest } from "./balanced_fleet.ts";
import { GREEN, style } from "./blue_green_fleet.ts";
import { type Fleet, fleetTest } from "./fleet.ts";
import { movesOf, recordMoves } from "./moves.ts";

const TESTS = new URL("../", import.meta.url).pathname;
const HERE = "engine/error_codes_test.ts";

/** The test that reaches a code, by its file and what its title begins with. */
const REACHED: Record<DeploymentErrorCode, [file: string, title: string]> = {
  AGENT_ISSUE: ["engine/clock_test.ts", "trap 46: a host that does not take its order fails"],
  ALARM_ACTIVE: ["engine/status_moves_test.ts", "spec 2.1 Created to Stopped: an alarm is active"],
  APPLICATION_MISSING: [HERE, "spec 2.6 APPLICATION_MISSING"],
  CUSTOMER_APPLICATION_UNHEALTHY: ["rollout/hold_test.ts", "a measurement too many fails"],
  DEPLOYMENT_GROUP_MISSING: [HERE, "spec 2.6 DEPLOYMENT_GROUP_MISSING"],
  ELASTIC_LOAD_BALANCING_INVALID: [HERE, "spec 2.6 ELASTIC_LOAD_BALANCING_INVALID"],
  ELB_INVALID_INSTANCE: ["engine/traffic_test.ts", "a balancer that does not answer fails the"],
  HEALTH_CONSTRAINTS: ["engine/engine_test.ts", "law 5: a failure leaves the group's revision"],
  HEALTH_CONSTRAINTS_INVALID: ["engine/create_deployment_test.ts", "a minimum nobody can keep"],
  INTERNAL_ERROR: ["engine/plugin_failure_test.ts", "a target plugin that throws"],
  INVALID_REVISION: [HERE, "spec 2.6 INVALID_REVISION"],
  MANUAL_STOP: ["engine/rollback_test.ts", "a stop lets the running host end its event"],
  MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION: [HERE, "spec 2.6 MISSING_BLUE_GREEN_DEPLOYMENT"],
  MISSING_ELB_INFORMATION: [HERE, "spec 2.6 MISSING_ELB_INFORMATION"],
  NO_INSTANCES: ["engine/create_deployment_test.ts", "a group that matches no host fails its"],
  OVER_MAX_INSTANCES: ["engine/create_deployment_test.ts", "a group of more hosts than the quota"],
  REVISION_MISSING: [HERE, "spec 2.6 REVISION_MISSING"],
  TIMEOUT: ["engine/blue_green_test.ts", "a Ready wait that runs out stops the deployment"],
};

const NO_SCALING =
  "no Auto Scaling group is asked, and a group of those alone is refused at creation";
const NO_ROLE = "no role is assumed: the server reaches its hosts and plugins without one";
const OTHER_PLATFORM = "deployments to ECS and Lambda are refused at creation";

/** A reason is why the code cannot be come to here. */
const NOT_HERE: Record<Exclude<ErrorCode, DeploymentErrorCode>, string> = {
  AUTOSCALING_VALIDATION_ERROR: NO_SCALING,
  AUTO_SCALING_CONFIGURATION: NO_SCALING,
  AUTO_SCALING_IAM_ROLE_PERMISSIONS: NO_SCALING,
  CLOUDFORMATION_STACK_FAILURE: "no stack of CloudFormation creates deployments",
  CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND:
    "application, group, revision and balancers have codes of their own; a config is kept with the " +
    "deployment",
  ECS_UPDATE_ERROR: OTHER_PLATFORM,
  HOOK_EXECUTION_FAILURE: OTHER_PLATFORM + "; a host's hook that fails fails its host",
  IAM_ROLE_MISSING: NO_ROLE,
  IAM_ROLE_PERMISSIONS: NO_ROLE,
  INVALID_ECS_SERVICE: OTHER_PLATFORM,
  INVALID_LAMBDA_CONFIGURATION: OTHER_PLATFORM,
  INVALID_LAMBDA_FUNCTION: OTHER_PLATFORM,
  MISSING_GITHUB_TOKEN:
    "GitHub is asked as anybody where there is no token; one that cannot be read is refused at creation",
  NO_EC2_SUBSCRIPTION: "hosts are no instances of an account",
  RESOURCE_LIMIT_EXCEEDED: "limits are looked at when a deployment is created, and refuse it",
  THROTTLED: "no service that throttles is called for the deployment as a whole",
};

test("spec 2.6: each of the 34 codes is reached or has a reason, none both", () => {
  const explained = [...Object.keys(REACHED), ...Object.keys(NOT_HERE)].sort();
  assert.deepEqual(explained, [...ErrorCode.options].sort());
  assert.equal(explained.length, 34);
});

test("spec 2.6: the domain lists exactly the codes that are reached", () => {
  assert.deepEqual(Object.keys(REACHED).sort(), [...DeploymentErrorCode.options].sort());
});

for (const [code, [file, title]] of Object.entries(REACHED)) {
  test(`spec 2.6 ${code}: ${file} comes to it`, () => {
    const text = readFileSync(join(TESTS, file), "utf8");
    const from = text.indexOf(title);
    assert.notEqual(from, -1, `${file} has no test "${title}…"`);
    assert.ok(text.indexOf(code, from) !== -1, `${file} says nothing of ${code} after "${title}"`);
  });
}

/** One that waits while `meanwhile` happens; it is to have failed before any host was touched. */
async function waiting(
  fleet: Fleet,
  expected: string,
  meanwhile: () => Promise<void>,
): Promise<string> {
  await recordMoves(fleet);
  const id = await fleet.deploy("v1.zip", { startAt: fleet.now + 60_000 });
  await meanwhile();
  fleet.now += 60_000;
  fleet.restart();
  await fleet.engine.lookAtCalendar();
  const { error } = await fleet.ended(id);
  assert.equal(fleet.show(id), ` Failed ${expected}`);
  assert.equal(movesOf(fleet, id), "Queued Created Failed+");
  return error?.message ?? "";
}

fleetTest("spec 2.6 APPLICATION_MISSING: it was deleted before the start", {
  hosts: 1,
}, async (fleet) => {
  const message = await waiting(fleet, "APPLICATION_MISSING", () =>
    fleet.store.commit((tx) => {
      tx.delete(applications).where(eq(applications.id, "a-1")).run();
    }));
  assert.match(message, /^The application was deleted.*No host was touched.*runtime apply/);
});

fleetTest("spec 2.6 DEPLOYMENT_GROUP_MISSING: it was deleted before the start", {
  hosts: 1,
}, async (fleet) => {
  const message = await waiting(
    fleet,
    "DEPLOYMENT_GROUP_MISSING",
    () =>
      fleet.store.commit((tx) => {
        tx.delete(deploymentGroups).run();
      }),
  );
  assert.match(message, /^The deployment group was deleted.*No host was touched.*runtime apply/);
});

const BALANCED = {
  deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" },
} as const;

balancedTest("spec 2.6 ELASTIC_LOAD_BALANCING_INVALID: the plugin of its balancer is gone", {
  hosts: 1,
  ...BALANCED,
}, async (fleet) => {
  const message = await waiting(fleet, "ELASTIC_LOAD_BALANCING_INVALID", () => {
    fleet.plugins = fleet.plugins.filter(({ kind }) => kind !== "balancer");
    return Promise.resolve();
  });
  assert.match(message, /the balancer web/i);
});

balancedTest("spec 2.6 MISSING_ELB_INFORMATION: traffic is to be controlled, by no balancer", {
  hosts: 1,
  ...BALANCED,
}, async (fleet) => {
  // As an earlier version left it, which did not look when it was created.
  const message = await waiting(fleet, "MISSING_ELB_INFORMATION", () =>
    fleet.store.commit((tx) => {
      for (const { id, request: { loadBalancer: _none, ...request } } of made(fleet)) {
        tx.update(deployments).set({ request }).where(eq(deployments.id, id)).run();
      }
    }));
  assert.match(message, /names no load balancer.*runtime balancer add/);
});

const made = (fleet: Fleet) => fleet.store.read.select().from(deployments).all();

balancedTest("spec 2.6 MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION: the group has none", {
  hosts: 1,
  ...style,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  const { error } = await fleet.ended(id);
  assert.equal(fleet.show(id), " Failed MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION");
  assert.match(error?.message ?? "", /update-deployment-group/);
});

const ARTIFACT: Artifact = { version: "7", sha256: "aa", size: 1, eTag: "e" };

fleetTest("spec 2.6 REVISION_MISSING: the bundle was deleted before the start", {
  hosts: 1,
}, async (fleet) => {
  const asked: (string | undefined)[] = [];
  fleet.findArtifact = () => ARTIFACT;
  const message = await waiting(fleet, "REVISION_MISSING", () => {
    fleet.findArtifact = ({ version }) => void asked.push(version);
    return Promise.resolve();
  });
  assert.match(message, /s3:\/\/b\/v1\.zip was deleted.*No host was touched.*runtime deploy/);
  assert.deepEqual(asked, ["7"], "its version, not what the key holds now");
});

fleetTest("spec 2.6 REVISION_MISSING: what was begun goes on, and hosts have a rollback's bundle", {
  hosts: 1,
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
}, async (fleet) => {
  fleet.findArtifact = () => ARTIFACT;
  await fleet.succeed("v1.zip", "web-1");
  const id = await fleet.deploy("v2.zip");
  await fleet.settled();
  fleet.findArtifact = () => undefined;
  fleet.restart();
  await fleet.run("web-1", "SSF");
  const { rollback } = await fleet.ended(id);
  await fleet.run("web-1");
  assert.equal((await fleet.ended(rollback.rollbackDeploymentId ?? "")).status, "Succeeded");
});

/** The host ends its run at BeforeInstall, with an agent's words. */
async function refuses(fleet: Fleet, host: string, message: string): Promise<void> {
  const { commandId, events } = await fleet.take(host);
  const diagnostics = { error_code: 5, script_name: "", message, log: "" };
  const run = events.slice(0, 3).map((name, index): LifecycleEvent =>
    index < 2 ? { name, status: "Succeeded" } : { name, status: "Failed", diagnostics }
  );
  await fleet.engine.hosts.report(commandId, {
    kind: "completed",
    succeeded: false,
    events: run,
    failure: { code: 5, message },
  });
}

fleetTest("spec 2.6 INVALID_REVISION: no host finds an AppSpec in the bundle", {
  hosts: 3,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const { message } = new AppSpecMissingError("/opt/d-1/deployment-archive", "appspec.yml");
  await refuses(fleet, "web-1", message);
  const { error } = await fleet.ended(id);
  assert.equal(fleet.show(id), "FKK Failed INVALID_REVISION");
  assert.match(error?.message ?? "", /^1 of 3 hosts failed.*web-1 failed BeforeInstall/);
  assert.match(
    error?.message ?? "",
    /Put appspec\.yml at the root.*AppSpec file.*is missing or has/,
  );
});

fleetTest("spec 2.6 INVALID_REVISION: no host can read it", { hosts: 3 }, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const said: string[] = [];
  assert.throws(
    () => parseAppSpec("version: 7", { path: "appspec.yml", hostOs: "linux" }),
    (error) => error instanceof AppSpecError && said.push(error.message) === 1,
  );
  await refuses(fleet, "web-1", said.join());
  await fleet.ended(id);
  assert.equal(fleet.show(id), "FKK Failed INVALID_REVISION");
});
