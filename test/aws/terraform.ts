/**
 * Terraform's provider of AWS in front of CodeDeploy: create, read, update, import and delete of its
 * three resources, in the order of calls and with the exceptions that it waits for or ignores. After
 * the provider's documentation and behaviour.
 * @module
 */
import * as sdk from "@aws-sdk/client-codedeploy";
import { ACCOUNT, REGION } from "./client.ts";
import {
  type GroupArguments,
  groupPlan,
  type GroupState,
  groupState,
  written,
} from "./terraform_group.ts";

export interface AppArguments {
  name: string;
  compute_platform?: "Server" | "Lambda" | "ECS";
  tags?: Record<string, string>;
}
export interface AppState {
  id: string;
  arn: string;
  application_id: string;
  name: string;
  compute_platform: string;
  linked_to_github: boolean;
  tags: Record<string, string>;
}

export interface ConfigArguments {
  deployment_config_name: string;
  compute_platform?: "Server" | "Lambda" | "ECS";
  minimum_healthy_hosts?: sdk.MinimumHealthyHosts;
  traffic_routing_config?: sdk.TrafficRoutingConfig;
  zonal_config?: sdk.ZonalConfig;
}
export type ConfigState = ConfigArguments & { id: string; deployment_config_id: string };

const ARN = `arn:aws:codedeploy:${REGION}:${ACCOUNT}`;

export class Provider {
  /** How often a group was refused for its role, as one that AWS does not know yet. */
  roleRetries = 0;
  readonly #client: sdk.CodeDeployClient;
  /** What stands for the wait between two attempts: the world changes meanwhile. */
  readonly #meanwhile: () => Promise<void>;

  constructor(client: sdk.CodeDeployClient, meanwhile = () => Promise.resolve()) {
    this.#client = client;
    this.#meanwhile = meanwhile;
  }

