import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../core/domain/limits.ts";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import { applications, revisions } from "../../core/store/schema.ts";
import { testRefusalsOf } from "./refusals.ts";
import { bundle, GROUP, nthDeployment, openShop, START } from "./shop.ts";

const FIRST = nthDeployment(0);
const REVISION = bundle("v1.zip");
const CREATED = (START + 1_000) / 1_000;

test("CreateDeployment answers the id alone and keeps every wish", async () => {
  await using shop = await openShop(1);
  const wishes = {
    deploymentConfigName: "CodeDeployDefault.AllAtOnce",
    description: "x".repeat(LIMITS.description),
    ignoreApplicationStopFailures: true,
    fileExistsBehavior: "RETAIN",
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
    overrideAlarmConfiguration: {
      enabled: true,
      ignorePollAlarmFailure: true,
      alarms: [{ name: "latency" }],
    },
  };
  const input = { ...GROUP, revision: REVISION, deploymentMode: "STANDARD", ...wishes };
  assert.deepEqual(await shop.call("CreateDeployment", input), { deploymentId: FIRST });
  const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId: FIRST });
  const kept = Object.entries(deploymentInfo).filter(([member]) => member in wishes);
  assert.deepEqual(Object.fromEntries(kept), wishes);
  assert.equal("deploymentMode" in deploymentInfo, false);
});

test("the group's config and rollback rules hold unless the request has its own", async () => {
  const auto = (event: string) => ({ enabled: true, events: [event] });
  await using shop = await openShop(1, {
    deploymentConfigName: "CodeDeployDefault.HalfAtATime",
    autoRollbackConfiguration: auto("DEPLOYMENT_FAILURE"),
  });
  const shown = async (changes: object) => {
    const id = await shop.deploy("v1.zip", changes);
    await shop.hosts[0]!.run();
    const { deploymentConfigName, autoRollbackConfiguration } = await shop.ended(id);
    return [deploymentConfigName, autoRollbackConfiguration];
  };
  const own = auto("DEPLOYMENT_STOP_ON_REQUEST");
  assert.deepEqual(await shown({}), [
    "CodeDeployDefault.HalfAtATime",
    auto("DEPLOYMENT_FAILURE"),
  ]);
  const changes = {
    deploymentConfigName: "CodeDeployDefault.AllAtOnce",
    autoRollbackConfiguration: own,
  };
  assert.deepEqual(await shown(changes), ["CodeDeployDefault.AllAtOnce", own]);
});

test("a deployment registers its revision, and the next one shows it as the previous", async () => {
  await using shop = await openShop(1);
  const first = await shop.deploy("v1.zip");
  const { revisionInfo } = await shop.call("GetApplicationRevision", {
    applicationName: "shop",
    revision: REVISION,
  });
  assert.equal(revisionInfo.firstUsedTime, CREATED);
  await shop.hosts[0]!.run();
  assert.equal("previousRevision" in await shop.ended(first), false);
  const deploymentId = await shop.deploy("v2.zip");
  const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId });
  assert.deepEqual(deploymentInfo.previousRevision, REVISION);
});

test("a busy group is refused with the id of its deployment, word for word", async () => {
  await using shop = await openShop(1);
  const id = await shop.deploy("v1.zip");
  const order = await shop.hosts[0]!.take();
  const input = { ...GROUP, revision: bundle("v2.zip") };
  await shop.refuses(
    "CreateDeployment",
    input,
    "DeploymentLimitExceededException",
    new RegExp(`^The Deployment Group 'prod' already has an active Deployment '${id}'$`),
  );
  const message = await shop.call("CreateDeployment", input).then(
    () => assert.fail("it was not refused"),
    (error: unknown) => error instanceof Error ? error.message : "",
  );
  // As build actions look for it, and as scripts cut it out.
  const found = /(?:is already deploying|already has an active Deployment) '(d-\w+)'/.exec(message);
  assert.equal(found?.[1], id);
  assert.deepEqual(message.match(/d-[A-Z0-9]+/g), [id]);
  await shop.hosts[0]!.complete(order);
  await shop.ended(id);
  assert.notEqual(await shop.deploy("v2.zip"), id);
});

test("a group without hosts is no refusal: its deployment fails with NO_INSTANCES", async () => {
  await using shop = await openShop(0);
  const id = await shop.deploy("v1.zip");
  const info = await shop.ended(id);
  assert.equal(info.status, "Failed");
  assert.equal(info.errorInformation.code, "NO_INSTANCES");
  assert.equal(info.completeTime, CREATED);
  assert.equal("startTime" in info, false);
});

