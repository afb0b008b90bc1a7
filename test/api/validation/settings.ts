/** Settings of deployment groups and configs of spec 1.4. @module */
import { letters, named, type Rule, times, type Value } from "./rule.ts";

const CREATE_GROUP = "CreateDeploymentGroup";
const group = (settings: object) => ({
  applicationName: "shop",
  deploymentGroupName: "prod",
  serviceRoleArn: "arn:aws:iam::000000000000:role/deploy",
  ...settings,
});
/** A rule of a group's settings; a value is some of them. */
const ofGroup = (name: string, values: readonly Value[], platform = "Server"): Rule => ({
  name,
  operation: CREATE_GROUP,
  input: (settings) => group(Object(settings)),
  values,
  platform,
});

const alarms = (entries: unknown, enabled = true) => ({
  alarmConfiguration: { enabled, alarms: entries },
});
const ALARM = "InvalidAlarmConfig";
const rollback = (enabled: boolean, events?: unknown) => ({
  autoRollbackConfiguration: { enabled, events },
});
const ROLLBACK = "InvalidAutoRollbackConfig";

const SWITCH_RULES: Rule[] = [
  ofGroup("alarm", [
    ["a name of one character", alarms([{ name: "x" }]), "taken"],
    ["a name of 255 characters", alarms([{ name: letters(255) }]), "taken"],
    ["an empty name", alarms([{ name: "" }]), ALARM, /alarms\.0\.name/],
    ["no name", alarms([{}]), ALARM, /alarms\.0\.name/],
    ["a name of 256 characters", alarms([{ name: letters(256) }]), ALARM, /255/],
    ["a name twice", alarms([{ name: "a" }, { name: "b" }, { name: "a" }]), ALARM, /a is named/],
    ["names that differ by case", alarms([{ name: "a" }, { name: "A" }]), "taken"],
    ["10 alarms", alarms(named(10)), "taken"],
    ["11 alarms", alarms(named(11)), "AlarmsLimitExceeded", /11 entries, at most 10/],
    ["enabled and no alarm", alarms([]), ALARM, /at least one/],
    ["disabled and no alarm", alarms([], false), "taken"],
  ]),
  ofGroup("autoRollback", [
    ["enabled and one event", rollback(true, ["DEPLOYMENT_FAILURE"]), "taken"],
    ["enabled and no event", rollback(true, []), ROLLBACK, /at least one event/],
    ["enabled and events left out", rollback(true), ROLLBACK, /at least one event/],
    ["enabled and an event that there is not", rollback(true, ["DEPLOYMENT_LATE"]), ROLLBACK],
    ["disabled and no event", rollback(false, []), "taken"],
    ["disabled and events", rollback(false, ["DEPLOYMENT_STOP_ON_REQUEST"]), "taken"],
  ]),
];

const filters = (count: number) => times(count, (n) => ({ Key: `k${n}`, Type: "KEY_ONLY" }));
interface Kind {
  filters: string;
  set: string;
  list: string;
  invalid: string;
  combined: string;
}
const KINDS: Kind[] = [
  {
    filters: "ec2TagFilters",
    set: "ec2TagSet",
    list: "ec2TagSetList",
    invalid: "InvalidEC2Tag",
    combined: "InvalidEC2TagCombination",
  },
  {
    filters: "onPremisesInstanceTagFilters",
    set: "onPremisesTagSet",
    list: "onPremisesTagSetList",
    invalid: "InvalidTag",
    combined: "InvalidOnPremisesTagCombination",
  },
];
const typed = (
  invalid: string,
): [told: string, filter: object, expected: string, says?: RegExp][] => [
  ["KEY_ONLY and Key", { Type: "KEY_ONLY", Key: "a" }, "taken"],
  ["KEY_ONLY without Key", { Type: "KEY_ONLY", Value: "b" }, invalid, /KEY_ONLY filter needs Key/],
  ["KEY_ONLY with an empty Key", { Type: "KEY_ONLY", Key: "" }, invalid, /needs Key/],
  ["VALUE_ONLY and Value", { Type: "VALUE_ONLY", Value: "b" }, "taken"],
  ["VALUE_ONLY without Value", { Type: "VALUE_ONLY", Key: "a" }, invalid, /needs Value/],
  ["KEY_AND_VALUE and both", { Type: "KEY_AND_VALUE", Key: "a", Value: "b" }, "taken"],
  ["KEY_AND_VALUE and an empty Value", { Type: "KEY_AND_VALUE", Key: "a", Value: "" }, "taken"],
  ["KEY_AND_VALUE without Value", { Type: "KEY_AND_VALUE", Key: "a" }, invalid, /needs Value/],
  ["KEY_AND_VALUE without Key", { Type: "KEY_AND_VALUE", Value: "b" }, invalid, /needs Key/],
  ["a Type that there is not", { Type: "ANY", Key: "a" }, invalid, /Type/],
  ["a Key of 128 characters", { Key: letters(128), Type: "KEY_ONLY" }, "taken"],
  ["a Key of 129 characters", { Key: letters(129), Type: "KEY_ONLY" }, invalid, /128/],
  ["a Value of 257 characters", { Value: letters(257), Type: "VALUE_ONLY" }, invalid, /256/],
];

