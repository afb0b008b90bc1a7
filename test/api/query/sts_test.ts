import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { IAM } from "../../../core/api/query/iam/iam_service.ts";
import { newSession } from "../../../core/api/query/sts/new_session.ts";
import { STS } from "../../../core/api/query/sts/sts_service.ts";
import { createRouter } from "../../../core/api/router.ts";
import { checkUsable, tokenHash } from "../../../core/api/session_token.ts";
import { signable, signer } from "../../../core/wire/sigv4.ts";
import { Role } from "../../../core/domain/instance.ts";
import type { Tx } from "../../../core/store/group_commit.ts";
import { deregisterInstance } from "../../../core/store/instances.ts";
import { type AwsAccount, openAwsAccount, sessionOf, type Signer } from "./aws_account.ts";
import { askQuery, readQuery } from "./query_client.ts";
import { credentialsOf, SERVICES } from "../test_api.ts";

const HOUR = 3_600_000;
const arnOf = (role: string, account = "000000000000") => `arn:aws:iam::${account}:role/${role}`;

function assume(account: AwsAccount, role: string, as?: Signer, more: Record<string, string> = {}) {
  const parameters = { RoleArn: arnOf(role), RoleSessionName: "web-1", ...more };
  return account.sts("AssumeRole", parameters, as);
}

for (const role of Role.options) {
  test(`a key with the role ${role} may ask who it is`, async () => {
    using account = await openAwsAccount();
    const who = await account.done(account.sts("GetCallerIdentity", {}, role));
    assert.match(who.UserId, /^AIDA[A-Z2-7]{17}$/);
    assert.deepEqual({ ...who, UserId: "" }, {
      Arn: `arn:aws:iam::000000000000:user/${role}`,
      UserId: "",
      Account: "000000000000",
    });
  });
}

