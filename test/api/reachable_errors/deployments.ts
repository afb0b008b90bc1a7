/** Deployments, their targets and their hooks: what their state refuses. @module */
import { GROUP } from "../shop.ts";
import { ACCEPTED } from "./accepted.ts";
import type { Row } from "./row.ts";
import { COMMIT, DEPLOYMENT, EXECUTION } from "./world.ts";

const CREATE = "CreateDeployment";
const named = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `n${n}` }));
const create = (changes: object) => ({ ...ACCEPTED[CREATE], ...changes });
const to = (applicationName: string, deploymentGroupName: string) =>
  create({ applicationName, deploymentGroupName });

const CREATE_ROWS: readonly [error: string, input: object, says: RegExp][] = [
  [
    "DeploymentLimitExceeded",
    create(GROUP),
    /^The Deployment Group 'prod' already has an active Deployment 'd-[A-Z0-9]{9}'$/,
  ],
  [
    "AlarmsLimitExceeded",
    create({ overrideAlarmConfiguration: { enabled: true, alarms: named(11) } }),
    /overrideAlarmConfiguration\.alarms: has 11 entries, at most 10/,
  ],
  [
    "InvalidAlarmConfig",
    create({ overrideAlarmConfiguration: { enabled: true } }),
    /overrideAlarmConfiguration\.alarms/,
  ],
  [
    "InvalidAutoRollbackConfig",
    create({ autoRollbackConfiguration: { enabled: true } }),
    /autoRollbackConfiguration\.events/,
  ],
  ["InvalidAutoScalingGroup", to("shop", "scaled"), /asg.*update-deployment-group/],
  [
    "InvalidFileExistsBehavior",
    { ...to("fn", "live"), fileExistsBehavior: "RETAIN" },
    /^For Lambda, ECS and Kubernetes deployment, fileExistsBehavior can not be specified$/,
  ],
  ["InvalidFileExistsBehavior", create({ fileExistsBehavior: "KEEP" }), /fileExistsBehavior/],
  [
    "InvalidGitHubAccountToken",
    create({
      revision: {
        revisionType: "GitHub",
        gitHubLocation: { repository: "lost/shop", commitId: COMMIT },
      },
    }),
    /GitHub token lost cannot be decrypted.*runtime github-token set/,
  ],
  [
    "InvalidIgnoreApplicationStopFailuresValue",
    { ...to("fn", "live"), ignoreApplicationStopFailures: true },
    /ignoreApplicationStopFailures must be false/,
  ],
  [
    "InvalidUpdateOutdatedInstancesOnlyValue",
    { ...to("fn", "live"), updateOutdatedInstancesOnly: true },
    /updateOutdatedInstancesOnly must be false/,
  ],
  ["InvalidInput", create({ deploymentMode: "REPEAT" }), /deploymentMode/],
  ["InvalidLoadBalancerInfo", to("shop", "two"), /update-deployment-group/],
  ["InvalidRole", to("fn", "live"), /cannot deploy to Lambda yet/],
  ["InvalidECSService", to("svc", "bare"), /ecsServices/],
  [
    "InvalidTrafficRoutingConfiguration",
    { ...to("svc", "network"), deploymentConfigName: "slow" },
    /^Only ALB supports gradual traffic routing, use AllAtOnce Traffic routing instead/,
  ],
  [
    "InvalidComputePlatform",
    { applicationName: "fn", deploymentGroupName: "live", deploymentMode: "RESTART" },
    /RESTART is for in-place deployments to Server/,
  ],
  [
    "InvalidTargetInstances",
    create({ targetInstances: { autoScalingGroups: ["asg"] } }),
    /targetInstances belongs to blue\/green/,
  ],
  [
    "RevisionDoesNotExist",
    { applicationName: "shop", deploymentGroupName: "other", deploymentMode: "RESTART" },
    /no successful deployment/,
  ],
];

