/** Applications, configs and deployment groups: what their members among each other refuse. @module */
import { ACCEPTED } from "./accepted.ts";
import type { Row } from "./row.ts";
import { canary, hosts, networkBalancer } from "./world.ts";

const changed = (operation: string, changes: object) => ({ ...ACCEPTED[operation], ...changes });

const filters = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ Key: `k${n}`, Type: "KEY_ONLY" }));
const lists = (count: number) => Array.from({ length: count }, () => filters(1));
const named = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `n${n}` }));
const trigger = (triggerName: string) => ({
  triggerName,
  triggerTargetArn: "arn:aws:sns:us-east-1:000000000000:deployments",
  triggerEvents: ["DeploymentStart"],
});

/** CreateDeploymentGroup and UpdateDeploymentGroup refuse the same settings. */
const settings: [error: string, settings: object, says: RegExp][] = [
  [
    "AlarmsLimitExceeded",
    { alarmConfiguration: { enabled: true, alarms: named(11) } },
    /alarmConfiguration\.alarms: has 11 entries, at most 10/,
  ],
  ["InvalidAlarmConfig", { alarmConfiguration: { enabled: true } }, /alarmConfiguration\.alarms/],
  [
    "InvalidAutoRollbackConfig",
    { autoRollbackConfiguration: { enabled: true, events: [] } },
    /autoRollbackConfiguration\.events/,
  ],
  [
    "InvalidAutoScalingGroup",
    { autoScalingGroups: Array.from({ length: 11 }, (_, n) => `asg-${n}`) },
    /autoScalingGroups: has 11 entries, at most 10/,
  ],
  [
    "InvalidBlueGreenDeploymentConfiguration",
    {
      blueGreenDeploymentConfiguration: {
        terminateBlueInstancesOnDeploymentSuccess: { terminationWaitTimeInMinutes: 2881 },
      },
    },
    /terminationWaitTimeInMinutes.*2880/,
  ],
  [
    "InvalidDeploymentStyle",
    { deploymentStyle: { deploymentType: "SIDEWAYS" } },
    /deploymentStyle\.deploymentType/,
  ],
  ["InvalidEC2Tag", { ec2TagFilters: [{ Type: "KEY_ONLY" }] }, /ec2TagFilters.*needs Key/],
  [
    "InvalidEC2TagCombination",
    { ec2TagFilters: filters(1), ec2TagSet: { ec2TagSetList: lists(1) } },
    /ec2TagFilters or ec2TagSet, not both/,
  ],
  ["InvalidTag", { onPremisesInstanceTagFilters: [{ Value: "a" }] }, /needs Key/],
  [
    "InvalidOnPremisesTagCombination",
    {
      onPremisesInstanceTagFilters: filters(1),
      onPremisesTagSet: { onPremisesTagSetList: lists(1) },
    },
    /onPremisesInstanceTagFilters or onPremisesTagSet, not both/,
  ],
  [
    "TagSetListLimitExceeded",
    { onPremisesInstanceTagFilters: [], onPremisesTagSet: { onPremisesTagSetList: lists(4) } },
    /onPremisesTagSet: has 4 entries, at most 3/,
  ],
  ["InvalidECSService", { ecsServices: [{ serviceName: "web" }] }, /clusterName/],
  [
    "ECSServiceMappingLimitExceeded",
    { ecsServices: [1, 2].map((n) => ({ serviceName: `web-${n}`, clusterName: "main" })) },
    /ecsServices: has 2 entries, at most 1/,
  ],
  ["InvalidInput", { outdatedInstancesStrategy: "FORGET" }, /outdatedInstancesStrategy/],
  ["InvalidLoadBalancerInfo", { loadBalancerInfo: { elbInfoList: named(11) } }, /elbInfoList/],
  [
    "InvalidTargetGroupPair",
    { loadBalancerInfo: { targetGroupPairInfoList: [{ targetGroups: named(1) }] } },
    /two targetGroups, not 1/,
  ],
  ["InvalidTriggerConfig", { triggerConfigurations: [{ triggerName: "a" }] }, /triggerTargetArn/],
  [
    "TriggerTargetsLimitExceeded",
    { triggerConfigurations: Array.from({ length: 11 }, (_, n) => trigger(`t${n}`)) },
    /triggerConfigurations: has 11 entries, at most 10/,
  ],
];

const ONLY_ALB = new RegExp(
  "^Only ALB supports gradual traffic routing, use AllAtOnce Traffic routing instead when you " +
    "create/update Deployment group\\.$",
);
const GRADUAL = { applicationName: "svc", deploymentConfigName: "slow" };

