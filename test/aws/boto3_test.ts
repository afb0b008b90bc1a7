/** Debian's boto3, unchanged, through all operations of CodeDeploy; only the endpoint differs. @module */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { version } from "../binary/bundles.ts";
import { Fleet } from "../binary/fleet.ts";
import { Pushed } from "./pushed.ts";

const PYTHON = "/usr/bin/python3";
const BOTO3 = "/usr/lib/python3/dist-packages/boto3";
const SCRIPT = new URL("./boto3_round_trip.py", import.meta.url).pathname;

test("boto3 calls each of the 47 operations, pages, waits, and catches errors by their names", {
  skip: !existsSync(BOTO3) && "Debian's python3-boto3 is not installed",
}, async () => {
  const fleet = await Fleet.start(1);
  try {
    const made = await fleet.runtime("api", "CreateApplication", "applicationName=bundles");
    assert.equal(made.code, 0, made.stderr);
    const bundle = fleet.bundle("v1", version("1"));
    const pushed = await fleet.runtime("push", bundle, "--app", "bundles", "--json");
    assert.equal(pushed.code, 0, pushed.stderr);
    const { bucket, key } = Pushed.parse(JSON.parse(pushed.stdout)).revision.s3Location;
    await fleet.api("DeleteApplication", { applicationName: "bundles" });
    const ran = await promisify(execFile)(PYTHON, [SCRIPT, fleet.url, bucket, key], {
      env: fleet.env,
      maxBuffer: 2 ** 24,
    });
    assert.match(ran.stdout, /^47 operations$/m);
  } finally {
    await fleet.close();
  }
});