/** What people do to a deployment under way: why it cannot be done to this one. */
const INTERVENTION_ROWS: readonly Row[] = [
  ...["Abort", "Approve", "Pause", "Promote", "Reject", "Resume"].flatMap((verb): Row[] => {
    const operation = `${verb}Deployment`;
    return [
      [
        operation,
        "DeploymentAlreadyCompleted",
        { deploymentId: DEPLOYMENT.succeeded },
        /has already ended: it is Succeeded/,
      ],
      [
        operation,
        "DeploymentNotStarted",
        { deploymentId: DEPLOYMENT.created },
        /has not begun: it is Created/,
      ],
      [
        operation,
        "InvalidDeploymentStatus",
        { deploymentId: DEPLOYMENT.stopping },
        /is being stopped/,
      ],
    ];
  }),
  ...["Approve", "Reject"].map((verb): Row => [
    `${verb}Deployment`,
    "InvalidDeploymentStatus",
    { deploymentId: DEPLOYMENT.running },
    /does not wait for an approval: it is InProgress/,
  ]),
  [
    "PauseDeployment",
    "InvalidDeploymentStatus",
    { deploymentId: DEPLOYMENT.paused },
    /is paused already, by ann/,
  ],
  [
    "PromoteDeployment",
    "InvalidDeploymentStatus",
    { deploymentId: DEPLOYMENT.running },
    /waits for nothing that could be passed over: it is InProgress/,
  ],
  [
    "ResumeDeployment",
    "InvalidDeploymentStatus",
    { deploymentId: DEPLOYMENT.running },
    /is not paused: it is InProgress/,
  ],
  ...["Abort", "Pause", "Reject"].map((verb): Row => [
    `${verb}Deployment`,
    "InvalidInput",
    { deploymentId: DEPLOYMENT.running, message: " " },
    /^message: /,
  ]),
];

/** ContinueDeployment and its older name, which ends the second wait alone. */
const CONTINUE_ROWS: readonly Row[] = [
  ...["ContinueDeployment", "SkipWaitTimeForInstanceTermination"].flatMap((operation): Row[] => [
    [
      operation,
      "DeploymentAlreadyCompleted",
      { deploymentId: DEPLOYMENT.blueGreenDone },
      /has already ended: it is Succeeded/,
    ],
    [
      operation,
      "UnsupportedActionForDeploymentType",
      { deploymentId: DEPLOYMENT.running },
      /is in place/,
    ],
  ]),
  [
    "ContinueDeployment",
    "DeploymentIsNotInReadyState",
    { deploymentId: DEPLOYMENT.blueGreen },
    /it is InProgress, not Ready/,
  ],
  [
    "ContinueDeployment",
    "InvalidDeploymentStatus",
    { deploymentId: DEPLOYMENT.blueGreen, deploymentWaitType: "TERMINATION_WAIT" },
    /does not wait to end/,
  ],
  [
    "ContinueDeployment",
    "InvalidDeploymentWaitType",
    { deploymentId: DEPLOYMENT.ready, deploymentWaitType: "COFFEE_WAIT" },
    /deploymentWaitType/,
  ],
  [
    "SkipWaitTimeForInstanceTermination",
    "DeploymentNotStarted",
    { deploymentId: DEPLOYMENT.blueGreen },
    /does not wait to end/,
  ],
];

const HOOK = "PutLifecycleEventHookExecutionStatus";
const hook = (changes: object) => ({ ...ACCEPTED[HOOK], ...changes });
const HOOK_ROWS: readonly Row[] = [
  [
    HOOK,
    "InvalidLifecycleEventHookExecutionId",
    hook({ lifecycleEventHookExecutionId: "never" }),
    /never/,
  ],
  [HOOK, "InvalidLifecycleEventHookExecutionStatus", hook({ status: "Skipped" }), /status/],
  [
    HOOK,
    "LifecycleEventAlreadyCompleted",
    hook({
      deploymentId: DEPLOYMENT.lambdaReported,
      lifecycleEventHookExecutionId: EXECUTION + DEPLOYMENT.lambdaReported,
    }),
    /has already completed/,
  ],
  [
    HOOK,
    "UnsupportedActionForDeploymentType",
    hook({ deploymentId: DEPLOYMENT.running }),
    /is for Server/,
  ],
];

