import assert from "node:assert/strict";
import { test } from "node:test";
import { eq } from "drizzle-orm";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import { nextNonce } from "../../core/store/host_nonce.ts";
import { instances } from "../../core/store/schema.ts";
import { type Refusal, testRefusals } from "./refusals.ts";
import { openTestApi, type TestApi } from "./test_api.ts";

const userArn = (name: string) => `arn:aws:iam::000000000000:user/AWS/CodeDeploy/${name}`;
const sessionArn = (name: string) => `arn:aws:sts::000000000000:assumed-role/hosts/${name}`;

test("spec 11 register, instance info: an instance is registered under an ARN of its own and read back", async () => {
  using api = await openTestApi();
  assert.deepEqual(await register(api, "web-1"), {});
  const { registerTime, instanceArn, ...info } = await get(api, "web-1");
  assert.equal(typeof registerTime, "number");
  assert.match(instanceArn, /^arn:aws:codedeploy:us-east-1:000000000000:instance\/web-1_\w+$/);
  assert.deepEqual(info, { instanceName: "web-1", iamUserArn: userArn("web-1"), tags: [] });
});

test("spec 11 ARN use: an instance may sign as a session", async () => {
  using api = await openTestApi();
  const iamSessionArn = sessionArn("web-1");
  await api.call("RegisterOnPremisesInstance", { instanceName: "web-1", iamSessionArn });
  const info = await get(api, "web-1");
  assert.equal(info.iamSessionArn, iamSessionArn);
  assert.equal("iamUserArn" in info, false);
});

test("spec 11 deregister: after it the name and ARN are free, and the last order's number goes on", async () => {
  using api = await openTestApi();
  const { store } = api.context;
  await register(api, "web-1");
  const first = await get(api, "web-1");
  await api.call(
    "AddTagsToOnPremisesInstances",
    tagged(["web-1"], [{ Key: "role", Value: "web" }]),
  );
  assert.equal(await store.commit((tx) => nextNonce(tx, "web-1", 1_000)), 1_000);
  assert.deepEqual(await api.call("DeregisterOnPremisesInstance", { instanceName: "web-1" }), {});
  const gone = await get(api, "web-1");
  assert.equal(typeof gone.deregisterTime, "number");
  assert.deepEqual(gone.tags, [{ Key: "role", Value: "web" }]);
  await register(api, "web-2", userArn("web-1"));
  await register(api, "web-1", userArn("other"));
  const again = await get(api, "web-1");
  assert.equal("deregisterTime" in again, false);
  assert.deepEqual(again.tags, []);
  assert.notEqual(again.instanceArn, first.instanceArn);
  assert.equal(await store.commit((tx) => nextNonce(tx, "web-1", 900)), 1_001);
});

test("spec 11 deregister, idempotent: deregistering an instance that is not there, or twice, is no fault", async () => {
  using api = await openTestApi();
  await api.call("DeregisterOnPremisesInstance", { instanceName: "gone" });
  await register(api, "web-1");
  await api.call("DeregisterOnPremisesInstance", { instanceName: "web-1" });
  const before = api.dump();
  api.moveClock(60_000);
  await api.call("DeregisterOnPremisesInstance", { instanceName: "web-1" });
  assert.deepEqual(api.dump(), before);
});

test("spec 11 tags: they are added by key, also without a value, and removed by key or by key and value", async () => {
  using api = await openTestApi();
  for (const name of ["web-1", "web-2"]) await register(api, name);
  const both = ["web-1", "web-2"];
  const tags = [{ Key: "role", Value: "web" }, { Key: "spare" }, { Key: "env", Value: "dev" }];
  await api.call("AddTagsToOnPremisesInstances", tagged(both, tags));
  await api.call(
    "AddTagsToOnPremisesInstances",
    tagged(["web-2"], [{ Key: "env", Value: "prod" }]),
  );
  await api.call(
    "RemoveTagsFromOnPremisesInstances",
    tagged(both, [{ Key: "role" }, { Key: "env", Value: "dev" }]),
  );
  assert.deepEqual((await get(api, "web-1")).tags, [{ Key: "spare", Value: "" }]);
  assert.deepEqual((await get(api, "web-2")).tags, [
    { Key: "spare", Value: "" },
    { Key: "env", Value: "prod" },
  ]);
});

