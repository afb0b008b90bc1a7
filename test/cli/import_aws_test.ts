/**
 * `runtime import aws`: whose keys it reads with, what it says before it asks anybody, and what it
 * tells.
 * @module
 */
import { test } from "node:test";
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { z } from "zod";
import { folder, Refusal, runtime, standIn } from "./stand_in.ts";

const ROLE = "arn:aws:iam::123456789012:role/deploy";
const HERE = { url: "http://127.0.0.1:9" };

const misused: [what: string, argv: string[], env: Record<string, string>, says: RegExp[]][] = [
  ["no region", [], {}, [/^The region to import from is not known\n/, /--from-region, AWS_REGION/]],
  ["a region that is none", ["--from-region", "x/../y"], {}, [/given: "x\/\.\.\/y"/]],
  ["a source that is no address", ["--from-url", "codedeploy"], {}, [/^--from-url is not a URL/]],
  ["one server for both", ["--from-url", HERE.url], {}, [/^An import reads at one server and/]],
  ["a profile that is not there", ["--from-profile", "nobody"], {}, [
    /^No access keys for the CodeDeploy/,
    /no keys of profile nobody in/,
  ]],
  ["a profile of SSO", ["--from-profile", "sso"], {}, [
    /^The keys to import with come from elsewhere\n/,
    /profile sso has no keys but sso_session, which only the aws command follows/,
    /aws configure export-credentials --profile sso/,
  ]],
];
for (const [what, argv, env, says] of misused) {
  test(`import aws with ${what} says so and what to do, before it asks anybody`, async () => {
    await using place = await folder();
    await mkdir(join(place.path, ".aws"));
    await writeFile(
      join(place.path, ".aws", "config"),
      "[profile sso]\nsso_session = company\nregion = eu-west-1\n",
    );
    const ran = await runtime(["import", "aws", ...argv], HERE, {
      env: { HOME: place.path, ...env },
    });
    assert.equal(ran.code, 2, ran.err);
    for (const say of says) assert.match(ran.err, say);
  });
}

const nothing = {
  ListApplications: () => ({ applications: [] }),
  ListDeploymentConfigs: () => ({ deploymentConfigsList: [] }),
  ListOnPremisesInstances: () => ({ instanceNames: [] }),
};

test("an application that the source does not have is named", async () => {
  await using source = await standIn(nothing);
  const ran = await runtime(
    ["import", "aws", "--from-url", source.url, "--app", "gone", "--dry-run"],
    HERE,
  );
  assert.equal(ran.code, 2);
  assert.match(ran.err, /^http:\S+ has no application gone\n/);
});

test("tags that may not be read are told once, and the rest comes along", async () => {
  const denied = () => {
    throw new Refusal("AccessDeniedException", "not authorized to perform ListTagsForResource");
  };
  await using source = await standIn({
    ...nothing,
    ListApplications: () => ({ applications: ["shop"] }),
    BatchGetApplications: () => ({
      applicationsInfo: [{ applicationName: "shop", computePlatform: "Server" }],
    }),
    ListDeploymentGroups: () => ({ deploymentGroups: ["production"] }),
    BatchGetDeploymentGroups: () => ({
      deploymentGroupsInfo: [{
        deploymentGroupName: "production",
        serviceRoleArn: ROLE,
        newThing: 1,
      }],
    }),
    ListTagsForResource: denied,
  });
  await using here = await standIn({
    ...nothing,
    CreateApplication: () => ({}),
    CreateDeploymentGroup: () => {
      throw new Refusal("RoleRequiredException", "the role is not one");
    },
  });
  const ran = await runtime(["import", "aws", "--from-url", source.url], here);
  assert.equal(ran.code, 1, ran.err);
  assert.equal(
    ran.out,
    "created application shop\n" +
      "did not import group shop/production: RoleRequiredException: the role is not one\n" +
      "note: group shop/production: not known to this version and left out: newThing\n" +
      "note: tags of 2 applications and groups were not read: AccessDeniedException: " +
      "not authorized to perform ListTagsForResource\n" +
      "1 created, 1 not imported\n",
  );
});

const Reasons = z.object({ steps: z.array(z.object({ reason: z.string() })) });

