/**
 * Rows that follow from a member's name: what is answered when it is left out, malformed, too long a
 * list, or names what is not there. Written down apart from the server's own table, so that neither
 * can be wrong alone; which of the rows an operation gets, its schema and its `errors` say.
 * @module
 */
import type { Operation } from "../../../core/api/operation.ts";
import { ACCEPTED } from "./accepted.ts";
import { DEPLOYMENT } from "./world.ts";
import type { Row } from "./row.ts";

type Fault = [error: string, bad: unknown, says?: RegExp];

interface Rule {
  /** Left out, null, "" and []. */
  required?: string;
  faults: readonly Fault[];
}

const LONG = "x".repeat(101);
const times = (count: number, value: unknown) => Array.from({ length: count }, () => value);

function named(kind: string, unknown?: Fault): Rule {
  const error = `Invalid${kind}Name`;
  const says = /100 of A-Z a-z 0-9/;
  const faults: Fault[] = [
    [error, "a b", says],
    [error, LONG, says],
    ...(unknown ? [unknown] : []),
  ];
  return { required: `${kind}NameRequired`, faults };
}

function namedList(kind: string, ...others: Fault[]): Rule {
  const error = `Invalid${kind}Name`;
  const faults: Fault[] = [[error, ["a b"]], [error, ["shop", ""]], ...others];
  return { required: `${kind}NameRequired`, faults };
}

const NO_APPLICATION = /^No application found for name: gone$/;
const NO_GROUP = /^No Deployment Group found for name: gone$/;
const NO_CONFIG = /^No Deployment Configuration found for name: gone$/;
const NO_DEPLOYMENT = /^No deployment found for id: d-ZZZZZZZZZ$/;
const NO_INSTANCE = /^No on-premises instance is registered with the name gone$/;
const GROUP_NAME = named("DeploymentGroup", ["DeploymentGroupDoesNotExist", "gone", NO_GROUP]);
const REVISION = /revision/;
const GITHUB = { revisionType: "GitHub", gitHubLocation: { repository: "a", commitId: "1" } };
const TOKEN: Rule = { faults: [["InvalidNextToken", "%"], ["InvalidNextToken", "bm8"]] };
const ARN: Rule = {
  required: "ResourceArnRequired",
  faults: [
    ["InvalidArn", "shop"],
    ["InvalidArn", `arn:aws:codedeploy:us-east-1:0:application:${"x".repeat(1011)}`],
    ["ApplicationDoesNotExist", arn("application:gone"), NO_APPLICATION],
    ["DeploymentGroupDoesNotExist", arn("deploymentgroup:shop/gone"), NO_GROUP],
    ["DeploymentConfigDoesNotExist", arn("deploymentconfig:gone"), NO_CONFIG],
    ["ArnNotSupported", arn("deploymentconfig:free"), /deploymentconfig has no tags/],
    ["ArnNotSupported", arn("instance/web-1_abc"), /instance has no tags/],
  ],
};

