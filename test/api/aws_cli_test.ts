/** The real AWS CLI against the API and its signature check, where it is installed. @module */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { artifactStore } from "../../core/api/artifacts/artifact_routes.ts";
import { authenticator } from "../../core/api/authenticate.ts";
import { type HttpServer, serveHttp } from "../../core/platform.ts";
import { type Answer, credentialsOf, openTestApi, type TestApi } from "./test_api.ts";

const run = promisify(execFile);
let api: TestApi;
let http: HttpServer;
let home: string;
let url: string;
before(async () => {
  api = await openTestApi();
  home = await mkdtemp(join(tmpdir(), "aws-cli-"));
  const { store, now } = api.context;
  const s3 = artifactStore({
    store,
    directory: join(home, "artifacts"),
    authenticate: authenticator(api.context),
    region: "us-east-1",
    domains: [],
    now,
    randomBytes,
  });
  http = await serveHttp({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => s3.answer(request) ?? api.app.fetch(request),
  });
  url = `http://127.0.0.1:${http.port}`;
});
after(async () => {
  await http.stop();
  api[Symbol.dispose]();
  await rm(home, { recursive: true });
});

const version = await run("aws", ["--version"]).then(({ stdout }) => stdout, () => "");
const skip = version === "" && "the AWS CLI is not installed";
/** `push` heeds no --endpoint-url; the environment's came with 1.29 and 2.13. */
const [major = 0, minor = 0] = /^aws-cli\/(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
const heedsVariable = major === 1 ? minor >= 29 : minor >= 13;
const skipPush = skip || (!heedsVariable && "this AWS CLI heeds no AWS_ENDPOINT_URL");

/** Runs the CLI with a deployer's key, or another secret; answers what it prints. */
async function cli(args: string[], secret = credentialsOf("deployer").secretAccessKey) {
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    AWS_ACCESS_KEY_ID: credentialsOf("deployer").accessKeyId,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_DEFAULT_REGION: "eu-central-1",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ENDPOINT_URL: url,
  };
  const { stdout } = await run("aws", ["--endpoint-url", url, ...args], { env });
  return stdout.trim();
}

async function deploy(...args: string[]): Promise<Answer> {
  const text = await cli(["deploy", ...args]);
  return text === "" ? {} : JSON.parse(text);
}

test("aws deploy makes an application with a group, and reads it back", { skip }, async () => {
  const { applicationId } = await deploy("create-application", "--application-name", "shop");
  const names = ["--application-name", "shop", "--deployment-group-name", "prod"];
  await deploy(
    "create-deployment-group",
    ...names,
    "--service-role-arn",
    "arn:aws:iam::000000000000:role/runtime",
    "--on-premises-tag-set",
    "onPremisesTagSetList=[[{Key=role,Value=web,Type=KEY_AND_VALUE}]]",
    "--auto-rollback-configuration",
    "enabled=true,events=DEPLOYMENT_FAILURE",
  );
  const { application } = await deploy("get-application", "--application-name", "shop");
  assert.equal(application.applicationId, applicationId);
  const { deploymentGroupInfo } = await deploy("get-deployment-group", ...names);
  assert.deepEqual(deploymentGroupInfo.onPremisesTagSet.onPremisesTagSetList, [[
    { Key: "role", Value: "web", Type: "KEY_AND_VALUE" },
  ]]);
  assert.deepEqual(deploymentGroupInfo.autoRollbackConfiguration.events, ["DEPLOYMENT_FAILURE"]);
  const listed = await deploy("list-applications");
  assert.deepEqual(listed.applications, ["shop"]);
});

test("aws deploy registers a host and tags it", { skip }, async () => {
  const host = ["--instance-names", "web-1"];
  await deploy(
    "register-on-premises-instance",
    "--instance-name",
    "web-1",
    "--iam-user-arn",
    "arn:aws:iam::000000000000:user/AWS/CodeDeploy/web-1",
  );
  await deploy("add-tags-to-on-premises-instances", ...host, "--tags", "Key=role,Value=web");
  const { instanceInfos } = await deploy("batch-get-on-premises-instances", ...host);
  assert.deepEqual(instanceInfos[0].tags, [{ Key: "role", Value: "web" }]);
});

test("aws deploy tags an application and reads its tags back", { skip }, async () => {
  const create = ["create-application", "--application-name", "tagged"];
  await deploy(...create, "--tags", "Key=team,Value=red");
  const arn = ["--resource-arn", "arn:aws:codedeploy:eu-central-1:000000000000:application:tagged"];
  await deploy("tag-resource", ...arn, "--tags", "Key=cost,Value=7");
  const both = [{ Key: "cost", Value: "7" }, { Key: "team", Value: "red" }];
  assert.deepEqual((await deploy("list-tags-for-resource", ...arn)).Tags, both);
  await deploy("untag-resource", ...arn, "--tag-keys", "team");
  assert.deepEqual((await deploy("list-tags-for-resource", ...arn)).Tags, [both[0]]);
});

test("aws deploy lists the tokens for GitHub by name", { skip }, async () => {
  const { store, githubTokens } = api.context;
  const token = { name: "acme", token: "ghp_0123" };
  const rules = { nonce: randomBytes(12), most: 25 };
  await store.commit((tx) => githubTokens.put(tx, token, rules));
  assert.deepEqual(await deploy("list-git-hub-account-token-names"), { tokenNameList: ["acme"] });
  await assert.rejects(deploy("delete-git-hub-account-token", "--token-name", "acme"), {
    stderr: /AccessDeniedException.*admin/s,
  });
});

test("aws deploy shows a refusal's name and message", { skip }, async () => {
  await assert.rejects(deploy("get-application", "--application-name", "gone"), {
    stderr: /ApplicationDoesNotExistException.*No application found for name: gone/s,
  });
  await assert.rejects(cli(["deploy", "list-applications"], "wrong"), {
    stderr: /InvalidSignatureException/,
  });
});

test("aws deploy push uploads and registers the revision", { skip: skipPush }, async () => {
  await deploy("create-application", "--application-name", "pushed");
  const source = await mkdtemp(join(home, "source-"));
  await writeFile(join(source, "appspec.yml"), "version: 0.0\nos: linux\n");
  await cli([
    "deploy",
    "push",
    "--application-name",
    "pushed",
    "--s3-location",
    "s3://bundles/pushed.zip",
    "--source",
    source,
  ]);
  const { revisions } = await deploy(
    "list-application-revisions",
    "--application-name",
    "pushed",
  );
  assert.equal(revisions.length, 1);
  assert.equal(revisions[0].s3Location.key, "pushed.zip");
  const { revisionInfo } = await deploy(
    "get-application-revision",
    "--application-name",
    "pushed",
    "--revision",
    JSON.stringify(revisions[0]),
  );
  assert.match(revisionInfo.description, /AWS CLI/);
});

test("a URL that aws s3 presign made is good without keys", { skip }, async () => {
  const file = join(home, "hello.txt");
  await writeFile(file, "hello");
  await cli(["s3", "cp", file, "s3://bundles/a b/hello+1.txt"]);
  const presigned = await cli(["s3", "presign", "s3://bundles/a b/hello+1.txt"]);
  const response = await fetch(presigned);
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "hello");
  const spoiled = await fetch(presigned.replace("hello", "hallo"));
  assert.equal(spoiled.status, 403);
  await spoiled.body?.cancel();
});