  async createApp(config: AppArguments): Promise<AppState | undefined> {
    const { name, compute_platform: computePlatform = "Server", tags } = config;
    await this.#client.send(
      new sdk.CreateApplicationCommand({
        applicationName: name,
        computePlatform,
        tags: tagList(tags),
      }),
    );
    return await this.readApp(name);
  }

  /** Undefined when it has gone, which takes it out of the state. Import is a read by the name. */
  async readApp(applicationName: string): Promise<AppState | undefined> {
    const got = await gone(
      this.#client.send(new sdk.GetApplicationCommand({ applicationName })),
      sdk.ApplicationDoesNotExistException,
    );
    if (got?.application === undefined) return undefined;
    const { applicationId = "", applicationName: name = "", ...app } = got.application;
    const arn = `${ARN}:application:${name}`;
    return {
      id: `${applicationId}:${name}`,
      arn,
      application_id: applicationId,
      name,
      compute_platform: app.computePlatform ?? "",
      linked_to_github: app.linkedToGitHub ?? false,
      tags: await this.#tagsOf(arn),
    };
  }

  /** Renames in place; another platform would be another application. */
  async updateApp(state: AppState, config: AppArguments): Promise<AppState | undefined> {
    if (state.name !== config.name) {
      await this.#client.send(
        new sdk.UpdateApplicationCommand({
          applicationName: state.name,
          newApplicationName: config.name,
        }),
      );
    }
    await this.#updateTags(`${ARN}:application:${config.name}`, state.tags, config.tags ?? {});
    return await this.readApp(config.name);
  }

  async deleteApp({ name }: AppState): Promise<void> {
    const command = new sdk.DeleteApplicationCommand({ applicationName: name });
    await gone(this.#client.send(command), sdk.ApplicationDoesNotExistException);
  }

  async createConfig(config: ConfigArguments): Promise<ConfigState | undefined> {
    await this.#client.send(
      new sdk.CreateDeploymentConfigCommand({
        deploymentConfigName: config.deployment_config_name,
        computePlatform: config.compute_platform ?? "Server",
        minimumHealthyHosts: config.minimum_healthy_hosts,
        trafficRoutingConfig: config.traffic_routing_config,
        zonalConfig: config.zonal_config,
      }),
    );
    return await this.readConfig(config.deployment_config_name);
  }

  async readConfig(deploymentConfigName: string): Promise<ConfigState | undefined> {
    const got = await gone(
      this.#client.send(new sdk.GetDeploymentConfigCommand({ deploymentConfigName })),
      sdk.DeploymentConfigDoesNotExistException,
    );
    const info = got?.deploymentConfigInfo;
    if (info === undefined) return undefined;
    return {
      id: deploymentConfigName,
      deployment_config_id: info.deploymentConfigId ?? "",
      deployment_config_name: info.deploymentConfigName ?? "",
      ...(info.computePlatform && { compute_platform: info.computePlatform }),
      ...(info.minimumHealthyHosts && { minimum_healthy_hosts: info.minimumHealthyHosts }),
      ...(info.trafficRoutingConfig && { traffic_routing_config: info.trafficRoutingConfig }),
      ...(info.zonalConfig && { zonal_config: info.zonalConfig }),
    };
  }

  /** Every refusal is an error here, also that it has gone. */
  async deleteConfig({ id }: ConfigState): Promise<void> {
    await this.#client.send(new sdk.DeleteDeploymentConfigCommand({ deploymentConfigName: id }));
  }

  async createGroup(config: GroupArguments): Promise<GroupState | undefined> {
    const empty: GroupArguments = {
      app_name: config.app_name,
      deployment_group_name: config.deployment_group_name,
      service_role_arn: "",
    };
    await this.#retryingRole(() => {
      // Only arguments that say something are written.
      const said = groupPlan(config, { ...empty, ...UNSAID });
      const { currentDeploymentGroupName: _, ...input } = written(config, said);
      return this.#client.send(
        new sdk.CreateDeploymentGroupCommand({
          ...input,
          applicationName: config.app_name,
          deploymentGroupName: config.deployment_group_name,
          serviceRoleArn: config.service_role_arn,
          tags: tagList(config.tags),
        }),
      );
    });
    return await this.readGroup(config.app_name, config.deployment_group_name);
  }

  /** Undefined when the group or its application has gone. */
  async readGroup(app: string, name: string): Promise<GroupState | undefined> {
    const command = new sdk.GetDeploymentGroupCommand({
      applicationName: app,
      deploymentGroupName: name,
    });
    const got = await gone(
      this.#client.send(command),
      sdk.DeploymentGroupDoesNotExistException,
      sdk.ApplicationDoesNotExistException,
    );
    if (got?.deploymentGroupInfo === undefined) return undefined;
    const arn = `${ARN}:deploymentgroup:${app}/${name}`;
    return groupState(got.deploymentGroupInfo, arn, await this.#tagsOf(arn));
  }

  /** By `APPLICATION:GROUP`. */
  async importGroup(id: string): Promise<GroupState | undefined> {
    const [app = "", name = ""] = id.split(":");
    return await this.readGroup(app, name);
  }

  async updateGroup(state: GroupState, config: GroupArguments): Promise<GroupState | undefined> {
    const changed = groupPlan(config, state);
    const renamed = state.deployment_group_name !== config.deployment_group_name;
    if (changed.some((argument) => argument !== "tags")) {
      await this.#retryingRole(() =>
        this.#client.send(
          new sdk.UpdateDeploymentGroupCommand({
            ...written(config, changed),
            applicationName: config.app_name,
            currentDeploymentGroupName: state.deployment_group_name,
            serviceRoleArn: config.service_role_arn,
            ...(renamed && { newDeploymentGroupName: config.deployment_group_name }),
          }),
        )
      );
    }
    const arn = `${ARN}:deploymentgroup:${config.app_name}/${config.deployment_group_name}`;
    await this.#updateTags(arn, state.tags ?? {}, config.tags ?? {});
    return await this.readGroup(config.app_name, config.deployment_group_name);
  }

  async deleteGroup(state: GroupState): Promise<void> {
    const command = new sdk.DeleteDeploymentGroupCommand({
      applicationName: state.app_name,
      deploymentGroupName: state.deployment_group_name,
    });
    await gone(this.#client.send(command), sdk.DeploymentGroupDoesNotExistException);
  }

  /** A role that was made a moment ago is not known everywhere yet; five times at most here. */
  async #retryingRole(call: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1;; attempt++) {
      try {
        await call();
        return;
      } catch (error) {
        if (!(error instanceof sdk.InvalidRoleException) || attempt === 5) throw error;
      }
      this.roleRetries++;
      await this.#meanwhile();
    }
  }

  async #tagsOf(ResourceArn: string): Promise<Record<string, string>> {
    const { Tags = [] } = await this.#client.send(
      new sdk.ListTagsForResourceCommand({ ResourceArn }),
    );
    return Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
  }

  /** Removes first what is no longer said, then puts what is new or different. */
  async #updateTags(
    ResourceArn: string,
    before: Record<string, string>,
    after: Record<string, string>,
  ): Promise<void> {
    const TagKeys = Object.keys(before).filter((key) => after[key] === undefined);
    if (TagKeys.length > 0) {
      await this.#client.send(new sdk.UntagResourceCommand({ ResourceArn, TagKeys }));
    }
    const changed = Object.entries(after).filter(([key, value]) => before[key] !== value);
    if (changed.length > 0) {
      const Tags = tagList(Object.fromEntries(changed));
      await this.#client.send(new sdk.TagResourceCommand({ ResourceArn, Tags }));
    }
  }
}

/** What the state of nothing says, against which a new group's arguments are those that say something. */
const UNSAID: Partial<GroupArguments> = {
  autoscaling_groups: [],
  ec2_tag_filter: [],
  ec2_tag_set: [],
  on_premises_instance_tag_filter: [],
  trigger_configuration: [],
  termination_hook_enabled: false,
  tags: {},
};

function tagList(tags: Record<string, string> = {}): sdk.Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** The answer, or undefined when it is refused by one of these exceptions. */
async function gone<T>(
  call: Promise<T>,
  ...exceptions: (abstract new (...args: never) => Error)[]
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (exceptions.some((exception) => error instanceof exception)) return undefined;
    throw error;
  }
}
