/** What an import would do, from what is there and what is here. @module */
import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { settingsOfGroup, strangeMembers, UNSET } from "../../core/cli/import/group_settings.ts";
import type {
  FoundApplication,
  FoundGroup,
  FoundInstance,
  Inventory,
  Settings,
} from "../../core/cli/import/inventory.ts";
import { planImport } from "../../core/cli/import/plan.ts";
import { realmOf } from "../../core/cli/import/read_tags.ts";
import { instancesUsed } from "../../core/cli/import/selection.ts";
import type { Step } from "../../core/cli/import/step.ts";

const ROLE = "arn:aws:iam::123456789012:role/deploy";
const REALM = { partition: "aws", region: "us-east-1", account: "000000000000" };

const inventory = (parts: Partial<Inventory>): Inventory => ({
  configs: [],
  applications: [],
  instances: [],
  ...parts,
});
const application = (parts: Partial<FoundApplication> = {}): FoundApplication => ({
  name: "shop",
  computePlatform: "Server",
  tags: [],
  groups: [],
  revisions: [],
  ...parts,
});
const group = (settings: Settings = {}, parts: Partial<FoundGroup> = {}): FoundGroup => ({
  name: "production",
  settings: { serviceRoleArn: ROLE, ...settings },
  tags: [],
  ...parts,
});
const instance = (parts: Partial<FoundInstance> = {}): FoundInstance => ({
  name: "web-1",
  arn: undefined,
  iamUserArn: "arn:aws:iam::123456789012:user/web-1",
  iamSessionArn: undefined,
  tags: [],
  ...parts,
});
const ofShop = (...groups: FoundGroup[]) => inventory({ applications: [application({ groups })] });
const tag = (Key: string, Value: string) => ({ Key, Value });

/** `create group shop/production: CreateDeploymentGroup …`, one line a step that is not unchanged. */
function lines(steps: readonly Step[]): string[] {
  return steps.filter(({ action }) => action !== "unchanged").map((step) => {
    const { action, kind, name } = step;
    const members = "differences" in step ? step.differences.map(({ member }) => member) : [];
    const calls = "calls" in step
      ? step.calls.map(({ operation, input }) => `${operation} ${JSON.stringify(input)}`)
      : [step.action === "cannot" ? step.reason : ""];
    return `${action} ${kind} ${name} [${members.join(" ")}] ${calls.join(" + ")}`;
  });
}

const percent = (value: number) => ({
  configs: [{
    name: "c",
    settings: {
      computePlatform: "Server",
      minimumHealthyHosts: { type: "FLEET_PERCENT", value },
    },
  }],
});
const s3 = (key: string, description?: string) => ({
  location: { revisionType: "S3", s3Location: { bucket: "b", key, bundleType: "zip" } },
  description,
});

