/**
 * A server with one of everything that an exception can be about: applications of each platform,
 * groups that cannot be deployed, deployments in each state, hosts, tokens, and no room for more.
 * @module
 */
import type { Deployment } from "../../../core/domain/deployment.ts";
import { AT_THE_START } from "../../../core/domain/progress.ts";
import { AWS_QUOTAS, type Quotas } from "../../../core/domain/quotas.ts";
import { newRelease } from "../../../core/rollout/release_order.ts";
import { insertHookExecution } from "../../../core/store/hook_executions.ts";
import { insertRelease } from "../../../core/store/releases.ts";
import { githubTokens } from "../../../core/store/schema.ts";
import { insertTargets } from "../../../core/store/targets.ts";
import { RUNTIME_TARGET_PREFIX } from "../../../core/wire/runtime_api.ts";
import { request, revision, target } from "../../rollout/letters.ts";
import { bundle, openShop, putDeployment, type Shop, START } from "../shop.ts";

export const ROLE = "arn:aws:iam::000000000000:role/deploy";
export const USER = "arn:aws:iam::000000000000:user/";
export const SESSION = "arn:aws:sts::000000000000:assumed-role/host/";
export const EXECUTION = "the-call-of-the-validation-function";
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";
export const NETWORK_LISTENER =
  "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/net/web/1/2";

/** Deployments by what they are like; each is of the group `prod`, whatever it says of itself. */
export const DEPLOYMENT = {
  created: "d-CREATED00",
  running: "d-RUNNING00",
  succeeded: "d-SUCCEEDED",
  blueGreen: "d-BLUEGREEN",
  ready: "d-READY0000",
  waiting: "d-WAITING00",
  blueGreenDone: "d-BGENDED00",
  paused: "d-PAUSED000",
  /** For a person's word. */
  unapproved: "d-APPROVAL0",
  stopping: "d-STOPPING0",
  ecs: "d-ECS000000",
  lambda: "d-LAMBDA000",
  /** Its validation function has said how it went. */
  lambdaReported: "d-LAMBDA001",
  /** Of the group `other`, which has none under way. */
  failedElsewhere: "d-ELSEWHERE",
} as const;

/** It has begun nothing yet. */
export const RELEASE = "r-WAITING00";

export const hosts = (count: number) => ({ type: "HOST_COUNT", value: count });
export const canary = (canaryPercentage: number, canaryInterval: number) => ({
  type: "TimeBasedCanary",
  timeBasedCanary: { canaryPercentage, canaryInterval },
});

/** The exact number of what this world has, so that one more is too many. */
const FULL: Quotas = { ...AWS_QUOTAS, applications: 3, groups: 4, configs: 4, githubTokens: 2 };

/** Opens it: `full` refuses whatever is counted, `roomy` has AWS's quotas. */
export async function openWorld(room: "full" | "roomy" = "full"): Promise<Shop> {
  const shop = await openShop(0, {}, room === "full" ? FULL : AWS_QUOTAS);
  await addConfigs(shop);
  await addApplications(shop);
  await addDeployments(shop);
  await addRelease(shop);
  await addHosts(shop);
  await addTokens(shop);
  await addRules(shop);
  await shop.target(`${RUNTIME_TARGET_PREFIX}PutEventTarget`, { name: "log", file: "log.jsonl" });
  await shop.target(`${RUNTIME_TARGET_PREFIX}PutIntegration`, {
    ...{ kind: "alarm", name: "errors", plugin: "said", config: { state: "OK" } },
  });
  return shop;
}

/** A lock, a freeze window and a schedule, of a group that no row deploys to. */
async function addRules({ target }: Shop): Promise<void> {
  const group = { applicationName: "svc", deploymentGroupName: "cluster" };
  const rules: [operation: string, input: object][] = [
    ["LockDeployments", { ...group, message: "a fire" }],
    ["PutFreezeWindow", { ...group, name: "midnight", cron: "0 0 * * *", durationMinutes: 1 }],
    ["PutSchedule", { ...group, name: "nightly", cron: "0 3 * * *" }],
  ];
  for (const [operation, input] of rules) await target(RUNTIME_TARGET_PREFIX + operation, input);
}

async function addConfigs({ call }: Shop): Promise<void> {
  const configs: [name: string, settings: object][] = [
    ["free", { minimumHealthyHosts: hosts(1) }],
    ["used", { minimumHealthyHosts: hosts(1) }],
    ["zones", { minimumHealthyHosts: hosts(1), zonalConfig: { monitorDurationInSeconds: 1 } }],
    ["slow", { computePlatform: "ECS", trafficRoutingConfig: canary(10, 5) }],
  ];
  for (const [deploymentConfigName, settings] of configs) {
    await call("CreateDeploymentConfig", { deploymentConfigName, ...settings });
  }
}

async function addRelease({ context: { store } }: Shop): Promise<void> {
  const release = { applicationName: "shop", deploymentGroupName: "prod", needs: [] };
  const entries = [{ name: "web", revision: revision("v1.zip"), ...release }];
  const spec = { entries, onFailure: "rollback" } as const;
  const state = newRelease(spec);
  await store.commit((tx) =>
    insertRelease(tx, { id: RELEASE, name: "v1", spec, state, createTime: START })
  );
}

