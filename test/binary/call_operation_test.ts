/** `runtime api` of the compiled binary against its own server. @module */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BINARY, Fleet } from "./fleet.ts";

test("any operation is called by name, from words, a file and stdin", async () => {
  const fleet = await Fleet.start(0);
  try {
    const all = await fleet.runtime("api");
    assert.equal(all.code, 0, all.stderr);
    assert.match(all.stdout, /^ {2}ListDeployments +viewer/m);
    assert.match(all.stdout, /^ {2}DescribeOperations +viewer/m);

    const made = await fleet.runtime("api", "CreateApplication", "applicationName=shop", "--json");
    assert.equal(made.code, 0, made.stderr);
    assert.match(JSON.parse(made.stdout).applicationId, /^[0-9a-f-]{36}$/);

    const input = JSON.stringify({ applicationName: "shop" });
    const argv = ["api", "GetApplication", "--input", "-", "--json"];
    const read = spawnSync(BINARY, argv, { env: fleet.env, input, encoding: "utf8" });
    assert.equal(read.status, 0, read.stderr);
    assert.equal(JSON.parse(read.stdout).application.applicationName, "shop");

    const slip = await fleet.runtime("api", "GetAplication", "applicationName=shop");
    assert.equal(slip.code, 2);
    assert.match(slip.stderr, /did you mean GetApplication/);

    const gone = await fleet.runtime("api", "GetApplication", "applicationName=gone");
    assert.equal(gone.code, 2);
    assert.match(gone.stderr, /^No application found for name: gone$/m);
  } finally {
    await fleet.close();
  }
});

test("the AWS SDK, which only tests read, is not in the binary", () => {
  // The name that every schema of the SDK carries.
  assert.equal(readFileSync(BINARY).includes("com.amazonaws.codedeploy"), false);
});