const plans: [rule: string, there: Inventory, here: Inventory, expected: RegExp[]][] = [
  ["nothing anywhere is nothing to do", inventory({}), inventory({}), []],
  ["what is only here is left alone", inventory({}), ofShop(group()), []],
  [
    "a config comes before the application that may use it",
    {
      ...inventory(percent(50)),
      applications: [application()],
    },
    inventory({}),
    [
      /^create config c \[\] CreateDeploymentConfig .*"minimumHealthyHosts".*"value":50/,
      /^create application shop \[\] CreateApplication \{"applicationName":"shop","computePlatform":"Server"\}$/,
    ],
  ],
  [
    "a config with another value cannot be changed",
    inventory(percent(50)),
    inventory(percent(60)),
    [
      /^cannot config c \[minimumHealthyHosts\] .*cannot be changed$/,
    ],
  ],
  ["an application of another platform is not touched, nor are its groups", ofShop(group()), {
    ...inventory({}),
    applications: [application({ computePlatform: "ECS" })],
  }, [
    /^cannot application shop \[computePlatform\]/,
    /^cannot group shop\/production \[\] the application shop is for ECS here$/,
  ]],
  [
    "a new group takes its settings and tags along",
    {
      ...inventory({}),
      applications: [application({ groups: [group({}, { tags: [tag("team", "a")] })] })],
    },
    inventory({ applications: [application()] }),
    [
      /^create group shop\/production \[\] CreateDeploymentGroup \{.*"serviceRoleArn":"arn:aws:iam::123456789012:role\/deploy","tags":\[\{"Key":"team","Value":"a"\}\]\}$/,
    ],
  ],
  [
    "only the members that differ are written",
    ofShop(group({ autoScalingGroups: ["a"] })),
    ofShop(
      group(),
    ),
    [
      /^update group shop\/production \[autoScalingGroups\] UpdateDeploymentGroup \{"applicationName":"shop","currentDeploymentGroupName":"production","autoScalingGroups":\["a"\]\}$/,
    ],
  ],
  [
    "a member that is set here alone is written as unset",
    ofShop(group()),
    ofShop(
      group({ alarmConfiguration: { enabled: true, alarms: [{ name: "a" }] } }),
    ),
    [
      /\[alarmConfiguration\] .*"alarmConfiguration":\{"enabled":false,"ignorePollAlarmFailure":false,"alarms":\[\]\}\}$/,
    ],
  ],
  [
    "filters there and a set here are written in one call",
    ofShop(
      group({ ec2TagFilters: [{ Key: "a", Type: "KEY_ONLY" }] }),
    ),
    ofShop(group({ ec2TagSet: { ec2TagSetList: [[{ Key: "a", Type: "KEY_ONLY" }]] } })),
    [
      /^update .*\[ec2TagFilters ec2TagSet\] .*"ec2TagSet":\{"ec2TagSetList":\[\]\}\}$/,
    ],
  ],
  [
    "lists are sets: their order says nothing",
    ofShop(group({ autoScalingGroups: ["a", "b"] })),
    ofShop(
      group({ autoScalingGroups: ["b", "a"] }),
    ),
    [],
  ],
  [
    "tags that are missing or different are put by the ARN of here",
    {
      ...inventory({}),
      applications: [application({ tags: [tag("a", "1"), tag("b", "2")] })],
    },
    inventory({
      applications: [application({ tags: [tag("a", "0"), tag("b", "2"), tag("c", "")] })],
    }),
    [
      /^update application shop \[tags\] TagResource \{"ResourceArn":"arn:aws:codedeploy:us-east-1:000000000000:application:shop","Tags":\[\{"Key":"a","Value":"1"\}\]\}$/,
    ],
  ],
  [
    "tags that nobody could read make no difference",
    {
      ...inventory({}),
      applications: [application({ tags: undefined })],
    },
    inventory({ applications: [application({ tags: [tag("a", "0")] })] }),
    [],
  ],
  [
    "settings and tags of a group are two calls of one step",
    ofShop(
      group({ terminationHookEnabled: true }, { tags: [tag("a", "1")] }),
    ),
    ofShop(group()),
    [
      /^update .*\[terminationHookEnabled tags\] UpdateDeploymentGroup .* \+ TagResource .*:deploymentgroup:shop\/production"/,
    ],
  ],
  [
    "an instance is registered, then tagged",
    inventory({
      instances: [instance({ tags: [tag("role", "web")] })],
    }),
    inventory({}),
    [
      /^create instance web-1 \[\] RegisterOnPremisesInstance \{"instanceName":"web-1","iamUserArn":"arn:aws:iam::123456789012:user\/web-1"\} \+ AddTagsToOnPremisesInstances \{"instanceNames":\["web-1"\],"tags":\[\{"Key":"role","Value":"web"\}\]\}$/,
    ],
  ],
  [
    "an instance that was registered when a run broke off gets its tags",
    inventory({
      instances: [instance({ tags: [tag("role", "web")] })],
    }),
    inventory({ instances: [instance()] }),
    [
      /^update instance web-1 \[tags\] AddTagsToOnPremisesInstances /,
    ],
  ],
  [
    "a host that joined here keeps the user of the join and gets its tags",
    inventory({
      instances: [instance({ tags: [tag("role", "web")] })],
    }),
    inventory({
      instances: [instance({ iamUserArn: "arn:aws:iam::000000000000:user/AWS/CodeDeploy/web-1" })],
    }),
    [/^update instance web-1 \[tags\] /],
  ],
  [
    "an instance of somebody else is told",
    inventory({ instances: [instance()] }),
    inventory({
      instances: [instance({ iamUserArn: "arn:aws:iam::123456789012:user/other" })],
    }),
    [/^cannot instance web-1 \[iamUserArn\] an instance of this name/],
  ],
  [
    "a revision is registered once, and again when its description differs",
    {
      ...inventory({}),
      applications: [application({ revisions: [s3("1"), s3("2", "two"), s3("3", "new")] })],
    },
    inventory({ applications: [application({ revisions: [s3("2", "two"), s3("3", "old")] })] }),
    [
      /^create revision shop s3:\/\/b\/1 \[\] RegisterApplicationRevision /,
      /^update revision shop s3:\/\/b\/3 \[description\] .*"description":"new"/,
    ],
  ],
];
for (const [rule, there, here, expected] of plans) {
  test(`planImport: ${rule}`, () => {
    const got = lines(planImport(there, here, REALM));
    assert.equal(got.length, expected.length, got.join("\n"));
    expected.forEach((one, index) => assert.match(got[index]!, one));
  });
}

