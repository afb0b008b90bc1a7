/** The operations of CodeDeploy that are not about running deployments, one file each. @module */
import { operationsByName } from "./operation.ts";
import { addTagsToOnPremisesInstances } from "./operations/add_tags_to_on_premises_instances.ts";
import { batchGetApplicationRevisions } from "./operations/batch_get_application_revisions.ts";
import { batchGetApplications } from "./operations/batch_get_applications.ts";
import { batchGetDeploymentGroups } from "./operations/batch_get_deployment_groups.ts";
import { batchGetOnPremisesInstances } from "./operations/batch_get_on_premises_instances.ts";
import { createApplication } from "./operations/create_application.ts";
import { createDeploymentConfig } from "./operations/create_deployment_config.ts";
import { createDeploymentGroup } from "./operations/create_deployment_group.ts";
import { deleteApplication } from "./operations/delete_application.ts";
import { deleteDeploymentConfig } from "./operations/delete_deployment_config.ts";
import { deleteDeploymentGroup } from "./operations/delete_deployment_group.ts";
import { deleteGitHubAccountToken } from "./operations/delete_github_account_token.ts";
import { deleteResourcesByExternalId } from "./operations/delete_resources_by_external_id.ts";
import { deregisterOnPremisesInstance } from "./operations/deregister_on_premises_instance.ts";
import { getApplication } from "./operations/get_application.ts";
import { getApplicationRevision } from "./operations/get_application_revision.ts";
import { getDeploymentConfig } from "./operations/get_deployment_config.ts";
import { getDeploymentGroup } from "./operations/get_deployment_group.ts";
import { getOnPremisesInstance } from "./operations/get_on_premises_instance.ts";
import { listApplicationRevisions } from "./operations/list_application_revisions.ts";
import { listApplications } from "./operations/list_applications.ts";
import { listDeploymentConfigs } from "./operations/list_deployment_configs.ts";
import { listDeploymentGroups } from "./operations/list_deployment_groups.ts";
import { listGitHubAccountTokenNames } from "./operations/list_github_account_token_names.ts";
import { listOnPremisesInstances } from "./operations/list_on_premises_instances.ts";
import { registerApplicationRevision } from "./operations/register_application_revision.ts";
import { registerOnPremisesInstance } from "./operations/register_on_premises_instance.ts";
import { removeTagsFromOnPremisesInstances } from "./operations/remove_tags_from_on_premises_instances.ts";
import { listTagsForResource } from "./operations/list_tags_for_resource.ts";
import { tagResource } from "./operations/tag_resource.ts";
import { untagResource } from "./operations/untag_resource.ts";
import { updateApplication } from "./operations/update_application.ts";
import { updateDeploymentGroup } from "./operations/update_deployment_group.ts";

/** Prefix of X-Amz-Target, and the name clients sign for (service model). */
export const CODEDEPLOY_TARGET_PREFIX = "CodeDeploy_20141006.";
export const CODEDEPLOY_SIGNING_NAME = "codedeploy";

export const CODEDEPLOY_OPERATIONS = operationsByName([
  addTagsToOnPremisesInstances,
  batchGetApplicationRevisions,
  batchGetApplications,
  batchGetDeploymentGroups,
  batchGetOnPremisesInstances,
  createApplication,
  createDeploymentConfig,
  createDeploymentGroup,
  deleteApplication,
  deleteDeploymentConfig,
  deleteDeploymentGroup,
  deleteGitHubAccountToken,
  deleteResourcesByExternalId,
  deregisterOnPremisesInstance,
  getApplication,
  getApplicationRevision,
  getDeploymentConfig,
  getDeploymentGroup,
  getOnPremisesInstance,
  listApplicationRevisions,
  listApplications,
  listDeploymentConfigs,
  listDeploymentGroups,
  listGitHubAccountTokenNames,
  listOnPremisesInstances,
  registerApplicationRevision,
  registerOnPremisesInstance,
  removeTagsFromOnPremisesInstances,
  listTagsForResource,
  tagResource,
  untagResource,
  updateApplication,
  updateDeploymentGroup,
]);
