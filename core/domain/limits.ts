/**
 * How many of what there may be (CodeDeploy user guide, "Limits"; page sizes are the server's own
 * choice). One table, so that a limit in a message and the limit that is checked are the same.
 * @module
 */

export const LIMITS = {
  applications: 1000,
  /** Deployment groups of one application. */
  groups: 1000,
  /** Custom deployment configs. */
  configs: 200,
  alarms: 10,
  triggers: 10,
  autoScalingGroups: 10,
  /** Load balancers, and target groups, of one deployment group. */
  balancers: 10,
  /** Filters of one list of a deployment group. */
  tagFilters: 10,
  /** Lists of a tag set. */
  tagSetLists: 3,
  ecsServices: 1,
  /** Instances that one call may tag. */
  taggedInstances: 100,
  /** Names that one BatchGet call may ask for. */
  batch: 100,
  /** Revisions that one BatchGetApplicationRevisions call may ask for. */
  batchRevisions: 25,
  /** Targets that one BatchGetDeploymentTargets call may ask for. */
  batchTargets: 25,
  /** Characters of a description. */
  description: 256,
  /** Minutes from the first shift of traffic to the last. */
  trafficShiftMinutes: 2880,
  /** Tags of one application or deployment group. */
  resourceTags: 50,
  /** Characters of an ARN (service model). */
  arn: 1011,
  /** Tokens for GitHub. */
  githubTokens: 25,
  /** Deployments under way at a time. */
  activeDeployments: 1000,
  /** Entries of a page of a List operation. */
  page: 100,
} as const;
