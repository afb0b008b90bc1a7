/**
 * `aws_codedeploy_deployment_group` as the provider of Terraform keeps it: what a configuration may
 * say, how each argument is written, how it is read back, and when a plan finds a difference. After
 * the provider's documentation and behaviour.
 * @module
 */
import type {
  BlueGreenDeploymentConfiguration,
  DeploymentGroupInfo,
  EC2TagFilter,
  LoadBalancerInfo,
  TagFilter,
  TriggerEventType,
  UpdateDeploymentGroupCommandInput,
} from "@aws-sdk/client-codedeploy";
import { sameValue } from "../../core/cli/same_value.ts";

export interface Filter {
  key?: string;
  type?: "KEY_ONLY" | "VALUE_ONLY" | "KEY_AND_VALUE";
  value?: string;
}

/** What a configuration says; a block that it does not have is undefined. */
export interface GroupArguments {
  app_name: string;
  deployment_group_name: string;
  service_role_arn: string;
  deployment_config_name?: string;
  autoscaling_groups?: string[];
  ec2_tag_filter?: Filter[];
  ec2_tag_set?: { ec2_tag_filter: Filter[] }[];
  on_premises_instance_tag_filter?: Filter[];
  trigger_configuration?: {
    trigger_name: string;
    trigger_target_arn: string;
    trigger_events: TriggerEventType[];
  }[];
  alarm_configuration?: {
    alarms: string[];
    enabled: boolean;
    ignore_poll_alarm_failure: boolean;
  };
  auto_rollback_configuration?: {
    enabled: boolean;
    events: ("DEPLOYMENT_FAILURE" | "DEPLOYMENT_STOP_ON_ALARM" | "DEPLOYMENT_STOP_ON_REQUEST")[];
  };
  deployment_style?: {
    deployment_option: "WITH_TRAFFIC_CONTROL" | "WITHOUT_TRAFFIC_CONTROL";
    deployment_type: "IN_PLACE" | "BLUE_GREEN";
  };
  load_balancer_info?: LoadBalancerInfo;
  blue_green_deployment_config?: BlueGreenDeploymentConfiguration;
  ecs_service?: { cluster_name: string; service_name: string };
  outdated_instances_strategy?: "UPDATE" | "IGNORE";
  termination_hook_enabled?: boolean;
  tags?: Record<string, string>;
}

export interface GroupState extends GroupArguments {
  id: string;
  arn: string;
  compute_platform: string;
}

type Argument = keyof GroupArguments;
type Written = Omit<UpdateDeploymentGroupCommandInput, "applicationName">;

/** What a configuration says by saying nothing. */
const DEFAULTS: Partial<GroupArguments> = {
  deployment_config_name: "CodeDeployDefault.OneAtATime",
  autoscaling_groups: [],
  ec2_tag_filter: [],
  ec2_tag_set: [],
  on_premises_instance_tag_filter: [],
  trigger_configuration: [],
  outdated_instances_strategy: "UPDATE",
  termination_hook_enabled: false,
  tags: {},
};

/** Saying nothing of these means: whatever the service says. */
const COMPUTED: ReadonlySet<Argument> = new Set<Argument>([
  "blue_green_deployment_config",
  "deployment_style",
]);

const ARGUMENTS: readonly Argument[] = [
  "app_name",
  "deployment_group_name",
  "service_role_arn",
  "deployment_config_name",
  "autoscaling_groups",
  "ec2_tag_filter",
  "ec2_tag_set",
  "on_premises_instance_tag_filter",
  "trigger_configuration",
  "alarm_configuration",
  "auto_rollback_configuration",
  "deployment_style",
  "load_balancer_info",
  "blue_green_deployment_config",
  "ecs_service",
  "outdated_instances_strategy",
  "termination_hook_enabled",
  "tags",
];

/** Arguments in which a configuration and what was read last differ: what a plan would show. */
export function groupPlan(config: GroupArguments, state: GroupArguments): Argument[] {
  return ARGUMENTS.filter((argument) => {
    const wanted = config[argument] ?? DEFAULTS[argument];
    if (wanted === undefined && COMPUTED.has(argument)) return false;
    return !sameValue(wanted, state[argument]);
  });
}

/** How arguments are written. One that the configuration no longer has is written as empty. */
export function written(config: GroupArguments, changed: readonly Argument[]): Written {
  const input: Partial<Written> = {};
  for (const argument of changed) Object.assign(input, WRITE[argument]?.(config) ?? {});
  return { currentDeploymentGroupName: config.deployment_group_name, ...input };
}

