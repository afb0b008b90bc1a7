/**
 * All commands of `aws deploy`, by the list that the program itself has of them: the unchanged
 * Debian package, given an endpoint and a CA and nothing else.
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { z } from "zod";
import { version } from "../binary/bundles.ts";
import { ended } from "../binary/deployments.ts";
import { AwsHosts } from "../binary/aws_hosts.ts";
import { AWS, Fleet, type Ran } from "../binary/fleet.ts";

const ROLE = "arn:aws:iam::000000000000:role/none";
const APP = ["--application-name", "shop"];
const GROUP = [...APP, "--deployment-group-name", "production"];
const ARN = "arn:aws:codedeploy:us-east-1:000000000000:application:shop";
const HOST_TAG = "Key=role,Value=web,Type=KEY_AND_VALUE";

const Created = z.object({ deploymentId: z.string().regex(/^d-[A-Z0-9]{9}$/) });

/** `aws deploy COMMAND …`, and which commands ran. */
class Commands {
  readonly #ran = new Set<string>();

  constructor(readonly hosts: AwsHosts, readonly fleet: Fleet) {}

  async run(command: string, ...argv: string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await this.#aws(command, ...argv);
    assert.equal(code, 0, `aws deploy ${command} ${argv.join(" ")}: ${stderr}`);
    return stdout.trimStart().startsWith("{") ? JSON.parse(stdout) : {};
  }

  /** The program ends with the exception of this name. */
  async refused(error: string, command: string, ...argv: string[]): Promise<void> {
    const { code, stderr } = await this.#aws(command, ...argv);
    assert.notEqual(code, 0);
    assert.match(stderr, new RegExp(`\\(${error}\\)`));
  }

  /** Commands that the program has by its own words and that did not run here. */
  async left(): Promise<string[]> {
    const { stderr } = await this.#aws("no-such-command");
    const listed = stderr.split("valid choices are:")[1]?.match(/[a-z][a-z-]+/g) ?? [];
    assert.ok(listed.length > 47, stderr);
    return listed.filter((name) => !this.#ran.has(name));
  }

  #aws(command: string, ...argv: string[]): Promise<Ran> {
    this.#ran.add(command);
    const endpoint = ["--endpoint-url", this.fleet.url, "--output", "json"];
    return this.hosts.aws(this.fleet, "deploy", command, ...argv, ...endpoint);
  }
}

async function resources(aws: Commands): Promise<void> {
  await aws.run("create-application", ...APP, "--tags", "Key=team,Value=one");
  await aws.run("create-application", "--application-name", "old");
  const renamed = ["--application-name", "old", "--new-application-name", "older"];
  await aws.run("update-application", ...renamed);
  assert.deepEqual((await aws.run("list-applications"))["applications"], ["older", "shop"]);
  await aws.run("delete-application", "--application-name", "older");
  await aws.run("get-application", ...APP);
  await aws.run("batch-get-applications", "--application-names", "shop");
  const config = ["--deployment-config-name", "two"];
  const atLeast = ["--minimum-healthy-hosts", "type=HOST_COUNT,value=2"];
  await aws.run("create-deployment-config", ...config, ...atLeast);
  await aws.run("get-deployment-config", ...config);
  await aws.run("list-deployment-configs");
  await aws.run("delete-deployment-config", ...config);
  const tags = ["--on-premises-instance-tag-filters", HOST_TAG];
  await aws.run("create-deployment-group", ...GROUP, "--service-role-arn", ROLE, ...tags);
  const all = ["--deployment-config-name", "CodeDeployDefault.AllAtOnce"];
  const current = ["--current-deployment-group-name", "production"];
  await aws.run("update-deployment-group", ...APP, ...current, ...all);
  await aws.run("get-deployment-group", ...GROUP);
  const both = ["--deployment-group-names", "production", "absent"];
  const batch = await aws.run("batch-get-deployment-groups", ...APP, ...both);
  assert.match(String(batch["errorMessage"]), /absent/);
  await aws.run("list-deployment-groups", ...APP);
  await aws.run("tag-resource", "--resource-arn", ARN, "--tags", "Key=stage,Value=x");
  await aws.run("untag-resource", "--resource-arn", ARN, "--tag-keys", "stage");
  const kept = await aws.run("list-tags-for-resource", "--resource-arn", ARN);
  assert.deepEqual(kept["Tags"], [{ Key: "team", Value: "one" }]);
}