const FILTER_RULES: Rule[] = KINDS.flatMap((kind) => {
  const set = (lists: unknown) => ({ [kind.set]: { [kind.list]: lists } });
  const flat = (list: unknown) => ({ [kind.filters]: list });
  return [
    ofGroup(`${kind.filters} + ${kind.set} together`, [
      ["the filters alone", flat(filters(1)), "taken"],
      ["the set alone", set([filters(1)]), "taken"],
      ["both", { ...flat(filters(1)), ...set([filters(1)]) }, kind.combined, /not both/],
      ["filters and an empty set", { ...flat(filters(1)), ...set([]) }, "taken"],
      ["no filters and a set", { ...flat([]), ...set([filters(1)]) }, "taken"],
    ]),
    ofGroup(`tag set (${kind.set})`, [
      ["3 groups", set(times(3, () => filters(1))), "taken"],
      ["4 groups", set(times(4, () => filters(1))), "TagSetListLimitExceeded", /at most 3/],
      ["10 tags in a group", set([filters(10)]), "taken"],
      ["11 tags in a group", set([filters(11)]), kind.invalid, /11 entries, at most 10/],
      ["10 tags of the deployment group", flat(filters(10)), "taken"],
      ["11 tags of the deployment group", flat(filters(11)), kind.invalid, /at most 10/],
    ]),
    ofGroup(
      `tag filter Type vs fields (${kind.filters})`,
      typed(kind.invalid).map(([told, filter, expected, says]) => [
        told,
        flat([filter]),
        expected,
        says,
      ]),
    ),
    ofGroup(
      `tag filter Type vs fields (${kind.set})`,
      typed(kind.invalid).map(([told, filter, expected, says]) => [
        told,
        set([[filter]]),
        expected,
        says,
      ]),
    ),
  ];
});

const HOSTS = "InvalidMinimumHealthyHostValue";
const TRAFFIC = "InvalidTrafficRoutingConfiguration";
const config = (settings: object) => ({ deploymentConfigName: "new", ...settings });
const canary = (canaryPercentage: number, canaryInterval: number) => ({
  type: "TimeBasedCanary",
  timeBasedCanary: { canaryPercentage, canaryInterval },
});
const linear = (linearPercentage: number, linearInterval: number) => ({
  type: "TimeBasedLinear",
  timeBasedLinear: { linearPercentage, linearInterval },
});
const CONFIG_RULES: Rule[] = [
  {
    name: "HOST_COUNT value, FLEET_PERCENT",
    operation: "CreateDeploymentConfig",
    input: (minimumHealthyHosts) => config({ minimumHealthyHosts }),
    values: [
      ...[0, 1, 1000].map((value): Value => [
        `${value} hosts`,
        { type: "HOST_COUNT", value },
        "taken",
      ]),
      ...[-1, 1.5].map((value): Value => [
        `${value} hosts`,
        { type: "HOST_COUNT", value },
        HOSTS,
        /minimumHealthyHosts\.value/,
      ]),
      ...[0, 1, 99].map((value): Value => [
        `${value} percent`,
        { type: "FLEET_PERCENT", value },
        "taken",
      ]),
      ...[-1, 0.5, 100, 101].map((value): Value => [
        `${value} percent`,
        { type: "FLEET_PERCENT", value },
        HOSTS,
        /minimumHealthyHosts\.value/,
      ]),
      ["the type that is only read", { type: "MOST_CONCURRENCY", value: 1 }, HOSTS, /type/],
      ["no value", { type: "HOST_COUNT" }, HOSTS, /value/],
    ],
  },
  ...["Lambda", "ECS"].map((computePlatform): Rule => ({
    name: `canary/linear percentage (${computePlatform})`,
    operation: "CreateDeploymentConfig",
    input: (trafficRoutingConfig) => config({ computePlatform, trafficRoutingConfig }),
    values: [
      ["a canary of 1 percent for a minute", canary(1, 1), "taken"],
      ["a canary of 99 percent for 2880 minutes", canary(99, 2880), "taken"],
      ["a canary of 0 percent", canary(0, 1), TRAFFIC, /canaryPercentage/],
      ["a canary of 100 percent", canary(100, 1), TRAFFIC, /canaryPercentage/],
      ["a canary of 0 minutes", canary(10, 0), TRAFFIC, /canaryInterval/],
      ["a canary of 2881 minutes", canary(10, 2881), TRAFFIC, /canaryInterval/],
      ["steps of 1 percent each minute", linear(1, 1), "taken"],
      ["steps of 99 percent", linear(99, 1), "taken"],
      ["steps of 0 percent", linear(0, 1), TRAFFIC, /linearPercentage/],
      ["steps of 100 percent", linear(100, 1), TRAFFIC, /linearPercentage/],
      ["steps of 0 minutes", linear(10, 0), TRAFFIC, /linearInterval/],
      ["ten steps within 2880 minutes", linear(10, 320), "taken"],
      ["ten steps within 2889 minutes", linear(10, 321), TRAFFIC, /2889 minutes.*2880/],
      ["two steps, 2880 minutes apart", linear(50, 2880), "taken"],
      ["two steps, 2881 minutes apart", linear(50, 2881), TRAFFIC, /2880/],
    ],
  })),
];