const asRead: [what: string, read: Settings, written: Settings][] = [
  ["Auto Scaling groups are read as objects", {
    autoScalingGroups: [{ name: "a", hook: "h" }, { name: "b" }],
  }, { autoScalingGroups: ["a", "b"] }],
  ["members that nobody sets are left out", {
    applicationName: "shop",
    deploymentGroupId: "1",
    deploymentGroupName: "production",
    computePlatform: "Server",
    targetRevision: { revisionType: "S3" },
    lastSuccessfulDeployment: {},
    lastAttemptedDeployment: {},
    serviceRoleArn: ROLE,
  }, { serviceRoleArn: ROLE }],
  ["null, empty lists and lists of nothing are not set", {
    ec2TagFilters: [],
    ec2TagSet: { ec2TagSetList: [] },
    onPremisesTagSet: null,
    loadBalancerInfo: { elbInfoList: [], targetGroupInfoList: [] },
    blueGreenDeploymentConfiguration: {},
    triggerConfigurations: [],
    autoScalingGroups: [],
    ecsServices: [],
  }, {}],
  ["what every new group has is not said", {
    outdatedInstancesStrategy: "UPDATE",
    terminationHookEnabled: false,
    deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" },
    autoRollbackConfiguration: { enabled: false },
    alarmConfiguration: { enabled: false, alarms: [] },
  }, {}],
  ["a balancer keeps the lists that it has", {
    loadBalancerInfo: { elbInfoList: [{ name: "lb" }], targetGroupInfoList: [] },
  }, { loadBalancerInfo: { elbInfoList: [{ name: "lb" }] } }],
  ["filters that are said again as a set are written once", {
    ec2TagFilters: [{ Key: "a" }],
    ec2TagSet: { ec2TagSetList: [[{ Key: "a" }]] },
  }, { ec2TagSet: { ec2TagSetList: [[{ Key: "a" }]] } }],
];
for (const [what, read, written] of asRead) {
  test(`settingsOfGroup: ${what}`, () => assert.deepEqual(settingsOfGroup(read), written));
}

test("members of a group that this version does not know are named", () => {
  assert.deepEqual(strangeMembers({ serviceRoleArn: ROLE, computePlatform: "x" }), []);
  assert.deepEqual(strangeMembers({ newThing: 1, gone: null }), ["newThing"]);
});

const anySettings = fc.record({
  deploymentConfigName: fc.constantFrom("a", "b"),
  ec2TagFilters: fc.constantFrom([], [{ Key: "a", Type: "KEY_ONLY" }]),
  autoScalingGroups: fc.subarray(["a", "b"]),
  outdatedInstancesStrategy: fc.constantFrom("UPDATE", "IGNORE"),
  terminationHookEnabled: fc.boolean(),
  loadBalancerInfo: fc.constantFrom({}, { elbInfoList: [{ name: "lb" }] }),
  autoRollbackConfiguration: fc.constantFrom({ enabled: false, events: [] }, {
    enabled: true,
    events: ["DEPLOYMENT_FAILURE"],
  }),
}, { requiredKeys: ["deploymentConfigName"] });

test("whatever two groups say, after one update there is nothing to do", () => {
  fc.assert(fc.property(anySettings, anySettings, (source, server) => {
    const there = ofShop({ name: "production", settings: settingsOfGroup(source), tags: [] });
    const before = { ...UNSET, ...server };
    const here = (settings: Settings) =>
      ofShop({ name: "production", settings: settingsOfGroup(settings), tags: [] });
    let after: Settings = before;
    for (const step of planImport(there, here(before), REALM)) {
      for (const { input } of "calls" in step ? step.calls : []) after = { ...after, ...input };
    }
    const { applicationName: _, currentDeploymentGroupName: __, ...settings } = after;
    assert.deepEqual(lines(planImport(there, here(settings), REALM)), []);
  }));
});

test("the account of a source is told by an instance's ARN, or by a group's role", () => {
  const arn = "arn:aws-cn:codedeploy:cn-north-1:111111111111:instance/web-1_x";
  const applications = [application({ groups: [group()] })];
  assert.deepEqual(realmOf("r", [instance({ arn })], applications), {
    partition: "aws-cn",
    region: "r",
    account: "111111111111",
  });
  assert.equal(realmOf("r", [], applications)?.account, "123456789012");
  assert.equal(realmOf("r", [], [application()]), undefined);
});

test("instances of some applications are those that their groups choose", () => {
  const web = instance({ name: "web", tags: [tag("role", "web"), tag("zone", "1")] });
  const api = instance({ name: "api", tags: [tag("role", "api"), tag("zone", "1")] });
  const filter = (Key: string, Value: string) => ({ Key, Value, Type: "KEY_AND_VALUE" });
  const chosen = (settings: Settings) =>
    instancesUsed([web, api], [application({ groups: [group(settings)] })]).map(({ name }) => name);
  assert.deepEqual(chosen({ onPremisesInstanceTagFilters: [filter("role", "web")] }), ["web"]);
  assert.deepEqual(
    chosen({
      onPremisesTagSet: {
        onPremisesTagSetList: [[filter("zone", "1")], [filter("role", "api")]],
      },
    }),
    ["api"],
  );
  assert.deepEqual(chosen({ ec2TagFilters: [filter("role", "web")] }), []);
});
