/** Each limit of a server's own choice, set to other than AWS's number. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { quotasFrom } from "../../core/domain/quotas.ts";
import { openTestApi, SERVICES, type TestApi } from "./test_api.ts";

const open = (...limits: string[]) =>
  openTestApi({
    serverPublicKey: "",
    services: () => SERVICES,
    quotas: quotasFrom(limits),
  });

const ROLE = "arn:aws:iam::123456789012:role/deploy";
const GROUP = { applicationName: "shop", serviceRoleArn: ROLE };
const CONFIG = { minimumHealthyHosts: { type: "HOST_COUNT", value: 1 } };
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `n-${n}`);
const tags = (count: number) => numbered(count).map((Key) => ({ Key, Value: "" }));
const filters = (count: number) => tags(count).map((tag) => ({ ...tag, Type: "KEY_ONLY" }));
const tagSet = (count: number) => ({ onPremisesTagSetList: numbered(count).map(() => filters(1)) });
const ON_PREMISES = ["onPremisesInstanceTagFilters", "InvalidTag"] as const;

/** The n-th of a thing there may be two of. */
type Make = (api: TestApi, n: number) => Promise<unknown>;
const counted: [limit: string, refusal: string, make: Make][] = [
  [
    "applications",
    "ApplicationLimitExceeded",
    (api, n) => api.call("CreateApplication", { applicationName: `a-${n}` }),
  ],
  [
    "groups",
    "DeploymentGroupLimitExceeded",
    (api, n) => api.call("CreateDeploymentGroup", { ...GROUP, deploymentGroupName: `g-${n}` }),
  ],
  [
    "configs",
    "DeploymentConfigLimitExceeded",
    (api, n) => api.call("CreateDeploymentConfig", { deploymentConfigName: `c-${n}`, ...CONFIG }),
  ],
];
for (const [limit, refusal, make] of counted) {
  test(`of ${limit} there may be as many as --limit ${limit}=2 says, and any number when off`, async () => {
    const prepared = limit === "applications" ? 0 : 1;
    const shop = (api: TestApi) =>
      prepared ? api.call("CreateApplication", { applicationName: "shop" }) : undefined;
    using api = await open(`${limit}=2`);
    await shop(api);
    await make(api, 1);
    await make(api, 2);
    const say = new RegExp(`--limit ${limit}=NUMBER`);
    await api.refusal(() => make(api, 3), `${refusal}Exception`, say);
    using free = await open(`${limit}=off`);
    await shop(free);
    for (let n = 0; n < 5; n++) await make(free, n);
  });
}

const members: [limit: string, member: string, refusal: string, of: (n: number) => unknown][] = [
  ["tag-filters", ...ON_PREMISES, filters],
  ["tag-set-lists", "onPremisesTagSet", "TagSetListLimitExceeded", tagSet],
  ["auto-scaling-groups", "autoScalingGroups", "InvalidAutoScalingGroup", numbered],
  [
    "triggers",
    "triggerConfigurations",
    "TriggerTargetsLimitExceeded",
    (count) =>
      numbered(count).map((triggerName) => ({
        triggerName,
        triggerTargetArn: "arn:aws:sns:us-east-1:123456789012:t",
        triggerEvents: ["DeploymentStart"],
      })),
  ],
  ["alarms", "alarmConfiguration", "AlarmsLimitExceeded", (count) => ({
    enabled: true,
    alarms: numbered(count).map((name) => ({ name })),
  })],
  ["resource-tags", "tags", "InvalidTagsToAdd", tags],
];
for (const [limit, member, refusal, of] of members) {
  test(`a group may have as many ${member} as --limit ${limit}=2 says, and any number when off`, async () => {
    using api = await open(`${limit}=2`);
    await api.call("CreateApplication", { applicationName: "shop" });
    const group = (count: number) => ({
      ...GROUP,
      deploymentGroupName: `g-${count}`,
      [member]: of(count),
    });
    await api.call("CreateDeploymentGroup", group(2));
    await api.refuses("CreateDeploymentGroup", group(3), `${refusal}Exception`, /2/);
    using free = await open(`${limit}=off`);
    await free.call("CreateApplication", { applicationName: "shop" });
    await free.call("CreateDeploymentGroup", group(60));
  });
}

test("an instance may have as many tags as --limit instance-tags says", async () => {
  const add = async (api: TestApi, count: number) => {
    const iamUserArn = "arn:aws:iam::123456789012:user/web-1";
    await api.call("RegisterOnPremisesInstance", { instanceName: "web-1", iamUserArn });
    return { tags: tags(count), instanceNames: ["web-1"] };
  };
  using api = await open("instance-tags=2");
  const input = await add(api, 3);
  await api.refuses(
    "AddTagsToOnPremisesInstances",
    input,
    "TagLimitExceededException",
    /at most 2/,
  );
  using free = await open("instance-tags=off");
  await free.call("AddTagsToOnPremisesInstances", await add(free, 60));
});

test("a page has as many entries as --limit page says", async () => {
  using api = await open("page=2");
  for (const applicationName of ["a", "b", "c"]) {
    await api.call("CreateApplication", { applicationName });
  }
  const first = await api.call("ListApplications", {});
  assert.deepEqual(first.applications, ["a", "b"]);
  const second = await api.call("ListApplications", { nextToken: first.nextToken });
  assert.deepEqual(second, { applications: ["c"] });
});