const listings: [title: string, input: object, names: string[]][] = [
  ["all, deregistered ones too", {}, ["db-1", "old-1", "web-1"]],
  ["those registered", { registrationStatus: "Registered" }, ["db-1", "web-1"]],
  ["those deregistered", { registrationStatus: "Deregistered" }, ["old-1"]],
  ["those with a key", { tagFilters: [{ Key: "role", Type: "KEY_ONLY" }] }, ["db-1", "web-1"]],
  ["those with a value", { tagFilters: [{ Value: "web", Type: "VALUE_ONLY" }] }, ["web-1"]],
  [
    "those with either tag",
    { tagFilters: [{ Key: "role", Value: "web" }, { Key: "role", Value: "db" }] },
    ["db-1", "web-1"],
  ],
  [
    "none, when nobody has the tag",
    { tagFilters: [{ Key: "role", Value: "cache", Type: "KEY_AND_VALUE" }] },
    [],
  ],
];
for (const [title, input, names] of listings) {
  test(`spec 11 ListOnPremisesInstances: a listing of ${title}`, async () => {
    using api = await openTestApi();
    for (const name of ["web-1", "db-1", "old-1"]) await register(api, name);
    for (const role of ["web", "db"]) {
      const tags = [{ Key: "role", Value: role }];
      await api.call("AddTagsToOnPremisesInstances", tagged([`${role}-1`], tags));
    }
    await api.call("DeregisterOnPremisesInstance", { instanceName: "old-1" });
    const got = await api.call("ListOnPremisesInstances", input);
    assert.deepEqual(got, { instanceNames: names });
  });
}

test("spec 11 deregister: the record keeps its tags, and a listing of those registered lacks it", async () => {
  using api = await openTestApi();
  for (const name of ["web-1", "web-2"]) await register(api, name);
  await api.call("AddTagsToOnPremisesInstances", tagged(["web-1", "web-2"], tag));
  await api.call("DeregisterOnPremisesInstance", { instanceName: "web-1" });
  const tagFilters = [{ Key: "role", Value: "web", Type: "KEY_AND_VALUE" }];
  const list = (input: object) => api.call("ListOnPremisesInstances", { tagFilters, ...input });
  assert.deepEqual(await list({}), { instanceNames: ["web-1", "web-2"] });
  const registered = await list({ registrationStatus: "Registered" });
  assert.deepEqual(registered, { instanceNames: ["web-2"] });
  assert.deepEqual((await get(api, "web-1")).tags, tag);
});

test("spec 11 deregister: a session's ARN is free again at once", async () => {
  using api = await openTestApi();
  const iamSessionArn = sessionArn("web-1");
  await api.call("RegisterOnPremisesInstance", { instanceName: "web-1", iamSessionArn });
  await api.call("DeregisterOnPremisesInstance", { instanceName: "web-1" });
  await api.call("RegisterOnPremisesInstance", { instanceName: "web-2", iamSessionArn });
  assert.equal((await get(api, "web-2")).iamSessionArn, iamSessionArn);
});

test("a filtered listing goes on after its token", async () => {
  using api = await openTestApi();
  const names = Array.from({ length: AWS_QUOTAS.page + 3 }, (_, n) => `web-${1000 + n}`);
  await api.context.store.commit((tx) => {
    const tags = [{ Key: "role", Value: "web" }];
    const rows = names.map((name) => ({ name, arn: name, registerTime: 0, tags }));
    tx.insert(instances).values(rows).run();
    tx.update(instances).set({ tags: [] }).where(eq(instances.name, "web-1001")).run();
  });
  const tagFilters = [{ Key: "role", Type: "KEY_ONLY" }];
  const first = await api.call("ListOnPremisesInstances", { tagFilters });
  const { nextToken } = first;
  const second = await api.call("ListOnPremisesInstances", { tagFilters, nextToken });
  const seen = [...first.instanceNames, ...second.instanceNames];
  assert.deepEqual(seen, names.filter((name) => name !== "web-1001"));
  assert.equal("nextToken" in second, false);
});

test("BatchGetOnPremisesInstances leaves unknown names out", async () => {
  using api = await openTestApi();
  await register(api, "web-1");
  const got = await api.call("BatchGetOnPremisesInstances", { instanceNames: ["gone", "web-1"] });
  assert.deepEqual(got, { instanceInfos: [await get(api, "web-1")] });
});