const RULES: Readonly<Record<string, Rule>> = {
  applicationName: named("Application", ["ApplicationDoesNotExist", "gone", NO_APPLICATION]),
  applicationNames: namedList(
    "Application",
    ["ApplicationDoesNotExist", ["shop", "gone"], NO_APPLICATION],
    ["BatchLimitExceeded", times(101, "shop")],
  ),
  computePlatform: { faults: [["InvalidComputePlatform", "Moon"]] },
  currentDeploymentGroupName: GROUP_NAME,
  deployed: { faults: [["InvalidDeployedStateFilter", "maybe"]] },
  deploymentConfigName: named("DeploymentConfig", [
    "DeploymentConfigDoesNotExist",
    "gone",
    NO_CONFIG,
  ]),
  deploymentGroupName: GROUP_NAME,
  deploymentGroupNames: namedList("DeploymentGroup", ["BatchLimitExceeded", times(101, "prod")]),
  deploymentId: {
    required: "DeploymentIdRequired",
    faults: [
      ["InvalidDeploymentId", "d-1"],
      ["InvalidDeploymentId", "d-aaaaaaaaa"],
      ["DeploymentDoesNotExist", "d-ZZZZZZZZZ", NO_DEPLOYMENT],
    ],
  },
  deploymentIds: {
    required: "DeploymentIdRequired",
    faults: [
      ["InvalidDeploymentId", ["d-1"]],
      ["BatchLimitExceeded", times(101, DEPLOYMENT.running)],
    ],
  },
  description: { faults: [["DescriptionTooLong", "x".repeat(257), /256/]] },
  instanceId: {
    required: "InstanceIdRequired",
    faults: [["InvalidInstanceName", "a b"], [
      "InstanceDoesNotExist",
      "gone",
      /has no instance gone/,
    ]],
  },
  instanceIds: {
    required: "InstanceIdRequired",
    faults: [["InvalidInstanceName", ["a b"]], ["BatchLimitExceeded", times(101, "web-1")]],
  },
  instanceName: named("Instance", ["InstanceNotRegistered", "gone", NO_INSTANCE]),
  instanceNames: namedList(
    "Instance",
    ["InstanceNotRegistered", ["web-2", "gone"], NO_INSTANCE],
    ["BatchLimitExceeded", times(101, "web-1")],
    ["InstanceLimitExceeded", times(101, "web-1")],
  ),
  newApplicationName: named("Application", ["ApplicationAlreadyExists", "fn", /fn already exists/]),
  newDeploymentGroupName: {
    faults: [
      ["InvalidDeploymentGroupName", "a b"],
      ["DeploymentGroupAlreadyExists", "other", /other already exists/],
    ],
  },
  nextToken: TOKEN,
  NextToken: TOKEN,
  ResourceArn: ARN,
  revision: {
    required: "RevisionRequired",
    faults: [["InvalidRevision", {}], ["InvalidRevision", { revisionType: "S3" }], [
      "InvalidRevision",
      GITHUB,
      /revision\.gitHubLocation\.repository/,
    ]],
  },
  revisions: {
    required: "RevisionRequired",
    faults: [["InvalidRevision", [{}], REVISION], ["InvalidRevision", [GITHUB], REVISION]],
  },
  serviceRoleArn: { required: "RoleRequired", faults: [["InvalidRole", "deploy", /:role\/NAME/]] },
  sortBy: { faults: [["InvalidSortBy", "size"]] },
  sortOrder: { faults: [["InvalidSortOrder", "up"]] },
  tags: { required: "TagRequired", faults: [["InvalidTagsToAdd", [{ Key: LONG + LONG }], /tags/]] },
  Tags: { required: "TagRequired", faults: [["InvalidTagsToAdd", [{ Key: "aws:a" }], /aws:/]] },
  TagKeys: { required: "TagRequired", faults: [["InvalidTagsToAdd", ["x".repeat(129)]]] },
  targetId: {
    required: "DeploymentTargetIdRequired",
    faults: [
      ["InvalidDeploymentTargetId", "a b"],
      ["DeploymentTargetDoesNotExist", "gone", /has no target gone/],
    ],
  },
  targetIds: {
    required: "DeploymentTargetIdRequired",
    faults: [
      ["InvalidDeploymentTargetId", ["a b"]],
      ["InvalidDeploymentTargetId", ["web-1", ""]],
      ["DeploymentTargetDoesNotExist", ["web-1", "gone"], /has no target gone/],
      ["DeploymentTargetListSizeExceeded", times(26, "web-1")],
    ],
  },
  tokenName: named("GitHubAccountToken", [
    "GitHubAccountTokenDoesNotExist",
    "gone",
    /^There is no token for GitHub with the name gone$/,
  ]),
};

/** The rows of an operation that its members and its errors ask for. */
export function memberRows({ name, input, errors }: Operation): Row[] {
  const listed: readonly string[] = errors;
  const accepted = ACCEPTED[name] ?? {};
  return Object.keys(input.shape).flatMap((member) => {
    const { required, faults } = RULES[member] ?? { faults: [] };
    const rows: Row[] = faults.map(([error, bad, says]) => [
      name,
      error,
      { ...accepted, [member]: bad },
      says ?? new RegExp(member),
    ]);
    if (required !== undefined) {
      for (const absent of [undefined, null, "", []]) {
        rows.push([name, required, { ...accepted, [member]: absent }, missing(required, member)]);
      }
    }
    return rows.filter(([, error]) => listed.includes(`${error}Exception`));
  });
}

function missing(error: string, member: string): RegExp {
  if (error === "RevisionRequired") return /^RevisionLocation must be specified$/;
  return new RegExp(`^${member} must be given`);
}

function arn(resource: string): string {
  return `arn:aws:codedeploy:us-east-1:000000000000:${resource}`;
}
