/** On-premises instances, tags, tokens, and what only this server has. @module */
import { ACCEPTED } from "./accepted.ts";
import type { Row } from "./row.ts";
import { SESSION, USER } from "./world.ts";

const REGISTER = "RegisterOnPremisesInstance";
const instanceName = "web-3";

const REGISTER_ROWS: readonly Row[] = [
  [REGISTER, "IamArnRequired", { instanceName }, /iamUserArn/],
  [REGISTER, "IamUserArnRequired", { instanceName, iamUserArn: "" }, /^iamUserArn must be given/],
  [REGISTER, "InvalidIamUserArn", { instanceName, iamUserArn: "web" }, /iamUserArn.*:user\/NAME/],
  [
    REGISTER,
    "InvalidIamSessionArn",
    { instanceName, iamSessionArn: `${USER}web-3` },
    /iamSessionArn.*assumed-role\/ROLE\/SESSION/,
  ],
  [
    REGISTER,
    "MultipleIamArnsProvided",
    { instanceName, iamUserArn: `${USER}web-3`, iamSessionArn: `${SESSION}web-3` },
    /iamUserArn and iamSessionArn are both given/,
  ],
  [REGISTER, "IamUserArnAlreadyRegistered", { instanceName, iamUserArn: `${USER}web-1` }, /web-1/],
  [
    REGISTER,
    "IamSessionArnAlreadyRegistered",
    { instanceName, iamSessionArn: `${SESSION}web-2` },
    /web-2/,
  ],
  [
    REGISTER,
    "InstanceNameAlreadyRegistered",
    { instanceName: "web-1", iamUserArn: `${USER}web-3` },
    /web-1/,
  ],
];

const LIST_ROWS: readonly Row[] = [
  [
    "ListOnPremisesInstances",
    "InvalidRegistrationStatus",
    { registrationStatus: "Lost" },
    /registrationStatus/,
  ],
  [
    "ListOnPremisesInstances",
    "InvalidTagFilter",
    { tagFilters: [{ Type: "KEY_ONLY" }] },
    /tagFilters.*needs Key/,
  ],
];

const tags = Array.from({ length: 11 }, (_, n) => ({ Key: `k${n}` }));
const TAG_ROWS: readonly Row[] = [
  ...["AddTagsToOnPremisesInstances", "RemoveTagsFromOnPremisesInstances"].map((
    operation,
  ): Row => [
    operation,
    "InvalidTag",
    { tags: [{ Key: "x".repeat(129), Value: "" }], instanceNames: ["web-1"] },
    /tags.*Key/,
  ]),
  [
    "AddTagsToOnPremisesInstances",
    "TagLimitExceeded",
    { tags: [{ Key: "one more" }], instanceNames: ["web-1"] },
    /would have 11 tags; an instance has at most 10/,
  ],
  [
    "RemoveTagsFromOnPremisesInstances",
    "TagLimitExceeded",
    { tags, instanceNames: ["web-1"] },
    /tags: has 11 entries; an instance has at most 10/,
  ],
];

const CHOICE = /one of ids, destination and all/;
const RUNTIME_ROWS: readonly Row[] = [
  [
    "PutGitHubAccountToken",
    "ResourceValidation",
    { tokenName: "third", token: "ghp_3" },
    /2 tokens for GitHub, the most there may be/,
  ],
  [
    "PutGitHubAccountToken",
    "InvalidGitHubAccountToken",
    { ...ACCEPTED["PutGitHubAccountToken"], token: "two words" },
    /token/,
  ],
  ["CreateJoinToken", "InvalidInput", { expiresInSeconds: 0 }, /expiresInSeconds/],
  ["DeleteDeadLetters", "InvalidInput", {}, CHOICE],
  ["ReplayDeadLetters", "InvalidInput", { all: true, ids: [1] }, CHOICE],
  ["ListAuditRecords", "InvalidInput", { subject: "" }, /subject/],
  ["ListDeadLetters", "InvalidInput", { destination: "" }, /destination/],
  [
    "CreateRelease",
    "InvalidInput",
    { ...ACCEPTED["CreateRelease"], deployments: [] },
    /at least 1/,
  ],
  ["GetRelease", "InvalidInput", { releaseId: "r-GONE00000" }, /no release r-GONE00000/],
  ["StopRelease", "InvalidInput", { releaseId: "r-GONE00000" }, /no release r-GONE00000/],
  ["DeleteEventTarget", "InvalidInput", { name: "gone" }, /no event target gone/],
  ["PutEventTarget", "InvalidInput", { name: "log" }, /either url or file/],
  ["DeleteIntegration", "InvalidInput", { kind: "alarm", name: "gone" }, /no alarm named gone/],
  [
    "PutIntegration",
    "InvalidInput",
    { kind: "alarm", name: "errors", plugin: "said", config: { state: "SHOUTED" } },
    /^config\.state: "SHOUTED" is not one of OK, ALARM, UNKNOWN, throws$/,
  ],
  ["ListIntegrations", "InvalidInput", { kind: "gone" }, /"gone" is not one of balancer, alarm/],
  ["TryIntegration", "InvalidInput", { kind: "alarm", name: "gone" }, /no alarm named gone/],
  [
    "PutStrategyConfig",
    "InvalidInput",
    { ...ACCEPTED["PutStrategyConfig"], strategy: "canaries" },
    /^strategy: this server has no plugin canaries; for the kind strategy it has canary/,
  ],
  [
    "PutStrategyConfig",
    "DeploymentConfigLimitExceeded",
    { ...ACCEPTED["PutStrategyConfig"] },
    /4 deployment configs, the most there may be/,
  ],
  ["PutStrategyConfig", "DeploymentConfigNameRequired", { strategy: "canary" }, /must be given/],
  [
    "PutStrategyConfig",
    "InvalidDeploymentConfigName",
    { deploymentConfigName: "CodeDeployDefault.Slow", strategy: "canary" },
    /predefined/,
  ],
  [
    "PutStrategyConfig",
    "DeploymentConfigAlreadyExists",
    { deploymentConfigName: "zones", strategy: "canary" },
    /zones already exists/,
  ],
  ["DescribeOperations", "InvalidInput", { operationNames: ["Fly"] }, /Fly/],
  [
    "GetDeploymentLogs",
    "InvalidInput",
    { ...ACCEPTED["GetDeploymentLogs"], after: -1 },
    /after/,
  ],
  ["GetServerKey", "InstanceNotRegistered", {}, /user\/agent/, "agent"],
];

export const HOST_ROWS: readonly Row[] = [
  ...REGISTER_ROWS,
  ...LIST_ROWS,
  ...TAG_ROWS,
  ...RUNTIME_ROWS,
];