const LIST_ROWS: readonly Row[] = [
  [
    "ListDeployments",
    "InvalidDeploymentStatus",
    { includeOnlyStatuses: ["Done"] },
    /includeOnlyStatuses/,
  ],
  [
    "ListDeployments",
    "InvalidTimeRange",
    { createTimeRange: { start: 2, end: 1 } },
    /start \(2\) is after end \(1\)/,
  ],
  ["ListDeployments", "InvalidExternalId", { externalId: "a b" }, /externalId/],
  [
    "StopDeployment",
    "DeploymentAlreadyCompleted",
    { deploymentId: DEPLOYMENT.succeeded },
    /has already ended: it is Succeeded/,
  ],
];

const ids = {
  targetIds: ["web-1"],
  targetId: "web-1",
  instanceId: "web-1",
  instanceIds: ["web-1"],
};
const NOT_STARTED = [
  "GetDeploymentTarget",
  "BatchGetDeploymentTargets",
  "ListDeploymentTargets",
  "ListDeploymentInstances",
];
const OF_INSTANCES = [
  "GetDeploymentInstance",
  "BatchGetDeploymentInstances",
  "ListDeploymentInstances",
];
const TARGET_ROWS: readonly Row[] = [
  ...NOT_STARTED.map((operation): Row => [
    operation,
    "DeploymentNotStarted",
    { deploymentId: DEPLOYMENT.created, ...ids },
    /has not started yet: it is Created/,
  ]),
  ...OF_INSTANCES.map((operation): Row => [
    operation,
    "InvalidComputePlatform",
    { deploymentId: DEPLOYMENT.ecs, ...ids },
    /is for ECS.*use GetDeploymentTarget/,
  ]),
  ...[DEPLOYMENT.ecs, DEPLOYMENT.lambda].map((deploymentId): Row => [
    "BatchGetDeploymentTargets",
    "DeploymentTargetListSizeExceeded",
    { deploymentId, targetIds: ["main:web", "main:api"] },
    /targetIds: has 2 entries.*takes one/,
  ]),
  [
    "GetDeploymentTarget",
    "InvalidInstanceName",
    { deploymentId: DEPLOYMENT.running, targetId: "resize:live" },
    /targetId.*100 of A-Z/,
  ],
  ...["InstanceStatus", "InstanceType", "DeploymentInstanceType"].flatMap((error): Row[] => {
    const member = error === "InstanceStatus" ? "instanceStatusFilter" : "instanceTypeFilter";
    const filter = error === "InstanceStatus" ? "TargetStatus" : "ServerInstanceLabel";
    const value = error === "DeploymentInstanceType" ? "Blue" : "Grey";
    const deploymentId = DEPLOYMENT.running;
    const filters = { deploymentId, targetFilters: { [filter]: [value] } };
    return [
      [
        "ListDeploymentInstances",
        `Invalid${error}`,
        { deploymentId, [member]: [value] },
        new RegExp(member),
      ],
      ["ListDeploymentTargets", `Invalid${error}`, filters, new RegExp(`targetFilters.${filter}`)],
    ];
  }),
  [
    "ListDeploymentTargets",
    "InvalidTargetFilterName",
    { deploymentId: DEPLOYMENT.running, targetFilters: { Colour: ["Blue"] } },
    /targetFilters.*Colour/,
  ],
];

export const DEPLOYMENT_ROWS: readonly Row[] = [
  ...[CREATE, "ScheduleDeployment"].flatMap((operation) =>
    CREATE_ROWS.map(([error, input, says]): Row => [operation, error, input, says])
  ),
  ...CONTINUE_ROWS,
  ...INTERVENTION_ROWS,
  ...HOOK_ROWS,
  ...LIST_ROWS,
  ...TARGET_ROWS,
];
