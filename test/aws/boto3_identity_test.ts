/** boto3, unchanged, in front of the compiled binary: IAM, STS, and sessions with S3 and CodeDeploy. @module */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { Fleet } from "../binary/fleet.ts";

const PYTHON = "/usr/bin/python3";
const BOTO3 = "/usr/lib/python3/dist-packages/boto3";
const SCRIPT = new URL("./boto3_identity.py", import.meta.url).pathname;

test("boto3 finds users, keys, roles and sessions as it knows them", {
  skip: !existsSync(BOTO3) && "Debian's python3-boto3 is not installed",
}, async () => {
  const fleet = await Fleet.start(0);
  try {
    const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, fleet.url], { env: fleet.env });
    assert.deepEqual(JSON.parse(stdout), {
      user: "arn:aws:iam::000000000000:user/people/joe",
      date: "datetime",
      taken: "EntityAlreadyExists 409",
      users: ["admin", "joe"],
      listed: ["Active"],
      policies: ["p"],
      document: true,
      attached: [],
      groups: [],
      attach: "ValidationError 400",
      missing: "NoSuchEntity 404",
      conflict: "DeleteConflict 409",
      malformed: "MalformedPolicyDocument 400",
      who: "arn:aws:iam::000000000000:user/people/joe",
      me: "joe",
      others: "AccessDenied 403",
      above: "AccessDenied 403",
      session: "arn:aws:sts::000000000000:assumed-role/deployer/ci",
      object: "content",
      "no token": "InvalidToken 400",
      "wrong token": "InvalidToken 400",
      json: [],
      "json, no token": "UnrecognizedClientException 403",
      "viewer writes": "AccessDenied 403",
      inactive: "InvalidClientTokenId 403",
      "its session": "InvalidClientTokenId 403",
      left: ["admin"],
      last: "DeleteConflict 409",
      second: "arn:aws:iam::000000000000:user/admin",
    });
  } finally {
    await fleet.close();
  }
});