const BLUE_GREEN = "InvalidBlueGreenDeploymentConfiguration";
const blueGreen = (settings: object) => ({ blueGreenDeploymentConfiguration: settings });
const ending = (terminationWaitTimeInMinutes: number) =>
  blueGreen({
    terminateBlueInstancesOnDeploymentSuccess: {
      action: "TERMINATE",
      terminationWaitTimeInMinutes,
    },
  });
const ready = (waitTimeInMinutes: number) =>
  blueGreen({
    deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes },
  });
const WAIT_RULES: Rule[] = [
  ofGroup("terminationWaitTimeInMinutes", [
    ["0", ending(0), "taken"],
    ["2880", ending(2880), "taken"],
    ["2881", ending(2881), BLUE_GREEN, /terminationWaitTimeInMinutes.*2880/],
    ["-1", ending(-1), BLUE_GREEN, /terminationWaitTimeInMinutes/],
  ]),
  ofGroup("waitTimeInMinutes (ready), EC2", [
    ["0", ready(0), "taken"],
    ["48 hours", ready(48 * 60), "taken"],
    ["48 hours and a minute", ready(48 * 60 + 1), BLUE_GREEN, /waitTimeInMinutes.*2880/],
    ["-1", ready(-1), BLUE_GREEN, /waitTimeInMinutes/],
  ]),
  ofGroup("waitTimeInMinutes (ready), ECS", [
    ["120 hours", ready(120 * 60), "taken"],
    ["120 hours and a minute", ready(120 * 60 + 1), BLUE_GREEN, /waitTimeInMinutes.*7200/],
  ], "ECS"),
];

const LOAD = "InvalidLoadBalancerInfo";
const PAIR = "InvalidTargetGroupPair";
const balancers = (loadBalancerInfo: object) => ({ loadBalancerInfo });
const pairs = (targetGroupPairInfoList: unknown) => balancers({ targetGroupPairInfoList });
const pair = (groups: number, listeners = 1) => ({
  targetGroups: named(groups),
  prodTrafficRoute: { listenerArns: times(listeners, (n) => `arn:${n}`) },
});
const BALANCER_RULES: Rule[] = [
  ofGroup("targetGroupPairInfoList", [
    ["one pair", pairs([pair(2)]), "taken"],
    ["two pairs", pairs([pair(2), pair(2)]), PAIR, /targetGroupPairInfoList/],
    ["no target group", pairs([{}]), PAIR, /two targetGroups, not 0/],
    ["one target group", pairs([pair(1)]), PAIR, /two targetGroups, not 1/],
    ["three target groups", pairs([pair(3)]), PAIR, /targetGroups/],
    ["two listeners of production", pairs([pair(2, 2)]), PAIR, /listenerArns/],
    [
      "two listeners for tests",
      pairs([{ ...pair(2), testTrafficRoute: { listenerArns: ["arn:a", "arn:b"] } }]),
      PAIR,
      /testTrafficRoute\.listenerArns/,
    ],
  ], "ECS"),
  ofGroup("elbInfoList / targetGroupInfoList", [
    ["10 load balancers", balancers({ elbInfoList: named(10) }), "taken"],
    ["11 load balancers", balancers({ elbInfoList: named(11) }), LOAD, /elbInfoList/],
    ["10 target groups", balancers({ targetGroupInfoList: named(10) }), "taken"],
    ["11 target groups", balancers({ targetGroupInfoList: named(11) }), LOAD, /targetGroupInfo/],
    [
      "10 of both",
      balancers({ elbInfoList: named(10), targetGroupInfoList: named(10) }),
      "taken",
    ],
  ]),
];

export const SETTING_RULES: readonly Rule[] = [
  ...SWITCH_RULES,
  ...FILTER_RULES,
  ...CONFIG_RULES,
  ...WAIT_RULES,
  ...BALANCER_RULES,
];