const mayAssume: [caller: Role, role: string, may: boolean][] = [
  ["admin", "admin", true],
  ["admin", "viewer", true],
  ["admin", "path/of/deployer", true],
  ["admin", "CodeDeployInstances", true],
  ["deployer", "admin", false],
  ["deployer", "deployer", true],
  ["deployer", "viewer", true],
  ["deployer", "CodeDeployInstances", false],
  ["viewer", "deployer", false],
  ["viewer", "viewer", true],
  ["agent", "viewer", false],
  ["agent", "CodeDeployInstances", false],
  ["none", "viewer", false],
  ["none", "CodeDeployInstances", false],
];
for (const [caller, role, may] of mayAssume) {
  test(`a key with the role ${caller} may ${may ? "" : "not "}assume role/${role}`, async () => {
    using account = await openAwsAccount();
    if (!may) {
      const message = /not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::0+:role/;
      return await account.refused(
        () => assume(account, role, caller),
        "403 AccessDenied",
        message,
      );
    }
    const { AssumedRoleUser, Credentials } = await account.done(assume(account, role, caller));
    const name = role.split("/").pop();
    const arn = `arn:aws:sts::000000000000:assumed-role/${name}/web-1`;
    assert.equal(AssumedRoleUser.Arn, arn);
    assert.match(AssumedRoleUser.AssumedRoleId, /^AROA[A-Z2-7]{17}:web-1$/);
    assert.match(Credentials.AccessKeyId, /^ASIA[A-Z2-7]{16}$/);
    assert.match(Credentials.Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const who = await account.done(
      account.sts("GetCallerIdentity", {}, sessionOf({ Credentials })),
    );
    assert.deepEqual([who.Arn, who.UserId], [arn, AssumedRoleUser.AssumedRoleId]);
  });
}

const creates: [role: string, expected: string][] = [
  ["admin", "done"],
  ["deployer", "done"],
  ["viewer", "AccessDeniedException"],
  ["CodeDeployInstances", "AccessDeniedException"],
];
for (const [role, expected] of creates) {
  test(`a session of role/${role} that creates an application gets: ${expected}`, async () => {
    using account = await openAwsAccount();
    const session = sessionOf(await account.done(assume(account, role)));
    const input = { applicationName: "shop" };
    assert.equal(await account.codeDeploy("CreateApplication", input, session), expected);
  });
}

const parameters: [title: string, more: Record<string, string>, expected: string][] = [
  ["no time at all", { DurationSeconds: "899" }, "400 ValidationError"],
  ["more than twelve hours", { DurationSeconds: "43201" }, "400 ValidationError"],
  ["a time that is no number", { DurationSeconds: "1h" }, "400 ValidationError"],
  ["a session without a name", { RoleSessionName: "" }, "400 ValidationError"],
  ["a name with a slash", { RoleSessionName: "a/b" }, "400 ValidationError"],
  [
    "an ARN that is no role's",
    { RoleArn: "arn:aws:iam::000000000000:user/x" },
    "400 ValidationError",
  ],
  ["a role of another account", { RoleArn: arnOf("viewer", "111111111111") }, "403 AccessDenied"],
  ["a policy, which would have to narrow it", { Policy: "{}" }, "400 ValidationError"],
  ["managed policies", { "PolicyArns.member.1.arn": "arn:x" }, "400 ValidationError"],
  ["a code of a device", { TokenCode: "123456" }, "400 ValidationError"],
];
for (const [title, more, expected] of parameters) {
  test(`AssumeRole is refused with ${title}`, async () => {
    using account = await openAwsAccount();
    await account.refused(() => assume(account, "viewer", "admin", more), expected);
  });
}

test("tags and an external id change nothing", async () => {
  using account = await openAwsAccount();
  const more = { "Tags.member.1.Key": "a", "Tags.member.1.Value": "b", ExternalId: "e" };
  await account.done(assume(account, "viewer", "admin", more));
});

test("a session's key counts with its own token alone, for every service", async () => {
  using account = await openAwsAccount();
  const session = sessionOf(await account.done(assume(account, "admin")));
  const { accessKeyId, secretAccessKey } = session;
  const other = sessionOf(await account.done(assume(account, "admin")));
  const wrong: [title: string, credentials: Signer][] = [
    ["no token", { accessKeyId, secretAccessKey }],
    ["another token", { ...session, sessionToken: other.sessionToken }],
    ["half a token", { ...session, sessionToken: session.sessionToken.slice(1) }],
    ["a token with a lasting key", { ...credentialsOf("admin"), sessionToken: "x" }],
  ];
  for (const [title, credentials] of wrong) {
    const answer = await account.sts("GetCallerIdentity", {}, credentials);
    assert.equal(`${answer.status} ${answer.code}`, "403 InvalidClientTokenId", title);
    assert.match(answer.message ?? "", /^The security token included in the request is invalid/);
    const type = await account.codeDeploy("ListApplications", {}, credentials);
    assert.equal(type, "UnrecognizedClientException", title);
  }
  const badSecret = { ...session, secretAccessKey: "x" };
  assert.equal(
    (await account.sts("GetCallerIdentity", {}, badSecret)).code,
    "SignatureDoesNotMatch",
  );
});

test("a session ends by itself, and its holder is told so", async () => {
  using account = await openAwsAccount();
  const session = sessionOf(await account.done(assume(account, "admin")));
  account.api.moveClock(HOUR + 1_000);
  // The client's clock is off by now, too; the end of the session is what helps it.
  const answer = await account.sts("GetCallerIdentity", {}, session);
  assert.equal(`${answer.status} ${answer.code}`, "403 ExpiredToken", answer.message ?? "");
  assert.equal(await account.codeDeploy("ListApplications", {}, session), "ExpiredTokenException");
});

test("a session ends at its second, not before", () => {
  const key = {
    accessKeyId: "ASIAX",
    secretAccessKey: "x",
    role: "viewer" as const,
    arn: "arn:x",
    createTime: 0,
    session: { tokenHash: tokenHash("token"), expiresAt: 5_000, sourceKeyId: "AKIAX" },
  };
  const request = new Request("http://x/", { headers: { "x-amz-security-token": "token" } });
  const at = (now: number) => () => checkUsable(key, request, new URL(request.url), now);
  at(4_999)();
  assert.throws(at(5_000), { name: "ExpiredTokenException" });
});

test("sessions that ended a week ago are swept when another one begins", async () => {
  using account = await openAwsAccount();
  const { context } = account.api;
  const admin = context.keys.find("AKIAADMIN")!;
  const begin = async () => {
    const session = { arn: "arn:x", role: "viewer" as const, durationSeconds: 900 };
    return (await newSession(context, admin, session)).AccessKeyId;
  };
  const first = await begin();
  account.api.moveClock(7 * 24 * HOUR);
  await begin();
  assert.ok(context.keys.find(first), "its holder could still be told that it ended");
  account.api.moveClock(HOUR);
  await begin();
  assert.equal(context.keys.find(first), undefined);
});

test("a session from a session lasts an hour at most, and ends with the lasting key", async () => {
  using account = await openAwsAccount();
  const joe = await account.userKey("joe", roleTag("admin"));
  const first = sessionOf(await account.done(assume(account, "admin", joe)));
  const long = { DurationSeconds: "3601" };
  await account.refused(
    () => assume(account, "viewer", first, long),
    "400 ValidationError",
    /chaining/,
  );
  const second = sessionOf(await account.done(assume(account, "viewer", first)));
  assert.equal(await account.codeDeploy("ListApplications", {}, second), "done");
  await account.done(
    account.iam("DeleteAccessKey", { UserName: "joe", AccessKeyId: joe.accessKeyId }),
  );
  for (const session of [first, second]) {
    const type = await account.codeDeploy("ListApplications", {}, session);
    assert.equal(type, "UnrecognizedClientException");
  }
});

test("GetSessionToken gives keys of the caller's own name and role", async () => {
  using account = await openAwsAccount();
  const asked = account.sts("GetSessionToken", { DurationSeconds: "900" }, "viewer");
  const session = sessionOf(await account.done(asked));
  const who = await account.done(account.sts("GetCallerIdentity", {}, session));
  assert.equal(who.Arn, "arn:aws:iam::000000000000:user/viewer");
  assert.equal(await account.codeDeploy("ListApplications", {}, session), "done");
  const input = { applicationName: "shop" };
  assert.equal(
    await account.codeDeploy("CreateApplication", input, session),
    "AccessDeniedException",
  );
  await account.refused(() => account.sts("GetSessionToken", {}, session), "403 AccessDenied");
  await account.refused(
    () => account.sts("GetSessionToken", { SerialNumber: "arn:mfa" }),
    "400 ValidationError",
    /MFA/,
  );
});

test("a session of a registered instance acts as that host, whatever its role is called", async () => {
  for (const role of ["CodeDeployInstances", "deployer"]) {
    using account = await openAwsAccount();
    const arn = `arn:aws:sts::000000000000:assumed-role/${role}/web-1`;
    const before = sessionOf(await account.done(assume(account, role)));
    const roleOf = (accessKeyId: string) => account.api.context.keys.find(accessKeyId)?.role;
    assert.equal(roleOf(before.accessKeyId), role === "deployer" ? "deployer" : "none");
    await account.api.call("RegisterOnPremisesInstance", {
      instanceName: "web-1",
      iamSessionArn: arn,
    });
    const after = sessionOf(await account.done(assume(account, role)));
    for (const { accessKeyId } of [before, after]) assert.equal(roleOf(accessKeyId), "agent");
    // The host begins its next session itself, and nobody else's.
    const next = sessionOf(await account.done(assume(account, role, after)));
    assert.equal(roleOf(next.accessKeyId), "agent");
    const another = { RoleSessionName: "web-2" };
    await account.refused(() => assume(account, role, after, another), "403 AccessDenied");
    await account.refused(() => assume(account, role, "deployer"), "403 AccessDenied");
    await account.api.call("DeregisterOnPremisesInstance", { instanceName: "web-1" });
    assert.notEqual(roleOf(next.accessKeyId), "agent");
  }
});

test("a presigned GetCallerIdentity says who signed it, of a session too", async () => {
  using account = await openAwsAccount();
  const session = sessionOf(await account.done(assume(account, "viewer")));
  for (const credentials of [credentialsOf("viewer"), session]) {
    const url = new URL("https://sts.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15");
    const sign = signer(credentials, "us-east-1", "sts");
    const { query } = await sign.presign(signable("GET", url, {}), { expiresIn: 60 });
    for (const [name, value] of Object.entries(query ?? {})) {
      url.searchParams.set(name, String(value));
    }
    const answer = await readQuery(await account.app.request(new Request(url)));
    assert.match(answer.result?.Arn ?? answer.message, /viewer/);
  }
});

test("a request of one service is no request of another", async () => {
  using account = await openAwsAccount();
  const answer = await askQuery(account.app, {
    service: "iam",
    credentials: credentialsOf("admin"),
    parameters: { Action: "GetCallerIdentity" },
  });
  assert.equal(answer.code, "InvalidAction");
});

function roleTag(role: string): Record<string, string> {
  return { "Tags.member.1.Key": "runtime:role", "Tags.member.1.Value": role };
}

test("a key has ten thousand sessions at most, and room again when they have ended", async () => {
  using account = await openAwsAccount();
  const { store, keys, now } = account.api.context;
  const { accessKeyId: sourceKeyId } = credentialsOf("agent");
  const expiresAt = now() + HOUR;
  await store.commit((tx) => {
    for (let n = 0; n < 10_000; n++) {
      const session = { tokenHash: "ab", expiresAt, sourceKeyId };
      const key = { accessKeyId: `ASIA${n}`, secretAccessKey: "s", arn: "a", createTime: 0 };
      keys.put(tx, { ...key, role: "agent", session }, new Uint8Array(12));
    }
  });
  const ask = (as: Signer) => account.sts("GetSessionToken", { DurationSeconds: "900" }, as);
  await account.refused(() => ask("agent"), "400 Throttling", /10000 sessions/);
  await account.done(ask("viewer"));
  account.api.moveClock(HOUR + 1);
  const session = { arn: "a", role: "asker's", durationSeconds: 900 } as const;
  await newSession(account.api.context, keys.find(sourceKeyId)!, session);
  assert.equal(keys.sessionCount(store.read, sourceKeyId), 1);
});

/** Runs `meanwhile` when a session's key is drawn: its commit is then right before the session's. */
function interrupted({ api }: AwsAccount, meanwhile: (tx: Tx) => void): AwsAccount["app"] {
  let once = () => {
    once = () => {};
    void api.context.store.commit(meanwhile);
  };
  const context = {
    ...api.context,
    randomBytes(length: number) {
      once();
      return api.context.randomBytes(length);
    },
  };
  return createRouter(context, SERVICES, [IAM, STS]);
}

const asks = [
  { Action: "GetSessionToken" },
  { Action: "AssumeRole", RoleArn: arnOf("deployer"), RoleSessionName: "ci" },
];
for (const ask of asks) {
  test(`${ask.Action} begins no session for a role that was taken away meanwhile`, async () => {
    using account = await openAwsAccount();
    const arn = "arn:aws:iam::000000000000:user/ci";
    const credentials = await account.userKey("ci", {
      "Tags.member.1.Key": "runtime:role",
      "Tags.member.1.Value": "deployer",
    });
    const { keys } = account.api.context;
    const app = interrupted(account, (tx) => keys.setRole(tx, arn, "viewer"));
    const parameters = { Version: "2011-06-15", ...ask };
    const answer = await askQuery(app, { service: "sts", credentials, parameters });
    assert.equal(
      `${answer.status} ${answer.code}`,
      "403 InvalidClientTokenId",
      answer.message ?? "",
    );
    assert.equal(account.api.dump()["access_keys"]?.filter(isSession).length, 0);
  });
}

function isSession(row: unknown): boolean {
  return z.object({ sourceKeyId: z.string() }).safeParse(row).success;
}

test("a host's session is no host's once the host was deregistered meanwhile", async () => {
  using account = await openAwsAccount();
  const iamUserArn = "arn:aws:iam::000000000000:user/web-1";
  const credentials = await account.userKey("web-1");
  await account.api.call("RegisterOnPremisesInstance", { instanceName: "web-1", iamUserArn });
  const { keys } = account.api.context;
  const app = interrupted(account, (tx) => {
    deregisterInstance(tx, "web-1", 1);
    keys.removeAgentKeys(tx, iamUserArn);
  });
  const parameters = { Version: "2011-06-15", Action: "GetSessionToken" };
  const answer = await account.done(askQuery(app, { service: "sts", credentials, parameters }));
  assert.equal(keys.find(sessionOf(answer).accessKeyId)?.role, "none");
});

test("registering the ARN of an admin's session takes nothing from the admin", async () => {
  using account = await openAwsAccount();
  const before = sessionOf(await account.done(assume(account, "admin")));
  await account.api.call("RegisterOnPremisesInstance", {
    instanceName: "trap",
    iamSessionArn: "arn:aws:sts::000000000000:assumed-role/admin/web-1",
  }, "deployer");
  const after = sessionOf(await account.done(assume(account, "admin")));
  for (const session of [before, after]) await account.done(account.iam("ListUsers", {}, session));
});