const sha256 = "ab".repeat(32);
const appSpec = (appSpecContent: object) => ({ revisionType: "AppSpecContent", appSpecContent });
const create = (changes: object) => ({ ...GROUP, revision: REVISION, ...changes });
const s3 = (changes: object) => ({
  revision: { ...REVISION, s3Location: { ...REVISION.s3Location, ...changes } },
});
const https = (changes: object) => ({
  revision: {
    revisionType: "HTTPS",
    httpsLocation: { url: "https://h/x.tgz", sha256, bundleType: "tgz", ...changes },
  },
});
const alarms = (count: number) => ({
  overrideAlarmConfiguration: {
    enabled: true,
    alarms: Array.from({ length: count }, (_, n) => ({ name: `a${n}` })),
  },
});
const refusedCreations: [changes: object, type: string, message?: RegExp][] = [
  [{ applicationName: undefined }, "ApplicationNameRequired"],
  [{ applicationName: null }, "ApplicationNameRequired"],
  [{ applicationName: "" }, "ApplicationNameRequired"],
  [{ applicationName: "a b" }, "InvalidApplicationName"],
  [{ applicationName: 7 }, "Serialization", /applicationName/],
  [{ applicationName: "gone" }, "ApplicationDoesNotExist", /^No application found for name: gone$/],
  [{ deploymentGroupName: undefined }, "DeploymentGroupNameRequired"],
  [{ deploymentGroupName: "a/b" }, "InvalidDeploymentGroupName"],
  [
    { deploymentGroupName: "gone" },
    "DeploymentGroupDoesNotExist",
    /^No Deployment Group found for name: gone$/,
  ],
  [{ revision: undefined }, "RevisionRequired", /^RevisionLocation must be specified$/],
  [{ revision: {} }, "InvalidRevision", /revisionType/],
  [{ revision: { revisionType: "Tape" } }, "InvalidRevision", /revisionType/],
  [{ revision: { revisionType: "S3" } }, "InvalidRevision", /revision\.s3Location/],
  [s3({ bucket: "" }), "InvalidRevision", /revision\.s3Location\.bucket/],
  [s3({ key: undefined }), "InvalidRevision", /revision\.s3Location\.key/],
  [s3({ bundleType: "rar" }), "InvalidRevision", /revision\.s3Location\.bundleType/],
  [s3({ bundleType: "YAML" }), "InvalidRevision", /tar, tgz or zip/],
  [
    { revision: { revisionType: "GitHub", gitHubLocation: { repository: "a", commitId: "1" } } },
    "InvalidRevision",
    /repository/,
  ],
  [https({ sha256: undefined }), "InvalidRevision", /revision\.httpsLocation\.sha256/],
  [https({ sha256: "12" }), "InvalidRevision", /64 hex digits/],
  [https({ url: "http://h/x.tgz" }), "InvalidRevision", /revision\.httpsLocation\.url.*https:\/\//],
  [https({ url: "https://u:p@h/x.tgz" }), "InvalidRevision", /without user, password/],
  [https({ url: "x.tgz" }), "InvalidRevision", /revision\.httpsLocation\.url/],
  [https({ bundleType: "YAML" }), "InvalidRevision", /tar, tgz or zip/],
  [{ revision: appSpec({ sha256, content: "version: 0.0" }) }, "InvalidRevision", /sha256 is/],
  [{ revision: appSpec({ sha256 }) }, "InvalidRevision", /AppSpecContent/],
  [{ revision: { revisionType: "String", string: { sha256 } } }, "InvalidRevision", /String/],
  [{ deploymentConfigName: "" }, "InvalidDeploymentConfigName"],
  [{ deploymentConfigName: "a b" }, "InvalidDeploymentConfigName"],
  [
    { deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce" },
    "InvalidDeploymentConfigName",
    /Lambda/,
  ],
  [
    { deploymentConfigName: "gone" },
    "DeploymentConfigDoesNotExist",
    /^No Deployment Configuration found for name: gone$/,
  ],
  [{ description: "x".repeat(LIMITS.description + 1) }, "DescriptionTooLong"],
  [{ fileExistsBehavior: "overwrite" }, "InvalidFileExistsBehavior"],
  [{ ignoreApplicationStopFailures: "yes" }, "Serialization"],
  [{ autoRollbackConfiguration: { enabled: true } }, "InvalidAutoRollbackConfig", /events/],
  [
    { autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURES"] } },
    "InvalidAutoRollbackConfig",
    /autoRollbackConfiguration\.events/,
  ],
  [alarms(0), "InvalidAlarmConfig", /overrideAlarmConfiguration\.alarms/],
  [alarms(AWS_QUOTAS.alarms + 1), "AlarmsLimitExceeded", /overrideAlarmConfiguration\.alarms/],
  [
    { overrideAlarmConfiguration: { enabled: true, alarms: [{ name: "a" }, { name: "a" }] } },
    "InvalidAlarmConfig",
    /named twice/,
  ],
  [alarms(1), "InvalidAlarmConfig", /no alarm named.*ignorePollAlarmFailure/],
  [{ targetInstances: { autoScalingGroups: ["asg"] } }, "InvalidTargetInstances", /blue\/green/],
  [{ revision: null }, "RevisionRequired", /^RevisionLocation must be specified$/],
  [{ updateOutdatedInstancesOnly: "yes" }, "Serialization"],
  [{ deploymentMode: "RESTART" }, "InvalidRevision", /RESTART/],
  [{ deploymentMode: "REPEAT" }, "InvalidInput", /deploymentMode/],
];

testRefusalsOf(
  refusedCreations.map(([changes, type, message]) => [
    "CreateDeployment",
    create(changes),
    type,
    message,
  ]),
  () => openShop(1),
);

const groups: [what: string, group: object, type: string][] = [
  [
    "blue/green and no hosts to replace the others",
    { deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" } },
    "InvalidTargetInstancesException",
  ],
  [
    "traffic control and no balancer",
    { deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" } },
    "InvalidLoadBalancerInfoException",
  ],
  [
    "alarms that nobody can read",
    { alarmConfiguration: { enabled: true, alarms: [{ name: "latency" }] } },
    "InvalidAlarmConfigException",
  ],
];
for (const [what, group, type] of groups) {
  test(`a group with ${what} is refused before anything is written`, async () => {
    await using shop = await openShop(1, group);
    await shop.refuses("CreateDeployment", create({}), type);
    assert.deepEqual(shop.context.store.read.select().from(revisions).all(), []);
  });
}

test("CreateDeployment is not for viewers", async () => {
  await using shop = await openShop(1);
  const type = "AccessDeniedException";
  await shop.refuses("CreateDeployment", create({}), type, /deployer/, "viewer");
});

test("a config by zones is taken for a deployment in place", async () => {
  await using shop = await openShop(1);
  await shop.call("CreateDeploymentConfig", {
    deploymentConfigName: "zones",
    minimumHealthyHosts: { type: "HOST_COUNT", value: 0 },
    zonalConfig: { monitorDurationInSeconds: 1 },
  });
  const { deploymentId } = await shop.call(
    "CreateDeployment",
    create({ deploymentConfigName: "zones" }),
  );
  const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId });
  assert.equal(deploymentInfo.deploymentConfigName, "zones");
});

test("spec 3.3: a config by zones is refused for a blue/green deployment", async () => {
  const deploymentStyle = {
    deploymentType: "BLUE_GREEN",
    deploymentOption: "WITH_TRAFFIC_CONTROL",
  };
  await using shop = await openShop(1, { deploymentStyle });
  await shop.call("CreateDeploymentConfig", {
    deploymentConfigName: "zones",
    minimumHealthyHosts: { type: "HOST_COUNT", value: 0 },
    zonalConfig: { monitorDurationInSeconds: 1 },
  });
  const type = "InvalidDeploymentConfigNameException";
  await shop.refuses("CreateDeployment", create({ deploymentConfigName: "zones" }), type, /zone/);
});

const functions: [platform: "Lambda" | "ECS", changes: object, type: string, message: RegExp][] = [
  [
    "Lambda",
    { fileExistsBehavior: "DISALLOW" },
    "InvalidFileExistsBehavior",
    /^For Lambda, ECS and Kubernetes deployment, fileExistsBehavior can not be specified$/,
  ],
  [
    "ECS",
    { fileExistsBehavior: "RETAIN" },
    "InvalidFileExistsBehavior",
    /^For Lambda, ECS and Kubernetes deployment, fileExistsBehavior can not be specified$/,
  ],
  [
    "Lambda",
    { ignoreApplicationStopFailures: true },
    "InvalidIgnoreApplicationStopFailuresValue",
    /must be false/,
  ],
  [
    "Lambda",
    { updateOutdatedInstancesOnly: true },
    "InvalidUpdateOutdatedInstancesOnlyValue",
    /must be false/,
  ],
  ["Lambda", {}, "InvalidRole", /cannot deploy to Lambda yet/],
];
for (const [platform, changes, type, message] of functions) {
  test(`a deployment to ${platform} with ${JSON.stringify(changes)} is refused as ${type}`, async () => {
    await using shop = await openShop(0);
    await shop.context.store.commit((tx) =>
      tx.update(applications).set({ computePlatform: platform }).run()
    );
    await shop.refuses("CreateDeployment", create(changes), `${type}Exception`, message);
  });
}

test("alarms that may be ignored hold no deployment up", async () => {
  const alarmConfiguration = {
    enabled: true,
    ignorePollAlarmFailure: true,
    alarms: [{ name: "latency" }],
  };
  await using shop = await openShop(1, { alarmConfiguration });
  await shop.call("CreateDeployment", create({}));
});
