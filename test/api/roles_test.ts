/**
 * Who may do what: every operation of every service, asked by a key of every role and by every session
 * of one. What is expected is written here by hand, so that a slip in a definition is one here too.
 */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { hostOperations } from "../../core/api/host_operations.ts";
import { IAM } from "../../core/api/query/iam/iam_service.ts";
import type { QueryService } from "../../core/api/query/query_service.ts";
import { snsService } from "../../core/api/query/sns/sns_service.ts";
import { STS } from "../../core/api/query/sts/sts_service.ts";
import { createRouter } from "../../core/api/router.ts";
import { Role } from "../../core/domain/instance.ts";
import { AGENT_SIGNING_NAME, AGENT_TARGET_PREFIX } from "../../core/wire/agent_protocol.ts";
import { ApiError, callJson } from "../../core/wire/aws_json.ts";
import type { Credentials } from "../../core/wire/sigv4.ts";
import { PUBLIC_SERVICES } from "./operation_table.ts";
import { sessionOf } from "./query/aws_account.ts";
import { askQuery } from "./query/query_client.ts";
import { openShop, type Shop } from "./shop.ts";
import { credentialsOf, REGION, SERVER } from "./test_api.ts";

/** By the least role that may call them; `anyone` is whoever can sign. */
const NEEDS: Readonly<Record<string, Partial<Record<Role | "anyone", string>>>> = {
  "CodeDeploy_20141006.": {
    deployer: `AddTagsToOnPremisesInstances ContinueDeployment CreateApplication CreateDeployment
      CreateDeploymentConfig CreateDeploymentGroup DeleteApplication DeleteDeploymentConfig
      DeleteDeploymentGroup DeleteResourcesByExternalId DeregisterOnPremisesInstance
      PutLifecycleEventHookExecutionStatus RegisterApplicationRevision RegisterOnPremisesInstance
      RemoveTagsFromOnPremisesInstances SkipWaitTimeForInstanceTermination StopDeployment TagResource
      UntagResource UpdateApplication UpdateDeploymentGroup`,
    viewer: `BatchGetApplicationRevisions BatchGetApplications BatchGetDeploymentGroups
      BatchGetDeploymentInstances BatchGetDeploymentTargets BatchGetDeployments
      BatchGetOnPremisesInstances GetApplication GetApplicationRevision GetDeployment
      GetDeploymentConfig GetDeploymentGroup GetDeploymentInstance GetDeploymentTarget
      GetOnPremisesInstance ListApplicationRevisions ListApplications ListDeploymentConfigs
      ListDeploymentGroups ListDeploymentInstances ListDeploymentTargets ListDeployments
      ListGitHubAccountTokenNames ListOnPremisesInstances ListTagsForResource`,
    admin: "DeleteGitHubAccountToken",
  },
  "Runtime_20261125.": {
    admin: `CreateJoinToken DeleteDeadLetters DeleteEventTarget DeleteFreezeWindow
      DeleteIntegration PutEventTarget PutFreezeWindow PutGitHubAccountToken
      PutGroupPolicy PutIntegration ReplayDeadLetters TryIntegration`,
    deployer: `AbortDeployment ApproveDeployment CreateRelease DeleteSchedule LockDeployments
      PauseDeployment PromoteDeployment PutSchedule PutStrategyConfig RejectDeployment
      ResumeDeployment RetryDeployment ScheduleDeployment StopRelease UnlockDeployments`,
    viewer:
      `GetRelease ListReleases DescribeOperations ExplainDeployment GetDeploymentLogs GetGroupPolicy
      ListAuditRecords ListDeadLetters ListEventTargets ListFreezeWindows ListIntegrations
      ListLocks ListSchedules ListStrategies`,
    agent: "GetServerKey",
  },
  [AGENT_TARGET_PREFIX]: {
    agent: `GetDeploymentSpecification PollHostCommand PostHostCommandUpdate
      PutHostCommandAcknowledgement PutHostCommandComplete ReportRefusedOrder`,
  },
  iam: {
    admin: `AttachUserPolicy CreateAccessKey CreateUser DeleteAccessKey DeleteUser DeleteUserPolicy
      GetUserPolicy ListAccessKeys ListAttachedUserPolicies ListGroupsForUser ListUserPolicies
      ListUserTags ListUsers PutUserPolicy TagUser UntagUser UpdateAccessKey`,
    // Without a name; who asks for another user must be an admin.
    anyone: "GetUser",
  },
  sts: { anyone: "AssumeRole GetCallerIdentity GetSessionToken" },
  sns: {
    deployer:
      `CreateTopic DeleteTopic Publish SetSubscriptionAttributes SetTopicAttributes Subscribe
      TagResource Unsubscribe UntagResource`,
    viewer: `GetSubscriptionAttributes GetTopicAttributes ListSubscriptions ListSubscriptionsByTopic
      ListTagsForResource ListTopics`,
    // The token is the proof.
    anyone: "ConfirmSubscription",
  },
};