const WRITE: { readonly [Name in Argument]?: (config: GroupArguments) => Partial<Written> } = {
  deployment_config_name: ({ deployment_config_name: name }) => ({
    deploymentConfigName: name ?? DEFAULTS.deployment_config_name,
  }),
  autoscaling_groups: ({ autoscaling_groups: names = [] }) => ({ autoScalingGroups: names }),
  ec2_tag_filter: ({ ec2_tag_filter: filters = [] }) => ({ ec2TagFilters: filters.map(ec2Filter) }),
  ec2_tag_set: ({ ec2_tag_set: sets = [] }) => ({
    ec2TagSet: { ec2TagSetList: sets.map((one) => one.ec2_tag_filter.map(ec2Filter)) },
  }),
  on_premises_instance_tag_filter: ({ on_premises_instance_tag_filter: filters = [] }) => ({
    onPremisesInstanceTagFilters: filters.map(ec2Filter),
  }),
  trigger_configuration: ({ trigger_configuration: triggers = [] }) => ({
    triggerConfigurations: triggers.map((one) => ({
      triggerName: one.trigger_name,
      triggerTargetArn: one.trigger_target_arn,
      triggerEvents: one.trigger_events,
    })),
  }),
  alarm_configuration: ({ alarm_configuration: block }) => ({
    alarmConfiguration: {
      enabled: block?.enabled ?? false,
      ignorePollAlarmFailure: block?.ignore_poll_alarm_failure ?? false,
      alarms: (block?.alarms ?? []).map((name) => ({ name })),
    },
  }),
  auto_rollback_configuration: ({ auto_rollback_configuration: block }) => ({
    autoRollbackConfiguration: { enabled: block?.enabled ?? false, events: block?.events ?? [] },
  }),
  deployment_style: ({ deployment_style: block }) =>
    block === undefined ? {} : {
      deploymentStyle: {
        deploymentOption: block.deployment_option,
        deploymentType: block.deployment_type,
      },
    },
  load_balancer_info: ({ load_balancer_info: block = {} }) => ({ loadBalancerInfo: block }),
  blue_green_deployment_config: ({ blue_green_deployment_config: block }) =>
    block === undefined ? {} : { blueGreenDeploymentConfiguration: block },
  ecs_service: ({ ecs_service: block }) => ({
    ecsServices: block === undefined
      ? []
      : [{ clusterName: block.cluster_name, serviceName: block.service_name }],
  }),
  outdated_instances_strategy: ({ outdated_instances_strategy: strategy = "UPDATE" }) => ({
    outdatedInstancesStrategy: strategy,
  }),
  termination_hook_enabled: ({ termination_hook_enabled: enabled = false }) => ({
    terminationHookEnabled: enabled,
  }),
};

/** Three texts always; what a filter does not say is the empty one. */
function ec2Filter({ key = "", type, value = "" }: Filter): EC2TagFilter & TagFilter {
  return { Key: key, Value: value, ...(type && { Type: type }) };
}

/** How a group that was read is kept. The provider takes `enabled` to be there where a block is. */
export function groupState(
  info: DeploymentGroupInfo,
  arn: string,
  tags: Record<string, string>,
): GroupState {
  const { alarmConfiguration: alarms, autoRollbackConfiguration: rollback } = info;
  const [service] = info.ecsServices ?? [];
  return withoutUndefined({
    id: info.deploymentGroupId ?? "",
    arn,
    compute_platform: info.computePlatform ?? "",
    app_name: info.applicationName ?? "",
    deployment_group_name: info.deploymentGroupName ?? "",
    service_role_arn: info.serviceRoleArn ?? "",
    deployment_config_name: info.deploymentConfigName,
    autoscaling_groups: (info.autoScalingGroups ?? []).map(({ name = "" }) => name),
    ec2_tag_filter: (info.ec2TagFilters ?? []).map(filterState),
    ec2_tag_set: (info.ec2TagSet?.ec2TagSetList ?? []).map((filters) => ({
      ec2_tag_filter: filters.map(filterState),
    })),
    on_premises_instance_tag_filter: (info.onPremisesInstanceTagFilters ?? []).map(filterState),
    trigger_configuration: (info.triggerConfigurations ?? []).map((one) => ({
      trigger_name: one.triggerName ?? "",
      trigger_target_arn: one.triggerTargetArn ?? "",
      trigger_events: one.triggerEvents ?? [],
    })),
    alarm_configuration: alarms && (there(alarms.enabled) || (alarms.alarms ?? []).length > 0)
      ? {
        alarms: (alarms.alarms ?? []).map(({ name = "" }) => name),
        enabled: there(alarms.enabled),
        ignore_poll_alarm_failure: alarms.ignorePollAlarmFailure ?? false,
      }
      : undefined,
    auto_rollback_configuration:
      rollback && (there(rollback.enabled) || (rollback.events ?? []).length > 0)
        ? { enabled: there(rollback.enabled), events: rollback.events ?? [] }
        : undefined,
    deployment_style: info.deploymentStyle && {
      deployment_option: there(info.deploymentStyle.deploymentOption),
      deployment_type: there(info.deploymentStyle.deploymentType),
    },
    // A balancer without any list would be a block that the configuration does not have.
    load_balancer_info: info.loadBalancerInfo,
    blue_green_deployment_config: info.blueGreenDeploymentConfiguration,
    ecs_service: service && {
      cluster_name: service.clusterName ?? "",
      service_name: service.serviceName ?? "",
    },
    outdated_instances_strategy: info.outdatedInstancesStrategy,
    termination_hook_enabled: info.terminationHookEnabled ?? false,
    tags,
  });
}

function filterState({ Key, Type, Value }: EC2TagFilter & TagFilter): Filter {
  return { ...(Key && { key: Key }), ...(Type && { type: Type }), ...(Value && { value: Value }) };
}

/** The provider reads through a pointer here: nothing there would end it. */
function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a member that the provider relies on is missing");
  return value;
}

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries) as Defined<T>; // because entries lose their types
}
