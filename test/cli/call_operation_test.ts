import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { COMMON_ERRORS } from "../../core/domain/errors.ts";
import { descriptionsOf } from "../../core/api/operations/describe_operations.ts";
import type { DescribeOperationsOutput } from "../../core/wire/runtime_api.ts";
import { PUBLIC_SERVICES } from "../api/operation_table.ts";
import { Refusal, runtime, type StandIn, standIn } from "./stand_in.ts";

/** What a server describes. */
const TABLE = PUBLIC_SERVICES.flatMap(descriptionsOf);

function described({ operationNames }: Record<string, unknown>) {
  const names = Array.isArray(operationNames) ? operationNames : undefined;
  const operations = TABLE.filter(({ name }) => names?.includes(name) ?? true);
  if (names && operations.length === 0) throw new Refusal("InvalidInputException", "no such");
  return {
    operations,
    commonErrors: [...COMMON_ERRORS],
  } satisfies typeof DescribeOperationsOutput._output;
}

/** Answers everything with what it was asked. */
async function echo(): Promise<StandIn> {
  const names = TABLE.map(({ name }) => name).filter((name) => name !== "DescribeOperations");
  const operations = names.map((name) => [name, (input: unknown) => ({ asked: input })]);
  return await standIn({ ...Object.fromEntries(operations), DescribeOperations: described });
}

test("api lists every operation, a line each, with its role and what its input has", async () => {
  await using server = await echo();
  const ran = await runtime(["api"], server);
  assert.equal(ran.code, 0, ran.err);
  for (const { name } of TABLE) assert.match(ran.out, new RegExp(`^ {2}${name} +\\w+`, "m"));
  assert.match(
    ran.out,
    /^ {2}CreateApplication +deployer +applicationName\* computePlatform tags$/m,
  );
  assert.match(ran.out, /^ {2}DeleteApplication +deployer +applicationName\*$/m);
  assert.match(ran.out, /^CodeDeploy_20141006$/m);
  assert.match(ran.out, /^Runtime_20261125$/m);
});

test("api OPERATION --members shows input, output and errors, and calls nothing", async () => {
  await using server = await echo();
  const ran = await runtime(["api", "CreateApplication", "--members"], server);
  assert.equal(ran.code, 0, ran.err);
  const errors = TABLE.find(({ name }) => name === "CreateApplication")?.errors ?? [];
  assert.equal(
    ran.out,
    "CodeDeploy_20141006.CreateApplication, role deployer\n\n" +
      "input\n" +
      "  applicationName*  text\n" +
      "  computePlatform   Server | Lambda | ECS, else Server\n" +
      "  tags              list of\n" +
      "    Key*   text\n" +
      "    Value  text\n" +
      "output\n" +
      "  applicationId*  text\n" +
      "errors\n" +
      errors.map((error) => `  ${error}\n`).join(""),
  );
  assert.deepEqual(server.asked.map(({ operation }) => operation), ["DescribeOperations"]);
});

test("the forms of a revision are shown as one structure", async () => {
  await using server = await echo();
  const ran = await runtime(["api", "RegisterApplicationRevision", "--members"], server);
  assert.match(ran.out, /^ {4}revisionType\* +S3 \| GitHub \| String \| AppSpecContent \| HTTPS$/m);
  assert.match(ran.out, /^ {4}gitHubLocation\n {6}repository\* +text$/m);
});

const spoken: [what: string, operation: string, argv: string[], sent: object][] = [
  ["words", "CreateApplication", ["applicationName=shop"], { applicationName: "shop" }],
  ["a value with =", "CreateApplication", ["applicationName=a=b"], { applicationName: "a=b" }],
  ["an empty value", "CreateApplication", ["applicationName="], { applicationName: "" }],
  ["a boolean", "StopDeployment", ["autoRollbackEnabled=true"], { autoRollbackEnabled: true }],
  ["a number", "CreateJoinToken", ["expiresInSeconds=60"], { expiresInSeconds: 60 }],
  [
    "a list, word by word",
    "BatchGetApplications",
    ["applicationNames=a", "applicationNames=b"],
    { applicationNames: ["a", "b"] },
  ],
  [
    "a list as JSON",
    "BatchGetApplications",
    ['applicationNames=["a", "b"]'],
    { applicationNames: ["a", "b"] },
  ],
  [
    "structures in a list",
    "CreateApplication",
    ['tags={"Key": "a"}', 'tags={"Key": "b"}'],
    { tags: [{ Key: "a" }, { Key: "b" }] },
  ],
  [
    "members of members",
    "RegisterApplicationRevision",
    ["revision.revisionType=GitHub", "revision.gitHubLocation.repository=a/b"],
    { revision: { revisionType: "GitHub", gitHubLocation: { repository: "a/b" } } },
  ],
  ["JSON", "GetDeployment", ["--input", '{"deploymentId": "d-1"}'], { deploymentId: "d-1" }],
  ["JSON of stdin", "GetDeployment", ["--input", "-"], { deploymentId: "d-2" }],
  [
    "JSON, and words before it",
    "StopDeployment",
    ["--input", '{"deploymentId": "d-1"}', "deploymentId=d-2", "autoRollbackEnabled=false"],
    { deploymentId: "d-2", autoRollbackEnabled: false },
  ],
  ["a map", "ListDeploymentTargets", ['targetFilters={"TargetStatus": ["Failed"]}'], {
    targetFilters: { TargetStatus: ["Failed"] },
  }],
];
for (const [what, operation, argv, sent] of spoken) {
  test(`api sends ${what} as the operation's members have it`, async () => {
    await using server = await echo();
    const answers = ['{"deploymentId":', ' "d-2"}'];
    const ran = await runtime(["api", operation, ...argv, "--json"], server, { answers });
    assert.equal(ran.code, 0, ran.err);
    assert.deepEqual(server.asked.at(-1), { operation, input: sent });
    assert.deepEqual(JSON.parse(ran.out), { asked: sent });
  });
}

