/** The real AWS CLI against the artifact store, where it is installed. @module */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, randomFillSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { type ArtifactServer, secretOf, startArtifactServer } from "./artifact_server.ts";

const run = promisify(execFile);
let server: ArtifactServer;
let home: string;
before(async () => {
  server = await startArtifactServer();
  home = await mkdtemp(join(tmpdir(), "aws-cli-"));
});
after(async () => {
  await server.close();
  await rm(home, { recursive: true });
});

const installed = await run("aws", ["--version"]).then(() => true, () => false);
const skip = installed ? false : "the AWS CLI is not installed";

/** Runs the CLI as the deployer; answers what it prints. */
async function aws(...args: string[]): Promise<string> {
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    AWS_ACCESS_KEY_ID: "DEPLOY",
    AWS_SECRET_ACCESS_KEY: secretOf("DEPLOY"),
    AWS_DEFAULT_REGION: "eu-central-1",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const { stdout } = await run("aws", ["--endpoint-url", server.url, ...args], { env });
  return stdout;
}

async function randomFile(name: string, bytes: number): Promise<string> {
  const file = join(home, name);
  await writeFile(file, randomFillSync(new Uint8Array(bytes)));
  return file;
}

test("aws s3 cp carries 20 MiB in parts to the store and back", { skip }, async () => {
  const source = await randomFile("bundle.zip", 20 << 20);
  const target = join(home, "back.zip");
  await aws("s3", "cp", source, "s3://bundles/web/bundle 1+.zip");
  await aws("s3", "cp", "s3://bundles/web/bundle 1+.zip", target);
  assert.ok((await readFile(source)).equals(await readFile(target)));
  assert.match(await aws("s3", "ls", "s3://bundles/web/"), /20971520 bundle 1\+\.zip/);
  const head = JSON.parse(
    await aws("s3api", "head-object", "--bucket", "bundles", "--key", "web/bundle 1+.zip"),
  );
  assert.match(head.ETag, /^"[0-9a-f]{32}-3"$/);
});

test("aws s3api puts versions and reads an old one back", { skip }, async () => {
  const at = ["--bucket", "bundles", "--key", "versions.txt"];
  const put = async (text: string) => {
    const body = join(home, "body");
    await writeFile(body, text);
    return JSON.parse(await aws("s3api", "put-object", ...at, "--body", body));
  };
  const first = await put("first");
  assert.equal(first.ETag, `"${createHash("md5").update("first").digest("hex")}"`);
  await put("second");
  const target = join(home, "old");
  await aws("s3api", "get-object", ...at, "--version-id", first.VersionId, target);
  assert.equal(await readFile(target, "utf8"), "first");
  await aws("s3", "rm", "s3://bundles/versions.txt");
  await assert.rejects(
    aws("s3", "cp", "s3://bundles/versions.txt", target),
    /An error occurred \(404\)/,
  );
});

test("aws prints the store's own words when it refuses", { skip }, async () => {
  const at = ["--bucket", "bundles", "--key", "absent"];
  await assert.rejects(
    aws("s3api", "get-object", ...at, join(home, "x")),
    /\(NoSuchKey\).*The bucket "bundles" has no key "absent"/,
  );
});