async function addApplications({ call }: Shop): Promise<void> {
  await call("CreateApplication", { applicationName: "fn", computePlatform: "Lambda" });
  await call("CreateApplication", { applicationName: "svc", computePlatform: "ECS" });
  const groups: [applicationName: string, name: string, settings: object][] = [
    ["shop", "other", { deploymentConfigName: "used" }],
    ["shop", "scaled", { autoScalingGroups: ["asg"] }],
    ["shop", "two", {
      deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" },
    }],
    ["fn", "live", {}],
    ["svc", "bare", {}],
    ["svc", "cluster", { ecsServices: [{ serviceName: "web", clusterName: "main" }] }],
    ["svc", "network", {
      ecsServices: [{ serviceName: "net", clusterName: "main" }],
      loadBalancerInfo: networkBalancer(),
    }],
  ];
  for (const [applicationName, deploymentGroupName, settings] of groups) {
    const group = { applicationName, deploymentGroupName, serviceRoleArn: ROLE, ...settings };
    await call("CreateDeploymentGroup", group);
  }
  const revision = bundle("v1.zip");
  await call("RegisterApplicationRevision", { applicationName: "shop", revision });
}

/** Of a service behind a Network Load Balancer, which its listener's ARN tells. */
export function networkBalancer() {
  return {
    targetGroupPairInfoList: [{
      targetGroups: [{ name: "blue" }, { name: "green" }],
      prodTrafficRoute: { listenerArns: [NETWORK_LISTENER] },
    }],
  };
}

async function addDeployments(shop: Shop): Promise<void> {
  const blueGreen = {
    ...request(),
    style: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
  } as const;
  const lambda = { ...request(), computePlatform: "Lambda" } as const;
  const terminationWait = { startedAt: START };
  const approval = { kind: "approval", ms: 3_600_000 } as const;
  const hold = { key: "1 approval release", hold: approval, since: START, measurements: [] };
  const approved = request({
    config: {
      ...{ id: "c-approved", name: "approved", computePlatform: "Server" },
      strategy: { name: "canary", config: { steps: [{ approval: "release" }] } },
    },
  });
  const deployments: (Pick<Deployment, "id" | "status"> & Partial<Deployment>)[] = [
    { id: DEPLOYMENT.created, status: "Created" },
    { id: DEPLOYMENT.running, status: "InProgress" },
    { id: DEPLOYMENT.succeeded, status: "Succeeded" },
    { id: DEPLOYMENT.blueGreen, status: "InProgress", request: blueGreen },
    { id: DEPLOYMENT.ready, status: "Ready", request: blueGreen },
    { id: DEPLOYMENT.waiting, status: "InProgress", request: blueGreen, terminationWait },
    { id: DEPLOYMENT.blueGreenDone, status: "Succeeded", request: blueGreen },
    {
      id: DEPLOYMENT.paused,
      status: "InProgress",
      progress: { ...AT_THE_START, paused: { at: START, by: "ann" } },
    },
    {
      ...{ id: DEPLOYMENT.unapproved, status: "InProgress", request: approved },
      progress: { ...AT_THE_START, hold },
    },
    { id: DEPLOYMENT.stopping, status: "InProgress", stop: { at: START, rollback: false } },
    { id: DEPLOYMENT.ecs, status: "InProgress", request: { ...request(), computePlatform: "ECS" } },
    { id: DEPLOYMENT.lambda, status: "InProgress", request: lambda },
    { id: DEPLOYMENT.lambdaReported, status: "InProgress", request: lambda },
  ];
  for (const one of deployments) await putDeployment(shop, one);
  await putDeployment(shop, { id: DEPLOYMENT.failedElsewhere, status: "Failed" }, "other");
  const { running, paused, unapproved, stopping } = DEPLOYMENT;
  await shop.context.store.commit((tx) => {
    for (const id of [running, paused, stopping]) {
      insertTargets(tx, id, [target("web-1", "InProgress", "SR")]);
    }
    insertTargets(tx, unapproved, [target("web-1", "Pending")]);
  });
  for (const deploymentId of [DEPLOYMENT.lambda, DEPLOYMENT.lambdaReported]) {
    await shop.context.store.commit((tx) =>
      insertHookExecution(tx, {
        id: EXECUTION + deploymentId,
        deploymentId,
        targetId: "resize:live",
        event: "BeforeAllowTraffic",
        invokedAt: START,
      })
    );
  }
  await shop.call("PutLifecycleEventHookExecutionStatus", {
    deploymentId: DEPLOYMENT.lambdaReported,
    lifecycleEventHookExecutionId: EXECUTION + DEPLOYMENT.lambdaReported,
    status: "Succeeded",
  });
}

async function addHosts({ call }: Shop): Promise<void> {
  const register = "RegisterOnPremisesInstance";
  await call(register, { instanceName: "web-1", iamUserArn: `${USER}web-1` });
  await call(register, { instanceName: "web-2", iamSessionArn: `${SESSION}web-2` });
  const tags = Array.from({ length: AWS_QUOTAS.instanceTags }, (_, n) => ({ Key: `k${n}` }));
  await call("AddTagsToOnPremisesInstances", { instanceNames: ["web-1"], tags });
}

/** Two tokens; that of `lost` was written under a key that is not there any more. */
async function addTokens({ target, context }: Shop): Promise<void> {
  for (const tokenName of ["acme", "lost"]) {
    const input = { tokenName, token: "ghp_1" };
    await target(`${RUNTIME_TARGET_PREFIX}PutGitHubAccountToken`, input);
  }
  const good = context.store.read.select().from(githubTokens).all();
  const other = good.find(({ name }) => name === "acme");
  if (!other) throw new Error("the token acme is not kept");
  await context.store.commit((tx) =>
    // A secret is bound to its name: under another one it cannot be read.
    tx.insert(githubTokens).values({ name: "lost", secret: other.secret })
      .onConflictDoUpdate({ target: githubTokens.name, set: { secret: other.secret } }).run()
  );
}
