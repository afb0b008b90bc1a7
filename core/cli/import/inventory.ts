/**
 * What a CodeDeploy account has that an import carries over, in the form in which it is written: the
 * same of the source and of the server here, so that the two can be compared.
 * @module
 */
import type { Tag } from "../../domain/tag.ts";

export interface Inventory {
  configs: readonly FoundConfig[];
  applications: readonly FoundApplication[];
  instances: readonly FoundInstance[];
}

/** A config of one's own; the predefined ones are everywhere. */
export interface FoundConfig {
  name: string;
  /** Members of CreateDeploymentConfig. */
  settings: Settings;
}

export interface FoundApplication {
  name: string;
  computePlatform: string;
  /** Undefined when they could not be read. */
  tags: readonly Tag[] | undefined;
  groups: readonly FoundGroup[];
  revisions: readonly FoundRevision[];
}

export interface FoundGroup {
  name: string;
  /** Members of CreateDeploymentGroup; what a member says by default is left out. */
  settings: Settings;
  tags: readonly Tag[] | undefined;
}

export interface FoundRevision {
  /** A RevisionLocation, as the service says it. */
  location: Settings;
  description: string | undefined;
}

export interface FoundInstance {
  name: string;
  /** Its ARN in CodeDeploy, which each registration has anew. */
  arn: string | undefined;
  iamUserArn: string | undefined;
  iamSessionArn: string | undefined;
  tags: readonly Tag[];
}

export type Settings = Readonly<Record<string, unknown>>;
