import assert from "node:assert/strict";
import { test } from "node:test";
import { accessKeys, instances, joinTokens } from "../../core/store/schema.ts";
import { insertUser } from "../../core/store/users.ts";
import { authenticator } from "../../core/api/authenticate.ts";
import { joinHost } from "../../core/api/join_host.ts";
import { JOIN_PATH, JoinOutput } from "../../core/wire/join.ts";
import { CreateJoinTokenOutput, RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { signable, signHeaders } from "../../core/wire/sigv4.ts";
import { type AwsAccount, openAwsAccount } from "./query/aws_account.ts";
import { type Answer, KEY_OF, openTestApi, type TestApi } from "./test_api.ts";

const TOKEN = RUNTIME_TARGET_PREFIX + "CreateJoinToken";
const TAKEN = "InstanceNameAlreadyRegisteredException";
const NAME = { instanceName: "web-1" };
const tags = [{ Key: "role", Value: "web" }];

test("a host joins once with a token: it is registered, tagged, and its key is an agent's", async () => {
  using api = await openTestApi();
  const token = await newToken(api);
  const response = await join(api, { token, instanceName: "web-1", tags });
  assert.equal(response.status, 200);
  const joined = JoinOutput.parse(await response.json());
  assert.equal(joined.iamUserArn, "arn:aws:iam::000000000000:user/AWS/CodeDeploy/web-1");
  assert.match(joined.accessKeyId, /^AKIA[A-Z2-7]{16}$/);
  assert.equal(joined.secretAccessKey.length, 40);
  assert.equal(joined.serverPublicKey, api.context.serverPublicKey);
  const { instanceInfo } = await api.call("GetOnPremisesInstance", { instanceName: "web-1" });
  assert.equal(instanceInfo.iamUserArn, joined.iamUserArn);
  assert.deepEqual(instanceInfo.tags, tags);
  assert.deepEqual(await signs(api, joined), { role: "agent", arn: joined.iamUserArn });
});

test("a token is good for many hosts, and for none once its time is over", async () => {
  using api = await openTestApi();
  const token = await newToken(api, { expiresInSeconds: 60 });
  for (const instanceName of ["web-1", "web-2"]) {
    assert.equal((await join(api, { token, instanceName })).status, 200);
  }
  api.moveClock(59_000);
  assert.equal((await join(api, { token, instanceName: "web-3" })).status, 200);
  api.moveClock(2_000);
  await refusesJoin(api, { token, instanceName: "web-4" }, 403, "AccessDeniedException");
});

test("the token's end is told in epoch seconds, an hour ahead unless asked otherwise", async () => {
  using api = await openTestApi();
  const { expiresAt } = CreateJoinTokenOutput.parse(await api.target(TOKEN, {}));
  assert.ok(Math.abs(expiresAt - (Date.now() / 1000 + 3600)) < 30, `expiresAt is ${expiresAt}`);
});

test("tokens that have expired are forgotten when a new one is made", async () => {
  using api = await openTestApi();
  await newToken(api, { expiresInSeconds: 1 });
  api.moveClock(2_000);
  const token = await newToken(api);
  const held = api.context.store.read.select().from(joinTokens).all();
  assert.equal(held.length, 1);
  assert.ok(!JSON.stringify(held).includes(token), "the token itself is in the store");
});

test("a deregistered host's key no longer signs; a host that joins again has the only key", async () => {
  using api = await openTestApi();
  const token = await newToken(api);
  const first = JoinOutput.parse(await (await join(api, { token, instanceName: "web-1" })).json());
  assert.ok(await signs(api, first));
  await api.call("DeregisterOnPremisesInstance", { instanceName: "web-1" });
  await assert.rejects(signs(api, first), { name: "UnrecognizedClientException" });
  const second = JoinOutput.parse(await (await join(api, { token, instanceName: "web-1" })).json());
  assert.ok(await signs(api, second));
  await assert.rejects(signs(api, first), { name: "UnrecognizedClientException" });
});

const refusals: [title: string, input: object, status: number, type: string][] = [
  ["a token nobody gave out", { token: "join-x" }, 403, "AccessDeniedException"],
  ["no token", { token: undefined }, 403, "AccessDeniedException"],
  ["an empty token", { token: "" }, 403, "AccessDeniedException"],
  ["no name", { instanceName: undefined }, 400, "InstanceNameRequiredException"],
  ["a bad name", { instanceName: "a b" }, 400, "InvalidInstanceNameException"],
  ["an EC2 id as name", { instanceName: "i-1" }, 400, "InvalidInstanceNameException"],
  ["a name taken", { instanceName: "web-1" }, 400, "InstanceNameAlreadyRegisteredException"],
  ["a tag without key", { tags: [{ Value: "v" }] }, 400, "InvalidTagException"],
  [
    "too many tags",
    { tags: Array.from({ length: 11 }, (_, n) => ({ Key: `${n}` })) },
    400,
    "TagLimitExceededException",
  ],
];
for (const [title, input, status, type] of refusals) {
  test(`joining with ${title} is refused as ${type} and registers nothing`, async () => {
    using api = await openTestApi();
    const token = await newToken(api);
    await join(api, { token, instanceName: "web-1" });
    await refusesJoin(api, { token, instanceName: "web-2", ...input }, status, type);
  });
}

test("a key whose host cannot be registered is not kept either", async () => {
  using api = await openTestApi();
  const token = await newToken(api);
  const iamUserArn = "arn:aws:iam::000000000000:user/AWS/CodeDeploy/web-1";
  await api.call("RegisterOnPremisesInstance", { instanceName: "other", iamUserArn });
  const type = "IamUserArnAlreadyRegisteredException";
  await refusesJoin(api, { token, instanceName: "web-1" }, 400, type);
  const { read } = api.context.store;
  assert.equal(read.select().from(accessKeys).all().length, Object.keys(KEY_OF).length);
  assert.equal(read.select().from(instances).all().length, 1);
});

const AWS_USER = "arn:aws:iam::123456789012:user/AWS/CodeDeploy/web-1";
const OUR_USER = "arn:aws:iam::000000000000:user/AWS/CodeDeploy/web-1";
const AWS_SESSION = "arn:aws:sts::123456789012:assumed-role/hosts/web-1";
const withoutHost: [title: string, identity: Record<string, string>, formerArn: string][] = [
  ["a user of another account", { iamUserArn: AWS_USER }, AWS_USER],
  ["a session of another account", { iamSessionArn: AWS_SESSION }, AWS_SESSION],
  ["a user of this account that there is not", { iamUserArn: OUR_USER }, OUR_USER],
];
for (const [title, identity, formerArn] of withoutHost) {
  test(`a join takes over a registration of ${title}, with its ARN and tags`, async () => {
    using api = await openTestApi();
    const registered = { ...tags[0]!, Value: "db" };
    await register(api, identity, [registered, { Key: "zone", Value: "1" }]);
    const { instanceInfo: before } = await api.call("GetOnPremisesInstance", NAME);
    api.moveClock(5_000);
    const token = await newToken(api);
    const response = await join(api, { token, ...NAME, tags });
    assert.equal(response.status, 200);
    const joined = JoinOutput.parse(await response.json());
    assert.equal(joined.iamUserArn, OUR_USER);
    assert.equal(joined.formerArn, formerArn);
    const { instanceInfo: after } = await api.call("GetOnPremisesInstance", NAME);
    assert.deepEqual(after, {
      instanceName: "web-1",
      iamUserArn: OUR_USER,
      instanceArn: before.instanceArn,
      registerTime: before.registerTime,
      tags: [tags[0], { Key: "zone", Value: "1" }],
    });
    assert.deepEqual(await signs(api, joined), { role: "agent", arn: OUR_USER });
    await refusesJoin(api, { token, ...NAME }, 400, TAKEN, /web-1 is registered already/);
  });
}

test("the ARN of an instance that was taken over may be another's", async () => {
  using api = await openTestApi();
  await register(api, { iamUserArn: AWS_USER });
  await join(api, { token: await newToken(api), ...NAME });
  const instanceName = "web-2";
  await api.call("RegisterOnPremisesInstance", { instanceName, iamUserArn: AWS_USER });
  const { instanceInfo } = await api.call("GetOnPremisesInstance", { instanceName });
  assert.equal(instanceInfo.iamUserArn, AWS_USER);
});

test("of hosts that join at once under an imported name, one gets it, and has the only key", async () => {
  using api = await openTestApi();
  await register(api, { iamUserArn: AWS_USER });
  const token = await newToken(api);
  const answers = await Promise.all(Array.from({ length: 8 }, () => join(api, { token, ...NAME })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(7).fill(400)]);
  const { keys, store } = api.context;
  assert.equal(keys.lastingKeysOf(store.read, OUR_USER).length, 1);
});

test("a user that the same commit makes keeps the registration from a join", async () => {
  using api = await openTestApi();
  await register(api, { iamUserArn: OUR_USER });
  const token = await newToken(api);
  const user = { name: "web-1", arn: OUR_USER, path: "/AWS/CodeDeploy/", tags: [], createTime: 0 };
  const made = api.context.store.commit((tx) => insertUser(tx, user));
  // Queued behind it, and nothing is on disk yet.
  const joined = joinHost({ token, ...NAME, tags }, api.context);
  await assert.rejects(joined, { name: TAKEN });
  assert.equal(await made, true);
});

const withHost: [title: string, identity: object, prepare: (account: AwsAccount) => unknown][] = [
  ["a host that has joined", {}, async ({ api }) => {
    assert.equal((await join(api, { token: await newToken(api), ...NAME })).status, 200);
  }],
  ["a user with a key", { iamUserArn: "arn:aws:iam::000000000000:user/joe" }, async (account) => {
    await account.userKey("joe");
  }],
  [
    "a user whose only key is inactive",
    { iamUserArn: "arn:aws:iam::000000000000:user/joe" },
    async (account) => {
      const { accessKeyId: AccessKeyId } = await account.userKey("joe");
      const change = { UserName: "joe", AccessKeyId, Status: "Inactive" };
      await account.done(account.iam("UpdateAccessKey", change));
    },
  ],
  [
    "a user that has no key yet",
    { iamUserArn: "arn:aws:iam::000000000000:user/joe" },
    (account) => account.done(account.iam("CreateUser", { UserName: "joe" })),
  ],
  [
    "a session that ended a moment ago",
    { iamSessionArn: "arn:aws:sts::000000000000:assumed-role/hosts/web-1" },
    async (account) => {
      const RoleArn = "arn:aws:iam::000000000000:role/hosts";
      const ask = { RoleArn, RoleSessionName: "web-1", DurationSeconds: "900" };
      await account.done(account.sts("AssumeRole", ask));
      account.api.moveClock(901_000);
    },
  ],
];
for (const [title, identity, prepare] of withHost) {
  test(`a join does not take over the registration of ${title}, and says what to do`, async () => {
    using account = await openAwsAccount();
    const token = await newToken(account.api);
    if (Object.keys(identity).length > 0) await register(account.api, identity, tags);
    await prepare(account);
    const next =
      /--registered codedeploy\.onpremises\.yml.*deregister-on-premises-instance --instance-name web-1/;
    await refusesJoin(account.api, { token, ...NAME, tags }, 400, TAKEN, next);
  });
}

test("a join is refused a name whose user's keys would act as the host, registered or not", async () => {
  for (const isImported of [false, true]) {
    using account = await openAwsAccount();
    const { api } = account;
    if (isImported) await register(api, { iamUserArn: AWS_USER });
    await account.userKey("web-1", { Path: "/AWS/CodeDeploy/" });
    const type = "IamUserArnAlreadyRegisteredException";
    await refusesJoin(api, { token: await newToken(api), ...NAME }, 400, type, /delete-user/);
  }
});

test("tags of a registration and of its join are at most ten together", async () => {
  using api = await openTestApi();
  const many = Array.from({ length: 9 }, (_, n) => ({ Key: `${n}`, Value: "" }));
  await register(api, { iamUserArn: AWS_USER }, many);
  const token = await newToken(api);
  const two = [{ Key: "a", Value: "" }, { Key: "b", Value: "" }];
  const input = { token, ...NAME, tags: two };
  await refusesJoin(api, input, 400, "TagLimitExceededException", /has 11 entries/);
  assert.equal((await join(api, { ...input, tags: two.slice(1) })).status, 200);
});

for (const expiresInSeconds of [0, 604_801, 1.5]) {
  test(`a token for ${expiresInSeconds} seconds is refused`, async () => {
    using api = await openTestApi();
    await assert.rejects(api.target(TOKEN, { expiresInSeconds }), {
      type: "InvalidInputException",
      message: /expiresInSeconds/,
    });
  });
}

for (const role of ["deployer", "viewer", "agent"] as const) {
  test(`a ${role} makes no join tokens`, async () => {
    using api = await openTestApi();
    await assert.rejects(api.target(TOKEN, {}, role), { type: "AccessDeniedException" });
    assert.deepEqual(api.context.store.read.select().from(joinTokens).all(), []);
  });
}

async function newToken(api: TestApi, input: object = {}): Promise<string> {
  return CreateJoinTokenOutput.parse(await api.target(TOKEN, input)).token;
}

/** Registers web-1 over the API. */
async function register(api: TestApi, identity: object, tags: object[] = []): Promise<void> {
  await api.call("RegisterOnPremisesInstance", { ...NAME, ...identity });
  if (tags.length === 0) return;
  await api.call("AddTagsToOnPremisesInstances", { instanceNames: ["web-1"], tags });
}

async function join(api: TestApi, input: object): Promise<Response> {
  return await api.app.request(JOIN_PATH, { method: "POST", body: JSON.stringify(input) });
}

async function refusesJoin(
  api: TestApi,
  input: object,
  status: number,
  type: string,
  message = /./,
): Promise<void> {
  const before = api.dump();
  const response = await join(api, input);
  const refusal: Answer = await response.json();
  assert.match(refusal.message, message);
  assert.equal(refusal.__type, type, refusal.message);
  assert.equal(response.status, status);
  assert.deepEqual(api.dump(), before);
}

/** Who the server takes a request signed with these keys for. */
async function signs(api: TestApi, keys: { accessKeyId: string; secretAccessKey: string }) {
  const url = new URL("http://runtime.test/bundles/a.zip");
  const headers = await signHeaders(signable("GET", url, {}), keys, "us-east-1", "s3");
  const { caller } = await authenticator(api.context)(new Request(url, { headers }), "s3");
  const { role, arn } = caller;
  return { role, arn };
}
