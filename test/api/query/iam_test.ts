import assert from "node:assert/strict";
import { test } from "node:test";
import { Role } from "../../../core/domain/instance.ts";
import { type AwsAccount, openAwsAccount, sessionOf, type Signer } from "./aws_account.ts";

const ROLE = (role: string) => ({
  "Tags.member.1.Key": "runtime:role",
  "Tags.member.1.Value": role,
});
const POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*"}]}';

test("a user has the ARN of its path, the same id each time, and its tags", async () => {
  using account = await openAwsAccount();
  const made = await account.done(account.iam("CreateUser", {
    UserName: "web-1",
    Path: "/AWS/CodeDeploy/",
    "Tags.member.1.Key": "team",
    "Tags.member.1.Value": "a & b",
  }));
  assert.equal(made.User.Arn, "arn:aws:iam::000000000000:user/AWS/CodeDeploy/web-1");
  assert.match(made.User.UserId, /^AIDA[A-Z2-7]{17}$/);
  assert.match(made.User.CreateDate, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual(made.User.Tags, { member: [{ Key: "team", Value: "a & b" }] });
  const got = await account.done(account.iam("GetUser", { UserName: "WEB-1" }));
  assert.deepEqual(got.User, made.User);
});

test("users are listed page by page, below a path", async () => {
  using account = await openAwsAccount();
  for (
    const [UserName, Path] of [["b", "/x/"], ["A", "/"], ["c", "/x/y/"], ["d", "/xy/"]] as const
  ) {
    await account.done(account.iam("CreateUser", { UserName, Path }));
  }
  const names = async (parameters: Record<string, string>) => {
    const found: string[] = [];
    let Marker: string | undefined;
    do {
      const page = { ...parameters, MaxItems: "1", ...(Marker && { Marker }) };
      const result = await account.done(account.iam("ListUsers", page));
      for (const user of result.Users.member ?? []) found.push(user.UserName);
      assert.equal(result.IsTruncated, String(result.Marker !== undefined));
      Marker = result.Marker;
    } while (Marker !== undefined);
    return found.join(" ");
  };
  assert.equal(await names({}), "A b c d");
  assert.equal(await names({ PathPrefix: "/x/" }), "b c");
  assert.equal(await names({ PathPrefix: "/z/" }), "");
});

test("a user is gone only after its keys and policies", async () => {
  using account = await openAwsAccount();
  const { accessKeyId } = await account.userKey("joe");
  const joe = { UserName: "joe" };
  const policy = { ...joe, PolicyName: "p" };
  await account.done(account.iam("PutUserPolicy", { ...policy, PolicyDocument: POLICY }));
  const remove = () => account.iam("DeleteUser", joe);
  await account.refused(remove, "409 DeleteConflict", /must delete access keys first/);
  await account.done(account.iam("DeleteAccessKey", { ...joe, AccessKeyId: accessKeyId }));
  await account.refused(remove, "409 DeleteConflict", /must delete policies first/);
  await account.done(account.iam("DeleteUserPolicy", policy));
  await account.done(remove());
  await account.refused(remove, "404 NoSuchEntity");
});

test("a user's role is its tag, for the keys it has and those it gets", async () => {
  using account = await openAwsAccount();
  const key = await account.userKey("joe");
  const roleNow = () => account.api.context.keys.find(key.accessKeyId)?.role;
  const steps: [action: string, parameters: Record<string, string>, role: Role][] = [
    ["ListUserTags", {}, "none"],
    ["TagUser", ROLE("deployer"), "deployer"],
    ["TagUser", { "Tags.member.1.Key": "a", "Tags.member.1.Value": "b" }, "deployer"],
    ["TagUser", ROLE("viewer"), "viewer"],
    ["UntagUser", { "TagKeys.member.1": "runtime:role" }, "none"],
  ];
  for (const [action, parameters, role] of steps) {
    await account.done(account.iam(action, { UserName: "joe", ...parameters }));
    assert.equal(roleNow(), role, action);
  }
  const { Tags } = await account.done(account.iam("ListUserTags", { UserName: "joe" }));
  assert.deepEqual(Tags.member, [{ Key: "a", Value: "b" }]);
  const born = await account.userKey("jim", ROLE("deployer"));
  assert.equal(
    await account.codeDeploy("CreateApplication", { applicationName: "x" }, born),
    "done",
  );
});

test("a key of a user without a role may ask who it is, and nothing else, until it is a host's", async () => {
  using account = await openAwsAccount();
  const key = await account.userKey("CodeDeployUser-OnPrem");
  const who = await account.done(account.sts("GetCallerIdentity", {}, key));
  assert.equal(who.Arn, "arn:aws:iam::000000000000:user/CodeDeployUser-OnPrem");
  const { User } = await account.done(account.iam("GetUser", {}, key));
  assert.equal(User.UserName, "CodeDeployUser-OnPrem");
  assert.equal(await account.codeDeploy("ListApplications", {}, key), "AccessDeniedException");
  const users = await account.iam("ListUsers", {}, key);
  assert.match(users.message ?? "", /has no role on this server.*runtime:role/);
  await account.api.call("RegisterOnPremisesInstance", {
    instanceName: "web-1",
    iamUserArn: who.Arn,
  });
  assert.equal(account.api.context.keys.find(key.accessKeyId)?.role, "agent");
  await account.api.call("DeregisterOnPremisesInstance", { instanceName: "web-1" });
  assert.equal(account.api.context.keys.find(key.accessKeyId)?.role, "none");
});

test("an inactive key is refused with its sessions, and may be made active again", async () => {
  using account = await openAwsAccount();
  const key = await account.userKey("joe", ROLE("viewer"));
  const session = sessionOf(await account.done(account.sts("GetSessionToken", {}, key)));
  const update = (Status: string) =>
    account.iam("UpdateAccessKey", { UserName: "joe", AccessKeyId: key.accessKeyId, Status });
  await account.done(update("Inactive"));
  for (const one of [key, session]) {
    assert.equal((await account.sts("GetCallerIdentity", {}, one)).code, "InvalidClientTokenId");
  }
  const { AccessKeyMetadata } = await account.done(
    account.iam("ListAccessKeys", { UserName: "joe" }),
  );
  assert.deepEqual(
    AccessKeyMetadata.member.map((one: { Status: string }) => one.Status),
    ["Inactive"],
  );
  await account.done(update("Active"));
  await account.done(account.sts("GetCallerIdentity", {}, key));
  await account.refused(() => update("Asleep"), "400 ValidationError", /^Status/);
});

test("a user has two keys at most, sessions not counted", async () => {
  using account = await openAwsAccount();
  const key = await account.userKey("joe", ROLE("viewer"));
  await account.done(account.sts("GetSessionToken", {}, key));
  const create = () => account.iam("CreateAccessKey", { UserName: "joe" });
  await account.done(create());
  await account.refused(create, "409 LimitExceeded", /AccessKeysPerUser: 2/);
});

test("the last active key of an admin can not be taken away", async () => {
  using account = await openAwsAccount();
  const key = await account.userKey("joe", ROLE("admin"));
  const { keys, store } = account.api.context;
  await store.commit((tx) => keys.remove(tx, "AKIAADMIN"));
  const joe = { UserName: "joe" };
  const own = { ...joe, AccessKeyId: key.accessKeyId };
  const ways: [string, Record<string, string>][] = [
    ["DeleteAccessKey", own],
    ["UpdateAccessKey", { ...own, Status: "Inactive" }],
    ["TagUser", { ...joe, ...ROLE("viewer") }],
    ["UntagUser", { ...joe, "TagKeys.member.1": "runtime:role" }],
  ];
  for (const [action, parameters] of ways) {
    const ask = () => account.iam(action, parameters, key);
    await account.refused(ask, "409 DeleteConflict", /last active key of an admin/);
  }
  const second = await account.done(account.iam("CreateAccessKey", {}, key));
  assert.equal(second.AccessKey.UserName, "joe");
  await account.done(account.iam("DeleteAccessKey", { AccessKeyId: key.accessKeyId }, key));
});

test("policies are kept as they were given, and grant nothing", async () => {
  using account = await openAwsAccount();
  const key = await account.userKey("joe");
  const joe = { UserName: "joe" };
  const document = POLICY.replace("s3:Get*", "*").replaceAll(",", ",\n ");
  for (const PolicyName of ["b", "a"]) {
    await account.done(
      account.iam("PutUserPolicy", { ...joe, PolicyName, PolicyDocument: document }),
    );
  }
  const { PolicyNames } = await account.done(account.iam("ListUserPolicies", joe));
  assert.deepEqual(PolicyNames.member, ["a", "b"]);
  const got = await account.done(account.iam("GetUserPolicy", { ...joe, PolicyName: "a" }));
  assert.equal(decodeURIComponent(got.PolicyDocument), document);
  assert.equal(await account.codeDeploy("ListApplications", {}, key), "AccessDeniedException");
});

test("what is not kept is listed as empty", async () => {
  using account = await openAwsAccount();
  await account.userKey("joe");
  const lists = [["ListAttachedUserPolicies", "AttachedPolicies"], ["ListGroupsForUser", "Groups"]];
  for (const [action = "", member = ""] of lists) {
    const result = await account.done(account.iam(action, { UserName: "joe" }));
    assert.deepEqual({ ...result }, { [member]: "", IsTruncated: "false" });
  }
});

const joe = { UserName: "joe" };
const put = (PolicyDocument: string) => ({ ...joe, PolicyName: "p", PolicyDocument });
const refusals: [
  title: string,
  action: string,
  parameters: Record<string, string>,
  expected: string,
  message?: RegExp,
][] = [
  ["a name that is taken", "CreateUser", { UserName: "JOE" }, "409 EntityAlreadyExists"],
  ["no name", "CreateUser", {}, "400 ValidationError", /^UserName/],
  ["a name with a slash", "CreateUser", { UserName: "a/b" }, "400 ValidationError"],
  ["a name of 65 characters", "CreateUser", { UserName: "a".repeat(65) }, "400 ValidationError"],
  ["a path without its slash", "CreateUser", { UserName: "x", Path: "/a" }, "400 ValidationError"],
  [
    "a role nobody has",
    "CreateUser",
    { UserName: "x", ...ROLE("root") },
    "400 ValidationError",
    /root/,
  ],
  ["the role of hosts", "TagUser", { ...joe, ...ROLE("agent") }, "400 ValidationError"],
  [
    "a boundary",
    "CreateUser",
    { UserName: "x", PermissionsBoundary: "arn:x" },
    "400 ValidationError",
  ],
  [
    "a user nobody made",
    "GetUser",
    { UserName: "x" },
    "404 NoSuchEntity",
    /user with name x cannot/,
  ],
  ["keys of a user nobody made", "ListAccessKeys", { UserName: "x" }, "404 NoSuchEntity"],
  ["a key for a user nobody made", "CreateAccessKey", { UserName: "x" }, "404 NoSuchEntity"],
  ["policies of a user nobody made", "ListUserPolicies", { UserName: "x" }, "404 NoSuchEntity"],
  [
    "the key of somebody else",
    "DeleteAccessKey",
    { ...joe, AccessKeyId: "AKIAVIEWER" },
    "404 NoSuchEntity",
    /Access Key with id AKIAVIEWER/,
  ],
  ["a policy that is no JSON", "PutUserPolicy", put("{"), "400 MalformedPolicyDocument"],
  ["a policy without a statement", "PutUserPolicy", put("{}"), "400 MalformedPolicyDocument"],
  [
    "a policy with another effect",
    "PutUserPolicy",
    put('{"Statement":{"Effect":"Maybe"}}'),
    "400 MalformedPolicyDocument",
    /Statement/,
  ],
  [
    "policies that are too long together",
    "PutUserPolicy",
    put(POLICY.replace("s3:Get*", "x".repeat(2048))),
    "409 LimitExceeded",
  ],
  ["a policy nobody put", "GetUserPolicy", { ...joe, PolicyName: "x" }, "404 NoSuchEntity"],
  ["a policy nobody put", "DeleteUserPolicy", { ...joe, PolicyName: "x" }, "404 NoSuchEntity"],
  [
    "a managed policy",
    "AttachUserPolicy",
    { ...joe, PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" },
    "400 ValidationError",
    /not attached.*aws iam tag-user --user-name joe/,
  ],
  ["an operation that is not here", "CreateRole", { RoleName: "x" }, "400 InvalidAction"],
];
for (const [title, action, parameters, expected, message] of refusals) {
  test(`${action} is refused: ${title}`, async () => {
    using account = await openAwsAccount();
    await account.userKey("joe");
    await account.refused(() => account.iam(action, parameters), expected, message);
  });
}

const othersMay: [caller: Signer, action: string, parameters: Record<string, string>][] = [
  ["deployer", "CreateUser", { UserName: "x" }],
  ["deployer", "GetUser", { UserName: "joe" }],
  ["viewer", "ListUsers", {}],
  ["agent", "CreateAccessKey", {}],
  ["none", "ListAccessKeys", {}],
];
for (const [caller, action, parameters] of othersMay) {
  test(`a key with the role ${caller} may not ${action}`, async () => {
    using account = await openAwsAccount();
    await account.userKey("joe");
    await account.refused(
      () => account.iam(action, parameters, caller),
      "403 AccessDenied",
      /iam:/,
    );
  });
}

test("GetUser without a name is the caller, whether a user or not", async () => {
  using account = await openAwsAccount();
  const { User } = await account.done(account.iam("GetUser", {}, "agent"));
  assert.deepEqual([User.UserName, User.Path], ["agent", "/"]);
  const session = await sessionAs(account);
  await account.refused(
    () => account.iam("GetUser", {}, session),
    "400 ValidationError",
    /Must specify userName/,
  );
});

async function sessionAs(account: AwsAccount): Promise<Signer> {
  const RoleArn = "arn:aws:iam::000000000000:role/admin";
  return sessionOf(
    await account.done(account.sts("AssumeRole", { RoleArn, RoleSessionName: "me" })),
  );
}
