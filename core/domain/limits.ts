/**
 * What a request may look like (CodeDeploy user guide, "Limits"; service model). How much a server
 * keeps is each server's own choice and stands in `quotas.ts`.
 * @module
 */

export const LIMITS = {
  /** Load balancers, and target groups, of one deployment group. */
  balancers: 10,
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
  /** Minutes that a blue/green deployment may wait for its traffic to be moved. */
  readyWaitMinutes: { Server: 48 * 60, Lambda: 120 * 60, ECS: 120 * 60 },
  /** Characters of an ARN (service model). */
  arn: 1011,
} as const;
