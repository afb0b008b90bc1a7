/**
 * Terraform's three resources of CodeDeploy, from create to delete, against the compiled binary. What
 * matters: after every apply a plan is empty, for each argument alone and for all of them.
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-codedeploy";
import { Fleet } from "../binary/fleet.ts";
import { clientOf } from "./client.ts";
import { Provider } from "./terraform.ts";
import { type GroupArguments, groupPlan, type GroupState } from "./terraform_group.ts";

const ROLE = "arn:aws:iam::123456789012:role/deploy";
const APP = { app_name: "shop", deployment_group_name: "production", service_role_arn: ROLE };

/** A server, the provider in front of it, and the client for what others do meanwhile. */
async function terraform(meanwhile?: () => Promise<void>) {
  const fleet = await Fleet.start(0);
  const client = clientOf(fleet);
  return {
    client,
    provider: new Provider(client, meanwhile),
    [Symbol.asyncDispose]: () => fleet.close(),
  };
}

function found<T>(state: T | undefined): T {
  assert.ok(state !== undefined, "it has gone");
  return state;
}

const arn = (topic: string) => `arn:aws:sns:us-east-1:123456789012:${topic}`;

/** Two values of each argument, both of which say something. */
const values: { [Name in keyof GroupArguments]?: [GroupArguments[Name], GroupArguments[Name]] } = {
  service_role_arn: [ROLE, "arn:aws:iam::123456789012:role/path/other"],
  deployment_config_name: ["CodeDeployDefault.AllAtOnce", "mine"],
  autoscaling_groups: [["a", "b"], ["c"]],
  ec2_tag_filter: [
    [{ key: "role", type: "KEY_ONLY" }, { key: "a", type: "KEY_AND_VALUE", value: "b" }],
    [{ type: "VALUE_ONLY", value: "web" }],
  ],
  ec2_tag_set: [
    [{ ec2_tag_filter: [{ key: "a", type: "KEY_AND_VALUE", value: "1" }] }, {
      ec2_tag_filter: [{ key: "b", type: "KEY_ONLY" }, { key: "c", type: "KEY_ONLY" }],
    }],
    [{ ec2_tag_filter: [{ key: "b", type: "KEY_ONLY" }] }],
  ],
  on_premises_instance_tag_filter: [
    [{ key: "role", type: "KEY_AND_VALUE", value: "web" }],
    [{ key: "role", type: "KEY_ONLY" }],
  ],
  trigger_configuration: [
    [{ trigger_name: "t", trigger_target_arn: arn("t"), trigger_events: ["DeploymentFailure"] }],
    [{
      trigger_name: "t",
      trigger_target_arn: arn("u"),
      trigger_events: ["DeploymentSuccess", "InstanceFailure"],
    }, { trigger_name: "v", trigger_target_arn: arn("v"), trigger_events: ["DeploymentStart"] }],
  ],
  alarm_configuration: [
    { alarms: ["a", "b"], enabled: true, ignore_poll_alarm_failure: false },
    { alarms: ["c"], enabled: false, ignore_poll_alarm_failure: true },
  ],
  auto_rollback_configuration: [
    { enabled: true, events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"] },
    { enabled: false, events: ["DEPLOYMENT_FAILURE"] },
  ],
  deployment_style: [
    { deployment_option: "WITH_TRAFFIC_CONTROL", deployment_type: "IN_PLACE" },
    { deployment_option: "WITHOUT_TRAFFIC_CONTROL", deployment_type: "IN_PLACE" },
  ],
  load_balancer_info: [
    { elbInfoList: [{ name: "one" }, { name: "two" }] },
    { targetGroupInfoList: [{ name: "tg" }] },
  ],
  blue_green_deployment_config: [
    {
      deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 60 },
      greenFleetProvisioningOption: { action: "DISCOVER_EXISTING" },
      terminateBlueInstancesOnDeploymentSuccess: {
        action: "TERMINATE",
        terminationWaitTimeInMinutes: 120,
      },
    },
    {
      deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT" },
      greenFleetProvisioningOption: { action: "COPY_AUTO_SCALING_GROUP" },
      terminateBlueInstancesOnDeploymentSuccess: { action: "KEEP_ALIVE" },
    },
  ],
  outdated_instances_strategy: ["IGNORE", "UPDATE"],
  termination_hook_enabled: [true, false],
  tags: [{ team: "a", cost: "1" }, { team: "b", stage: "" }],
};

/** Removing these blocks changes nothing at the service: it goes on saying what it said. */
const KEPT = new Set([
  "blue_green_deployment_config",
  "deployment_style",
  "deployment_config_name",
]);

async function withApp(provider: Provider): Promise<void> {
  await provider.createApp({ name: "shop" });
  await provider.createConfig({
    deployment_config_name: "mine",
    minimum_healthy_hosts: { type: "HOST_COUNT", value: 1 },
  });
}

