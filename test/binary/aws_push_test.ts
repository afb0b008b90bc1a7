/**
 * `aws deploy push` of Debian's awscli, unchanged: it makes its S3 client without an endpoint, so its
 * bundle goes to BUCKET.s3.REGION.amazonaws.com over TLS, where our server answers.
 * @module
 */
import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { z } from "zod";
import { AwsHosts } from "./aws_hosts.ts";
import { version } from "./bundles.ts";
import { ended, installed } from "./deployments.ts";
import { AWS, Fleet, type Host } from "./fleet.ts";

const skip = !existsSync(AWS) && "Debian's awscli is not installed";

let hosts: AwsHosts;
let fleet: Fleet;
before(async () => {
  if (skip) return;
  hosts = await AwsHosts.start();
  fleet = await Fleet.startTls(1, hosts.tls);
  hosts.leadTo(fleet.url);
  await fleet.declare();
});
after(async () => {
  await fleet?.close();
  await hosts?.close();
});

/** `aws ARGUMENTS…` to its end, which must be good; answers what it prints. */
async function aws(...argv: string[]): Promise<string> {
  const ran = await hosts.aws(fleet, ...argv);
  assert.equal(ran.code, 0, `aws ${argv.join(" ")}: ${ran.stderr}`);
  return ran.stdout;
}

/** Pushes a folder; answers the command that `push` says to go on with. */
async function push(source: string, key: string): Promise<string> {
  const printed = await aws(
    ...["deploy", "push", "--application-name", "shop", "--source", source],
    ...["--s3-location", `s3://revisions/${key}`],
  );
  return /^aws (deploy create-deployment .*)$/m.exec(printed)?.[1] ?? printed;
}

const Created = z.object({ deploymentId: z.string() });

/** Runs the command that `push` printed, with the group filled in; waits for the end. */
async function deploy(command: string): Promise<string> {
  const filled = command.replace("<deployment-group-name>", "production")
    .replace("<deployment-config-name>", "CodeDeployDefault.OneAtATime")
    .replace(/ --description <description>/, "");
  const created = await aws(...filled.split(" "));
  const { deploymentId } = Created.parse(JSON.parse(created));
  assert.equal((await ended(fleet, deploymentId)).status, "Succeeded");
  return deploymentId;
}

test("aws deploy push of a small folder, then the command it prints, installs it", {
  skip,
}, async () => {
  const command = await push(fleet.bundle("small", version("small")), "shop/small.zip");
  const location =
    /--s3-location bucket=revisions,key=shop\/small\.zip,bundleType=zip,eTag=([0-9a-f]{32}),version=(\w+)/
      .exec(command);
  assert.ok(location, command);
  const id = await deploy(command);
  assert.equal(installed(host()), "small\n");
  const deployment = z.object({
    deploymentInfo: z.object({
      revision: z.object({ s3Location: z.record(z.string(), z.string()) }),
    }),
  }).parse(await fleet.api("GetDeployment", { deploymentId: id }));
  const { revision } = deployment.deploymentInfo;
  assert.deepEqual(
    [revision.s3Location["eTag"], revision.s3Location["version"]],
    [location[1], location[2]],
  );
  assert.ok(hosts.asked.includes("revisions.s3.us-east-1.amazonaws.com"), hosts.asked.join(" "));
});

test("a folder of more than six MiB goes up in parts and is installed", { skip }, async () => {
  const folder = fleet.bundle("large", version("large"));
  mkdirSync(join(folder, "app"), { recursive: true });
  const noise = randomFillSync(new Uint8Array(14 << 20));
  writeFileSync(join(folder, "app", "noise.bin"), noise);
  const command = await push(folder, "shop/large.zip");
  assert.match(command, /eTag=[0-9a-f]{32}-3,/);
  await deploy(command);
  assert.equal(installed(host()), "large\n");
  assert.ok(readFileSync(join(host().installRoot, "srv/app/noise.bin")).equals(noise));
});

test("aws s3 and aws s3api work with Amazon's own addresses", { skip }, async () => {
  assert.match(await aws("s3", "ls"), /revisions\n/);
  assert.match(await aws("s3", "ls", "s3://revisions/shop/"), /small\.zip\n/);
  const copy = join(fleet.directory, "copy.zip");
  await aws("s3", "cp", "s3://revisions/shop/small.zip", copy);
  await aws("s3", "cp", copy, "s3://dotted.bucket/copy.zip");
  const head = await aws("s3api", "head-object", "--bucket", "dotted.bucket", "--key", "copy.zip");
  assert.equal(JSON.parse(head).ContentLength, readFileSync(copy).length);
  const signed = await aws("s3", "presign", "s3://revisions/shop/small.zip");
  assert.match(signed, /^https:\/\/revisions\.s3\.us-east-1\.amazonaws\.com\/shop\/small\.zip\?/);
});

function host(): Host {
  const [first] = fleet.hosts;
  assert.ok(first);
  return first;
}