export const GROUP_ROWS: readonly Row[] = [
  ...["CreateDeploymentGroup", "UpdateDeploymentGroup"].flatMap((operation) =>
    settings.map(([error, one, says]): Row => [operation, error, changed(operation, one), says])
  ),
  [
    "CreateDeploymentGroup",
    "InvalidTrafficRoutingConfiguration",
    changed("CreateDeploymentGroup", { ...GRADUAL, loadBalancerInfo: networkBalancer() }),
    ONLY_ALB,
  ],
  [
    "UpdateDeploymentGroup",
    "InvalidTrafficRoutingConfiguration",
    { ...GRADUAL, currentDeploymentGroupName: "network" },
    ONLY_ALB,
  ],
  [
    "CreateDeploymentGroup",
    "DeploymentGroupAlreadyExists",
    changed("CreateDeploymentGroup", { deploymentGroupName: "prod" }),
    /prod already exists/,
  ],
  [
    "CreateDeploymentGroup",
    "DeploymentGroupLimitExceeded",
    changed("CreateDeploymentGroup", {}),
    /4 deployment groups, the most there may be.*--limit groups=NUMBER/,
  ],
];

export const APPLICATION_ROWS: readonly Row[] = [
  [
    "CreateApplication",
    "ApplicationAlreadyExists",
    { applicationName: "shop" },
    /shop already exists/,
  ],
  [
    "CreateApplication",
    "ApplicationLimitExceeded",
    { applicationName: "new" },
    /3 applications, the most there may be.*--limit applications=NUMBER/,
  ],
  [
    "BatchGetApplicationRevisions",
    "BatchLimitExceeded",
    changed("BatchGetApplicationRevisions", {
      revisions: Array.from({ length: 26 }, (_, n) => ({
        revisionType: "S3",
        s3Location: { bucket: "b", key: `${n}.zip`, bundleType: "zip" },
      })),
    }),
    /revisions.*25/,
  ],
  [
    "GetApplicationRevision",
    "RevisionDoesNotExist",
    changed("GetApplicationRevision", {
      revision: {
        revisionType: "S3",
        s3Location: { bucket: "bundles", key: "gone.zip", bundleType: "zip" },
      },
    }),
    /No revision of shop is registered as s3:\/\/bundles\/gone\.zip/,
  ],
  [
    "ListApplicationRevisions",
    "BucketNameFilterRequired",
    { applicationName: "shop", s3KeyPrefix: "v" },
    /s3Bucket/,
  ],
  [
    "ListApplicationRevisions",
    "InvalidBucketNameFilter",
    { applicationName: "shop", s3Bucket: "" },
    /s3Bucket/,
  ],
  [
    "ListApplicationRevisions",
    "InvalidKeyPrefixFilter",
    { applicationName: "shop", s3Bucket: "bundles", s3KeyPrefix: "" },
    /s3KeyPrefix/,
  ],
];

const CREATE_CONFIG = "CreateDeploymentConfig";
export const CONFIG_ROWS: readonly Row[] = [
  [
    CREATE_CONFIG,
    "DeploymentConfigAlreadyExists",
    changed(CREATE_CONFIG, { deploymentConfigName: "free" }),
    /free already exists/,
  ],
  [
    CREATE_CONFIG,
    "DeploymentConfigLimitExceeded",
    changed(CREATE_CONFIG, {}),
    /4 deployment configs, the most there may be.*--limit configs=NUMBER/,
  ],
  [
    CREATE_CONFIG,
    "InvalidMinimumHealthyHostValue",
    changed(CREATE_CONFIG, { minimumHealthyHosts: hosts(-1) }),
    /minimumHealthyHosts\.value/,
  ],
  [
    CREATE_CONFIG,
    "InvalidTrafficRoutingConfiguration",
    { deploymentConfigName: "new", computePlatform: "Lambda", trafficRoutingConfig: canary(0, 5) },
    /canaryPercentage/,
  ],
  [
    CREATE_CONFIG,
    "InvalidZonalDeploymentConfiguration",
    changed(CREATE_CONFIG, { zonalConfig: { monitorDurationInSeconds: -1 } }),
    /zonalConfig\.monitorDurationInSeconds/,
  ],
  [
    "DeleteDeploymentConfig",
    "DeploymentConfigInUse",
    { deploymentConfigName: "used" },
    /used by the deployment group other of shop/,
  ],
  [
    "DeleteDeploymentConfig",
    "InvalidOperation",
    { deploymentConfigName: "CodeDeployDefault.OneAtATime" },
    /predefined/,
  ],
];