const iamUserArn = userArn("new");
const tag = [{ Key: "role", Value: "web" }];
const full = Array.from({ length: 10 }, (_, n) => ({ Key: `k${n}`, Value: "" }));
const TAGGING = ["AddTagsToOnPremisesInstances", "RemoveTagsFromOnPremisesInstances"];
const refusals: Refusal[] = [
  ["RegisterOnPremisesInstance", { iamUserArn }, "InstanceNameRequired"],
  ["RegisterOnPremisesInstance", { instanceName: "a b", iamUserArn }, "InvalidInstanceName"],
  [
    "RegisterOnPremisesInstance",
    { instanceName: "i-0abc", iamUserArn },
    "InvalidInstanceName",
    /i-/,
  ],
  ["RegisterOnPremisesInstance", { instanceName: "new" }, "IamArnRequired"],
  [
    "RegisterOnPremisesInstance",
    { instanceName: "new", iamUserArn, iamSessionArn: sessionArn("new") },
    "MultipleIamArnsProvided",
  ],
  [
    "RegisterOnPremisesInstance",
    { instanceName: "new", iamUserArn: "arn:aws:iam::1:user/x" },
    "InvalidIamUserArn",
  ],
  [
    "RegisterOnPremisesInstance",
    { instanceName: "new", iamSessionArn: userArn("x") },
    "InvalidIamSessionArn",
  ],
  [
    "RegisterOnPremisesInstance",
    { instanceName: "web-1", iamUserArn },
    "InstanceNameAlreadyRegistered",
  ],
  [
    "RegisterOnPremisesInstance",
    { instanceName: "new", iamUserArn: userArn("web-1") },
    "IamUserArnAlreadyRegistered",
    /web-1/,
  ],
  [
    "RegisterOnPremisesInstance",
    { instanceName: "new", iamSessionArn: sessionArn("web-2") },
    "IamSessionArnAlreadyRegistered",
    /web-2/,
  ],
  ["DeregisterOnPremisesInstance", {}, "InstanceNameRequired"],
  ["DeregisterOnPremisesInstance", { instanceName: "a b" }, "InvalidInstanceName"],
  ["GetOnPremisesInstance", {}, "InstanceNameRequired"],
  ["GetOnPremisesInstance", { instanceName: "a b" }, "InvalidInstanceName"],
  ["GetOnPremisesInstance", { instanceName: "gone" }, "InstanceNotRegistered", /gone/],
  ["BatchGetOnPremisesInstances", { instanceNames: [] }, "InstanceNameRequired"],
  ["BatchGetOnPremisesInstances", { instanceNames: ["a b"] }, "InvalidInstanceName"],
  [
    "BatchGetOnPremisesInstances",
    { instanceNames: Array.from({ length: 101 }, (_, n) => `h${n}`) },
    "BatchLimitExceeded",
  ],
  ["ListOnPremisesInstances", { registrationStatus: "Gone" }, "InvalidRegistrationStatus"],
  ["ListOnPremisesInstances", { tagFilters: [{ Type: "KEY_ONLY" }] }, "InvalidTagFilter"],
  ["ListOnPremisesInstances", { tagFilters: [{ Type: "NO" }] }, "InvalidTagFilter"],
  ["ListOnPremisesInstances", { nextToken: "?" }, "InvalidNextToken"],
  ...TAGGING.flatMap((operation): Refusal[] => [
    [operation, { tags: tag }, "InstanceNameRequired"],
    [operation, tagged([], tag), "InstanceNameRequired"],
    [operation, tagged(["web-1"], []), "TagRequired"],
    [operation, { instanceNames: ["web-1"] }, "TagRequired"],
    [operation, tagged(["web-1"], [{ Value: "web" }]), "InvalidTag", /tags\.0\.Key/],
    [operation, tagged(["web-1"], [{ Key: "k".repeat(129) }]), "InvalidTag"],
    [operation, tagged(["web-1", "gone"], full.slice(0, 1)), "InstanceNotRegistered", /gone/],
    [operation, tagged(["web-1", "old-1"], tag), "InstanceNotRegistered", /old-1/],
    [
      operation,
      tagged(Array.from({ length: 101 }, (_, n) => `h${n}`), tag),
      "InstanceLimitExceeded",
    ],
  ]),
  [
    "AddTagsToOnPremisesInstances",
    tagged(["web-2", "web-1"], full),
    "TagLimitExceeded",
    /web-1 would have 11/,
  ],
];
testRefusals(refusals, async (api) => {
  await register(api, "web-1");
  await api.call("RegisterOnPremisesInstance", {
    instanceName: "web-2",
    iamSessionArn: sessionArn("web-2"),
  });
  await register(api, "old-1");
  await api.call("AddTagsToOnPremisesInstances", tagged(["web-1"], tag));
  await api.call("DeregisterOnPremisesInstance", { instanceName: "old-1" });
});

function tagged(instanceNames: string[], tags: object[]) {
  return { instanceNames, tags };
}

function register(api: TestApi, instanceName: string, iamUserArn = userArn(instanceName)) {
  return api.call("RegisterOnPremisesInstance", { instanceName, iamUserArn });
}

async function get(api: TestApi, instanceName: string) {
  const got = await api.call("GetOnPremisesInstance", { instanceName });
  return got.instanceInfo;
}