async function instances(aws: Commands): Promise<void> {
  const names = ["--instance-names", "i1"];
  const arn = ["--iam-user-arn", "arn:aws:iam::000000000000:user/i1"];
  await aws.run("register-on-premises-instance", "--instance-name", "i1", ...arn);
  const tags = ["--tags", "Key=zone,Value=one"];
  await aws.run("add-tags-to-on-premises-instances", ...names, ...tags);
  await aws.run("get-on-premises-instance", "--instance-name", "i1");
  await aws.run("batch-get-on-premises-instances", ...names);
  await aws.run("list-on-premises-instances", "--registration-status", "Registered");
  await aws.run("remove-tags-from-on-premises-instances", ...names, ...tags);
  await aws.run("deregister-on-premises-instance", "--instance-name", "i1");
}

/** Uploads by `push`, as its own text says: then create-deployment with the location it printed. */
async function revision(aws: Commands): Promise<string[]> {
  const source = aws.fleet.bundle("v1", version("1"));
  const location = ["--s3-location", "s3://bundles/shop.zip"];
  await aws.run("push", ...APP, ...location, "--source", source, "--description", "pushed");
  const short = ["--s3-location", "bucket=bundles,key=shop.zip,bundleType=zip"];
  await aws.run("register-application-revision", ...APP, ...short, "--description", "again");
  await aws.run("get-application-revision", ...APP, ...short);
  const long = '[{"revisionType":"S3","s3Location":' +
    '{"bucket":"bundles","key":"shop.zip","bundleType":"zip"}}]';
  await aws.run("batch-get-application-revisions", ...APP, "--revisions", long);
  const listed = await aws.run("list-application-revisions", ...APP, "--sort-by", "registerTime");
  assert.ok(Array.isArray(listed["revisions"]) && listed["revisions"].length > 0);
  return short;
}

async function deployment(aws: Commands, location: string[]): Promise<void> {
  const made = await aws.run("create-deployment", ...GROUP, ...location, "--description", "first");
  const { deploymentId } = Created.parse(made);
  const id = ["--deployment-id", deploymentId];
  // The waiter looks every 15 s; waiting ourselves first spares the test that time.
  assert.equal((await ended(aws.fleet, deploymentId)).status, "Succeeded");
  await aws.run("wait", "deployment-successful", ...id);
  await aws.run("get-deployment", ...id);
  await aws.run("batch-get-deployments", "--deployment-ids", deploymentId);
  const since = ["--create-time-range", "start=2020-01-01"];
  const found = await aws.run("list-deployments", ...GROUP, ...since);
  assert.deepEqual(found["deployments"], [deploymentId]);
  await aws.run("list-deployment-targets", ...id);
  await aws.run("get-deployment-target", ...id, "--target-id", "web-1");
  await aws.run("batch-get-deployment-targets", ...id, "--target-ids", "web-1");
  await aws.run("list-deployment-instances", ...id);
  await aws.run("get-deployment-instance", ...id, "--instance-id", "web-1");
  await aws.run("batch-get-deployment-instances", ...id, "--instance-ids", "web-1");
  const over = "DeploymentAlreadyCompletedException";
  await aws.refused(over, "stop-deployment", ...id);
  const inPlace = "UnsupportedActionForDeploymentTypeException";
  await aws.refused(inPlace, "continue-deployment", ...id);
  await aws.refused(inPlace, "skip-wait-time-for-instance-termination", ...id);
  const hook = ["--lifecycle-event-hook-execution-id", "none", "--status", "Succeeded"];
  await aws.refused(inPlace, "put-lifecycle-event-hook-execution-status", ...id, ...hook);
}

async function rest(aws: Commands): Promise<void> {
  await aws.run("list-git-hub-account-token-names");
  const absent = "GitHubAccountTokenDoesNotExistException";
  await aws.refused(absent, "delete-git-hub-account-token", "--token-name", "nobody");
  await aws.run("delete-resources-by-external-id", "--external-id", "stack");
  const tags = ["--tags", "Key=role,Value=spare"];
  await aws.run("register", "--instance-name", "spare", ...tags);
  await aws.run("deregister", "--instance-name", "spare");
  await aws.run("delete-deployment-group", ...GROUP);
}

test("Debian's aws runs every command that `aws deploy` has", {
  skip: !existsSync(AWS) && "Debian's awscli is not installed",
}, async () => {
  const hosts = await AwsHosts.start();
  const fleet = await Fleet.startTls(1, hosts.tls);
  hosts.leadTo(fleet.url);
  const aws = new Commands(hosts, fleet);
  try {
    await resources(aws);
    await instances(aws);
    await deployment(aws, await revision(aws));
    await rest(aws);
    // These two put AWS's own agent on a machine of Ubuntu or Red Hat.
    assert.deepEqual(await aws.left(), ["install", "uninstall", "help"]);
  } finally {
    await fleet.close();
    await hosts.close();
  }
});