/** Applies a configuration and asserts that the next plan is empty. */
async function applied(
  provider: Provider,
  state: GroupState,
  config: GroupArguments,
  what: string,
): Promise<GroupState> {
  const next = found(await provider.updateGroup(state, config));
  assert.deepEqual(groupPlan(config, next), [], `${what}: ${JSON.stringify(next)}`);
  assert.equal(next.id, state.id, "an update in place keeps the id");
  return next;
}

for (const [argument, [first, second]] of Object.entries(values)) {
  test(`a group whose configuration says ${argument}, says it otherwise, and no longer`, async () => {
    await using setting = await terraform();
    const { provider } = setting;
    await withApp(provider);
    const config = { ...APP, [argument]: first };
    const state = found(await provider.createGroup(config));
    assert.deepEqual(groupPlan(config, state), [], JSON.stringify(state));
    const changed = await applied(provider, state, { ...APP, [argument]: second }, "changed");
    if (KEPT.has(argument)) return;
    const removed = await applied(provider, changed, APP, "removed");
    await applied(provider, removed, { ...APP, [argument]: first }, "said again");
  });
}

test("a group with nothing but its names is as it was, read by read", async () => {
  await using setting = await terraform();
  const { provider } = setting;
  await withApp(provider);
  const state = found(await provider.createGroup(APP));
  assert.deepEqual(groupPlan(APP, state), []);
  assert.deepEqual(await provider.readGroup("shop", "production"), state);
  assert.equal(state.compute_platform, "Server");
  assert.match(state.id, /^[0-9a-f-]{36}$/);
});

test("a group that says everything at once is changed to say everything otherwise", async () => {
  await using setting = await terraform();
  const { provider } = setting;
  await withApp(provider);
  const all = (which: 0 | 1): GroupArguments => {
    const said = Object.entries(values).map(([argument, two]) => [argument, two[which]]);
    // Filters and sets exclude each other.
    const { ec2_tag_filter: _, ...rest } = { ...APP, ...Object.fromEntries(said) };
    return rest;
  };
  const state = found(await provider.createGroup(all(0)));
  assert.deepEqual(groupPlan(all(0), state), []);
  const changed = await applied(provider, state, all(1), "otherwise");
  await applied(provider, changed, all(0), "back");
});

test("a set in place of filters, and filters in place of the set, are one update each", async () => {
  await using setting = await terraform();
  const { provider } = setting;
  await withApp(provider);
  const filters: GroupArguments = { ...APP, ec2_tag_filter: [{ key: "a", type: "KEY_ONLY" }] };
  const set: GroupArguments = {
    ...APP,
    ec2_tag_set: [{ ec2_tag_filter: [{ key: "a", type: "KEY_ONLY" }] }],
  };
  const state = found(await provider.createGroup(filters));
  await applied(provider, await applied(provider, state, set, "set"), filters, "filters");
});

test("a group of ECS says its service, pairs of target groups and a blue/green config", async () => {
  await using setting = await terraform();
  const { provider } = setting;
  await provider.createApp({ name: "shop", compute_platform: "ECS" });
  const listener = (name: string) =>
    `arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/lb/1/${name}`;
  const config: GroupArguments = {
    ...APP,
    deployment_config_name: "CodeDeployDefault.ECSAllAtOnce",
    ecs_service: { cluster_name: "c", service_name: "s" },
    deployment_style: { deployment_option: "WITH_TRAFFIC_CONTROL", deployment_type: "BLUE_GREEN" },
    blue_green_deployment_config: {
      deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT" },
      terminateBlueInstancesOnDeploymentSuccess: {
        action: "TERMINATE",
        terminationWaitTimeInMinutes: 5,
      },
    },
    load_balancer_info: {
      targetGroupPairInfoList: [{
        prodTrafficRoute: { listenerArns: [listener("prod")] },
        testTrafficRoute: { listenerArns: [listener("test")] },
        targetGroups: [{ name: "blue" }, { name: "green" }],
      }],
    },
  };
  const state = found(await provider.createGroup(config));
  assert.deepEqual(groupPlan(config, state), [], JSON.stringify(state));
  assert.equal(state.compute_platform, "ECS");
  const other = { ...config, ecs_service: { cluster_name: "c", service_name: "t" } };
  await applied(provider, state, other, "another service");
});

test("a group is renamed in place with its tags, and imported by the names of both", async () => {
  await using setting = await terraform();
  const { provider } = setting;
  await withApp(provider);
  const config: GroupArguments = { ...APP, tags: { team: "a" } };
  const state = found(await provider.createGroup(config));
  const renamed = { ...config, deployment_group_name: "live" };
  const next = await applied(provider, state, renamed, "renamed");
  assert.match(next.arn, /:deploymentgroup:shop\/live$/);
  assert.equal(await provider.readGroup("shop", "production"), undefined);
  assert.deepEqual(await provider.importGroup("shop:live"), next);
  assert.equal(await provider.importGroup("shop:nobody"), undefined);
});