test("groups of an application that was refused are not tried", async () => {
  await using source = await standIn({
    ...nothing,
    ListApplications: () => ({ applications: ["shop"] }),
    BatchGetApplications: () => ({ applicationsInfo: [{ applicationName: "shop" }] }),
    ListDeploymentGroups: () => ({ deploymentGroups: ["production"] }),
    BatchGetDeploymentGroups: () => ({
      deploymentGroupsInfo: [{ deploymentGroupName: "production", serviceRoleArn: ROLE }],
    }),
    ListTagsForResource: () => ({ Tags: [] }),
  });
  await using here = await standIn({
    ...nothing,
    CreateApplication: () => {
      throw new Refusal("ApplicationLimitExceededException", "1000 are here");
    },
  });
  const ran = await runtime(["import", "aws", "--from-url", source.url, "--json"], here);
  assert.equal(ran.code, 1, ran.err);
  assert.deepEqual(Reasons.parse(JSON.parse(ran.out)).steps.map(({ reason }) => reason), [
    "ApplicationLimitExceededException: 1000 are here",
    "the application shop was refused",
  ]);
  const asked = here.asked.map(({ operation }) => operation);
  assert.ok(!asked.includes("CreateDeploymentGroup"), asked.join(" "));
});

test("a listing that goes round in a circle is refused", async () => {
  await using source = await standIn({
    ...nothing,
    ListApplications: () => ({ applications: [], nextToken: "again" }),
  });
  const ran = await runtime(["import", "aws", "--from-url", source.url, "--dry-run"], HERE);
  assert.equal(ran.code, 1);
  assert.match(ran.err, /ListApplications does not come to an end/);
});

/** Answers every listing with nothing, and remembers with which keys it was asked. */
async function keyReader() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [, key = "", region = ""] =
      /Credential=(\w+)\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? "") ?? [];
    asked.push([key, region, request.headers["x-amz-security-token"] ?? "no token"].join(" "));
    request.resume().on("end", () => response.end("{}"));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}`,
    keys: () => [...new Set(asked)],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const ENVIRONMENT = { AWS_ACCESS_KEY_ID: "AKENV", AWS_SECRET_ACCESS_KEY: "s" };
const sources: [whose: string, argv: string[], env: Record<string, string>, keys: string][] = [
  ["the environment's keys", [], ENVIRONMENT, "AKENV us-east-1 no token"],
  ["a session's token and region", [], {
    ...ENVIRONMENT,
    AWS_SESSION_TOKEN: "tok",
    AWS_REGION: "eu-west-1",
  }, "AKENV eu-west-1 tok"],
  ["a profile named by a flag, and leaves the environment to this server", [
    ...["--from-profile", "prod"],
  ], {
    AWS_ACCESS_KEY_ID: "AKTEST",
    AWS_SECRET_ACCESS_KEY: "s",
    AWS_SESSION_TOKEN: "tok",
    AWS_REGION: "us-east-1",
  }, "AKPROD ap-south-1 prodtok"],
  ["a profile named by the environment", [], { AWS_PROFILE: "prod" }, "AKPROD ap-south-1 prodtok"],
  ["the default profile and a region of one's own", ["--from-region", "us-west-2"], {
    AWS_REGION: "eu-west-1",
  }, "AKDEFAULT us-west-2 no token"],
];
for (const [whose, argv, env, keys] of sources) {
  test(`an import reads with ${whose}`, async () => {
    await using place = await folder();
    await using source = await keyReader();
    await using here = await standIn(nothing);
    await mkdir(join(place.path, ".aws"));
    await writeFile(
      join(place.path, ".aws", "credentials"),
      "[default]\naws_access_key_id = AKDEFAULT\naws_secret_access_key = s\n" +
        "[prod]\naws_access_key_id = AKPROD\naws_secret_access_key = s\n" +
        "aws_session_token = prodtok\nregion = ap-south-1\n",
    );
    const login = {
      url: here.url,
      region: "us-east-1",
      accessKeyId: "AKTEST",
      secretAccessKey: "s",
    };
    await mkdir(join(place.path, "runtime"));
    await writeFile(join(place.path, "runtime", "login.json"), JSON.stringify(login));
    const ran = await runtime(["import", "aws", "--from-url", source.url, ...argv], undefined, {
      env: { HOME: place.path, XDG_CONFIG_HOME: place.path, ...env },
    });
    assert.equal(ran.out, "nothing to do\n", ran.err);
    assert.deepEqual(source.keys(), [keys]);
  });
}