test("api reads its input from a file beside which it was started", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "api-input-"));
  try {
    await writeFile(join(cwd, "input.json"), '{"applicationName": "shop"}');
    await using server = await echo();
    const ran = await runtime(["api", "GetApplication", "--input", "@input.json"], server, { cwd });
    assert.equal(ran.code, 0, ran.err);
    assert.deepEqual(server.asked.at(-1)?.input, { applicationName: "shop" });
    const gone = await runtime(["api", "GetApplication", "--input", "@gone.json"], server, { cwd });
    assert.equal(gone.code, 2);
    assert.match(gone.err, /gone\.json/);
  } finally {
    await rm(cwd, { recursive: true });
  }
});

const wrong: [what: string, argv: string[], said: RegExp][] = [
  [
    "an operation that is not there",
    ["GetDeploymnt"],
    /no operation GetDeploymnt\n.*did you mean GetDeployment/,
  ],
  ["the wrong case", ["createapplication"], /did you mean CreateApplication/],
  ["JSON that is none", ["GetDeployment", "--input", "{"], /^--input is not JSON/],
  ["JSON that is no object", ["GetDeployment", "--input", "[]"], /^--input is not a JSON object/],
  [
    "an unknown member",
    ["GetDeployment", "--input", '{"deploymentID": "d-1"}'],
    /^GetDeployment has no member deploymentID\n.*did you mean deploymentId\?/,
  ],
  [
    "an unknown member of a member",
    ["RegisterApplicationRevision", "--input", '{"revision": {"s3Location": {"Bucket": "b"}}}'],
    /has no member revision\.s3Location\.Bucket\n.*did you mean bucket\?/,
  ],
  [
    "an unknown member in a list",
    ["CreateApplication", "--input", '{"tags": [{"key": "a"}]}'],
    /has no member tags\[0\]\.key\n.*did you mean Key\?/,
  ],
  ["an unknown word", ["GetDeployment", "deployment=d-1"], /no member deployment\n.*deploymentId/],
  ["a word that is none", ["GetDeployment", "d-1"], /"d-1" is not of the form member=value/],
  [
    "a dot into a list",
    ["CreateApplication", "tags.Key=a"],
    /^tags\.Key is not a member: tags is a list\n.*write tags='\{…\}', once for each entry/,
  ],
  ["text for a number", ["CreateJoinToken", "expiresInSeconds=long"], /is not a number/],
  ["text for a boolean", ["StopDeployment", "autoRollbackEnabled=yes"], /is not true or false/],
  ["text for a structure", ["RegisterApplicationRevision", "revision=x"], /is not a JSON object/],
];
for (const [what, argv, said] of wrong) {
  test(`api tells ${what} before anything is sent`, async () => {
    await using server = await echo();
    const ran = await runtime(["api", ...argv], server);
    assert.equal(ran.code, 2, ran.out);
    assert.match(ran.err, said);
    assert.match(ran.err, /nothing was done/);
    assert.match(ran.err, /next {6}runtime api/);
    assert.ok(server.asked.every(({ operation }) => operation === "DescribeOperations"));
  });
}

test("a refusal of what was sent leads to the members of the operation", async () => {
  await using server = await echo();
  server.operations["CreateApplication"] = () => {
    throw new Refusal("InvalidTagsToAddException", "tags: too many");
  };
  const ran = await runtime(["api", "CreateApplication"], server);
  assert.equal(ran.code, 2);
  assert.match(ran.err, /^ {2}next {6}runtime api CreateApplication --members$/m);
});

test("a refusal of the operation is told as every refusal", async () => {
  await using server = await echo();
  server.operations["GetApplication"] = () => {
    throw new Refusal("ApplicationDoesNotExistException", "No application found for name: shop");
  };
  const ran = await runtime(["api", "GetApplication", "applicationName=shop"], server);
  assert.equal(ran.code, 2);
  assert.match(ran.err, /^No application found for name: shop\n/);
});