test("an application is created, planned, tagged, renamed, imported, deleted, deleted again", async () => {
  await using setting = await terraform();
  const { provider } = setting;
  const config = { name: "shop", tags: { team: "a", cost: "1" } };
  const state = found(await provider.createApp(config));
  assert.deepEqual({ name: state.name, tags: state.tags }, config);
  assert.equal(state.compute_platform, "Server");
  assert.equal(state.linked_to_github, false);
  assert.deepEqual(await provider.readApp("shop"), state);

  const tagged = found(await provider.updateApp(state, { name: "shop", tags: { team: "b" } }));
  assert.deepEqual(tagged.tags, { team: "b" });
  await provider.createGroup(APP);
  const renamed = found(await provider.updateApp(tagged, { name: "store", tags: { team: "b" } }));
  assert.deepEqual([renamed.application_id, renamed.tags], [state.application_id, { team: "b" }]);
  assert.equal(await provider.readApp("shop"), undefined);
  found(await provider.readGroup("store", "production"));
  assert.deepEqual(await provider.readApp("store"), renamed, "import by the name");
  const untagged = found(await provider.updateApp(renamed, { name: "store" }));
  assert.deepEqual(untagged.tags, {});

  await provider.deleteApp(renamed);
  assert.equal(await provider.readApp("store"), undefined);
  await provider.deleteApp(renamed);
});

const configs: { [what: string]: Parameters<Provider["createConfig"]>[0] } = {
  "a number of hosts": {
    deployment_config_name: "mine",
    compute_platform: "Server",
    minimum_healthy_hosts: { type: "HOST_COUNT", value: 0 },
  },
  "a percentage and zones": {
    deployment_config_name: "mine",
    compute_platform: "Server",
    minimum_healthy_hosts: { type: "FLEET_PERCENT", value: 75 },
    zonal_config: {
      firstZoneMonitorDurationInSeconds: 10,
      minimumHealthyHostsPerZone: { type: "HOST_COUNT", value: 1 },
      monitorDurationInSeconds: 20,
    },
  },
  "a canary": {
    deployment_config_name: "mine",
    compute_platform: "Lambda",
    traffic_routing_config: {
      type: "TimeBasedCanary",
      timeBasedCanary: { canaryInterval: 10, canaryPercentage: 50 },
    },
  },
  "a line": {
    deployment_config_name: "mine",
    compute_platform: "ECS",
    traffic_routing_config: {
      type: "TimeBasedLinear",
      timeBasedLinear: { linearInterval: 10, linearPercentage: 10 },
    },
  },
};
for (const [what, config] of Object.entries(configs)) {
  test(`a config of ${what} is read back as it was written, and replaced`, async () => {
    await using setting = await terraform();
    const { provider } = setting;
    const state = found(await provider.createConfig(config));
    const { id, deployment_config_id, ...read } = state;
    assert.equal(id, "mine");
    assert.match(deployment_config_id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(read, config);
    assert.deepEqual(await provider.readConfig("mine"), state, "import by the name");
    // No argument can be changed: another value is another config under the same name.
    await provider.deleteConfig(state);
    assert.equal(await provider.readConfig("mine"), undefined);
    const again = found(await provider.createConfig(config));
    assert.notEqual(again.deployment_config_id, state.deployment_config_id);
  });
}

test("a config that a group uses is not replaced before the group lets it go", async () => {
  await using setting = await terraform();
  const { provider } = setting;
  await withApp(provider);
  const config: GroupArguments = { ...APP, deployment_config_name: "mine" };
  const group = found(await provider.createGroup(config));
  const mine = found(await provider.readConfig("mine"));
  await assert.rejects(provider.deleteConfig(mine), sdk.DeploymentConfigInUseException);
  await applied(provider, group, APP, "let go");
  await provider.deleteConfig(mine);
});

test("what others delete disappears from the state, and is deleted again without a fault", async () => {
  await using setting = await terraform();
  const { provider, client } = setting;
  await withApp(provider);
  const group = found(await provider.createGroup(APP));
  const names = { applicationName: "shop", deploymentGroupName: "production" };
  await client.send(new sdk.DeleteDeploymentGroupCommand(names));
  assert.equal(await provider.readGroup("shop", "production"), undefined);
  await provider.deleteGroup(group);
  found(await provider.createGroup(APP));
  await client.send(new sdk.DeleteApplicationCommand({ applicationName: "shop" }));
  assert.equal(await provider.readApp("shop"), undefined);
  assert.equal(await provider.readGroup("shop", "production"), undefined, "its application went");
  await client.send(new sdk.DeleteDeploymentConfigCommand({ deploymentConfigName: "mine" }));
  assert.equal(await provider.readConfig("mine"), undefined);
});

test("a role that is not one yet is tried again until it is", async () => {
  const config: GroupArguments = { ...APP, service_role_arn: "not-yet" };
  await using setting = await terraform(() => {
    config.service_role_arn = ROLE;
    return Promise.resolve();
  });
  const { provider } = setting;
  await withApp(provider);
  const state = found(await provider.createGroup(config));
  assert.equal(provider.roleRetries, 1);
  assert.equal(state.service_role_arn, ROLE);
});