/** Who may do what needs a role. */
const HOLDERS: Readonly<Record<Role | "anyone", readonly Role[]>> = {
  admin: ["admin"],
  deployer: ["admin", "deployer"],
  viewer: ["admin", "deployer", "viewer"],
  agent: ["agent"],
  none: [],
  anyone: ["admin", "deployer", "viewer", "agent", "none"],
};

const QUERY: readonly QueryService[] = [IAM, STS, snsService({ mail: true })];

interface Expected {
  service: string;
  name: string;
  role: Role | "anyone";
}

const EXPECTED: readonly Expected[] = Object.entries(NEEDS).flatMap(([service, byRole]) =>
  [...Role.options, "anyone" as const].flatMap((role) =>
    (byRole[role] ?? "").split(/\s+/).filter((name) => name !== "")
      .map((name) => ({ service, name, role }))
  )
);

test("every operation that is there needs the role that is expected, and no other is there", async () => {
  await using shop = await openShop(0);
  const { privateKey: orderKey } = generateKeyPairSync("ed25519");
  const { realm, now } = shop.context;
  const seal = (text: string) => Promise.resolve(text);
  const forHosts = hostOperations({ engine: shop.engine, orderKey, realm, seal, now });
  const there: Expected[] = [
    ...PUBLIC_SERVICES.flatMap(({ targetPrefix: service, operations }) =>
      [...operations.values()].map(({ name, role }) => ({ service, name, role }))
    ),
    ...forHosts.map(({ name, role }) => ({ service: AGENT_TARGET_PREFIX, name, role })),
    ...QUERY.flatMap(({ signingName: service, operations }) =>
      [...operations.values()].map(({ name, role }) => ({ service, name, role }))
    ),
  ];
  assert.deepEqual(lines(there), lines(EXPECTED));
});

test("a key and its sessions may call what their role may, and are refused everything else", async () => {
  await using shop = await openShop(0);
  const callers = await everyCaller(shop);
  const wrong: string[] = [];
  for (const { title, role, credentials } of callers) {
    for (const expected of EXPECTED) {
      const refused = await isRefused(shop, expected, credentials);
      const may = HOLDERS[expected.role].includes(role);
      if (refused === may) {
        wrong.push(`${title}: ${expected.name} is ${refused ? "" : "not "}refused`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

interface AnyCaller {
  title: string;
  /** What it may do. */
  role: Role;
  credentials: Credentials;
}

/** Keys of each role, what they get by GetSessionToken, and every session an admin may begin. */
async function everyCaller(shop: Shop): Promise<AnyCaller[]> {
  const session = async (role: Role, parameters: Record<string, string>) => {
    const { status, message, result } = await ask(shop, "sts", credentialsOf(role), parameters);
    assert.equal(status, 200, message ?? "");
    return sessionOf(result);
  };
  const callers: AnyCaller[] = [];
  for (const role of Role.options) {
    callers.push({ title: `a key of role ${role}`, role, credentials: credentialsOf(role) });
    const credentials = await session(role, { Action: "GetSessionToken" });
    callers.push({ title: `a session token of role ${role}`, role, credentials });
  }
  for (const name of ["admin", "deployer", "viewer", "hosts"]) {
    const role = Role.catch("none").parse(name);
    const RoleArn = `arn:aws:iam::000000000000:role/${name}`;
    const credentials = await session("admin", {
      Action: "AssumeRole",
      RoleArn,
      RoleSessionName: "somebody",
    });
    callers.push({ title: `a session of role/${name}`, role, credentials });
  }
  return callers;
}

/** Whether it is refused for who asks; anything else, a refusal of the empty input too, is an answer. */
async function isRefused(
  shop: Shop,
  { service, name }: Expected,
  credentials: Credentials,
): Promise<boolean> {
  if (QUERY.some(({ signingName }) => signingName === service)) {
    const { code } = await ask(shop, service, credentials, { Action: name });
    assert.notEqual(code, "InvalidAction");
    // That no session begins another by this is a rule of its own, and not one of roles.
    return code === "AccessDenied" && name !== "GetSessionToken";
  }
  const signingName = service === AGENT_TARGET_PREFIX ? AGENT_SIGNING_NAME : "codedeploy";
  try {
    await callJson(
      { url: SERVER, region: REGION, credentials, fetch: shop.fetch },
      { target: service + name, service: signingName, input: {} },
    );
    return false;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    assert.notEqual(error.type, "UnknownOperationException", name);
    return error.type === "AccessDeniedException";
  }
}

function ask(
  { context }: Shop,
  service: string,
  credentials: Credentials,
  parameters: Record<string, string>,
) {
  const Version = QUERY.find(({ signingName }) => signingName === service)?.version ?? "";
  const app = createRouter(context, [], QUERY);
  return askQuery(app, { service, credentials, parameters: { Version, ...parameters } });
}

function lines(operations: readonly Expected[]): string[] {
  return operations.map(({ service, name, role }) => `${service} ${name}: ${role}`).sort();
}
