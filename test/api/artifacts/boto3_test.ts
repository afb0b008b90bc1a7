/** Debian's boto3, with the bucket in the host and by its transfer manager. @module */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { type ArtifactServer, secretOf, startArtifactServer } from "./artifact_server.ts";

const run = promisify(execFile);
const PYTHON = "/usr/bin/python3";
let server: ArtifactServer;
let directory: string;
before(async () => {
  server = await startArtifactServer({ partBytesMin: 5 << 20 });
  directory = await mkdtemp(join(tmpdir(), "boto3-"));
});
after(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

const installed = existsSync(PYTHON) &&
  await run(PYTHON, ["-c", "import boto3"]).then(() => true, () => false);
const skip = !installed && "python3-boto3 is not installed";

/** No DNS knows BUCKET.localhost, so the lookup is the script's own. */
const SCRIPT = `
import os, socket, sys, urllib.request, urllib.error
import boto3
from botocore.client import Config
from botocore.exceptions import ClientError

known = socket.getaddrinfo
def lookup(host, *rest, **more):
    return known("127.0.0.1" if host.endswith("localhost") else host, *rest, **more)
socket.getaddrinfo = lookup

url, secret, folder = sys.argv[1:]
def client(**settings):
    return boto3.client("s3", endpoint_url=url, region_name="eu-central-1",
        aws_access_key_id="DEPLOY", aws_secret_access_key=secret, config=Config(**settings))

for style in ("virtual", "path"):
    s3 = client(s3={"addressing_style": style}, signature_version="s3v4")
    bucket = "boto3-" + style
    s3.create_bucket(Bucket=bucket)
    source, back = os.path.join(folder, "source"), os.path.join(folder, "back")
    with open(source, "wb") as file:
        file.write(os.urandom(18 << 20))
    s3.upload_file(source, bucket, "dir/k ü", ExtraArgs={"Metadata": {"a": "b"}})
    s3.download_file(bucket, "dir/k ü", back)
    assert open(source, "rb").read() == open(back, "rb").read()
    assert s3.head_object(Bucket=bucket, Key="dir/k ü")["Metadata"] == {"a": "b"}
    s3.copy({"Bucket": bucket, "Key": "dir/k ü"}, bucket, "copy")
    names = [item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 1}) for item in page["Contents"]]
    assert names == ["copy", "dir/k ü"], names
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "copy",
        "ResponseContentType": "text/x"}, ExpiresIn=60)
    with urllib.request.urlopen(link) as answer:
        assert answer.headers["content-type"] == "text/x"
        assert answer.read() == open(source, "rb").read()
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "put"})
    urllib.request.urlopen(urllib.request.Request(put, data=b"put", method="PUT",
        headers={"content-type": ""}))
    assert s3.get_object(Bucket=bucket, Key="put")["Body"].read() == b"put"
    boto3_bucket = boto3.resource("s3", endpoint_url=url, region_name="eu-central-1",
        aws_access_key_id="DEPLOY", aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": style})).Bucket(bucket)
    boto3_bucket.object_versions.delete()
    boto3_bucket.delete()
    try:
        s3.head_bucket(Bucket=bucket)
        raise AssertionError("the bucket is still there")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "404", error

old = client(signature_version="s3").generate_presigned_url("get_object",
    Params={"Bucket": "b12", "Key": "k"})
try:
    urllib.request.urlopen(old)
    raise AssertionError("version 2 was taken")
except urllib.error.HTTPError as error:
    text = error.read().decode()
    assert error.code == 400 and "Please use AWS4-HMAC-SHA256" in text, text
print("good")
`;

test("boto3 goes through a bucket's whole life, by both styles of address", { skip }, async () => {
  const url = server.url.replace("127.0.0.1", "localhost");
  const { stdout } = await run(PYTHON, ["-c", SCRIPT, url, secretOf("DEPLOY"), directory]);
  assert.equal(stdout, "good\n");
});
