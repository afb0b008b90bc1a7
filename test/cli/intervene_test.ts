/** `runtime pause`, `resume`, `promote`, `approve`, `reject`, `abort`, and what a follower reads. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deployment, START } from "./story.ts";
import { Refusal, runtime, standIn } from "./stand_in.ts";

const ID = "d-AAAAAAAAA";

const VERBS: [argv: string[], operation: string, input: object, out: RegExp][] = [
  [
    ["pause", ID, "--message", "the database is slow"],
    "PauseDeployment",
    { message: "the database is slow" },
    /^Paused d-AAAAAAAAA: hosts under way go on, .* runtime resume d-AAAAAAAAA\n$/,
  ],
  [["resume", ID], "ResumeDeployment", {}, /^Resumed d-A.* runtime logs d-AAAAAAAAA -f\n$/],
  [["promote", ID], "PromoteDeployment", { whole: false }, /past what it waited for\. Follow/],
  [["promote", ID, "--all"], "PromoteDeployment", { whole: true }, / to its end\. Follow/],
  [["approve", ID], "ApproveDeployment", {}, /^Approved d-A/],
  [
    ["reject", ID, "--message", "odd"],
    "RejectDeployment",
    { message: "odd" },
    /^Rejected d-A.* explain/,
  ],
  [["abort", ID], "AbortDeployment", {}, /^Aborted d-A.* runtime explain d-AAAAAAAAA\n$/],
];
for (const [argv, operation, input, out] of VERBS) {
  test(`${argv.join(" ")} asks for ${operation}`, async () => {
    await using server = await standIn({ [operation]: () => ({}) });
    const ran = await runtime(argv, server);
    assert.deepEqual([ran.code, ran.err], [0, ""]);
    assert.match(ran.out, out);
    const asked = { deploymentId: ID, ...input };
    assert.deepEqual(server.asked, [{ operation, input: asked }]);
    assert.deepEqual(JSON.parse((await runtime([...argv, "--json"], server)).out), asked);
  });
}

test("who may not approve reads who may", async () => {
  await using server = await standIn({
    ApproveDeployment: () => {
      throw new Refusal("AccessDeniedException", `bob may not approve: its policy names ann`);
    },
  });
  const { code, err } = await runtime(["approve", ID], server);
  assert.equal(code, 7);
  assert.match(err, /its policy names ann/);
});

test("deploy tells what the deployment waits for, each time it is something else", async () => {
  await using server = await standIn({
    CreateDeployment: () => ({ deploymentId: ID }),
  });
  const waits = (status: "Baking" | "InProgress", ...statusMessages: string[]) =>
    deployment(ID, status, { statusMessages });
  const measures = "Measures errors: 1 of 3 taken (runtime promote d-AAAAAAAAA).";
  server.events.set(ID, [[
    deployment(ID, "InProgress"),
    waits("Baking", "Measures errors: 0 of 3 taken."),
    waits("Baking", measures),
    waits("Baking", measures),
    deployment(ID, "InProgress"),
    deployment(ID, "Succeeded"),
  ]]);
  const argv = "deploy --app shop --group prod --revision s3://revisions/new.tgz".split(" ");
  const { code, out } = await runtime(argv, server);
  assert.equal(code, 0);
  const lines = out.replaceAll(/^\d\d:\d\d:\d\d d-AAAAAAAAA /gm, "").split("\n");
  assert.deepEqual(lines.slice(0, -2), [
    "InProgress",
    "Baking",
    "Measures errors: 0 of 3 taken.",
    measures,
    "InProgress",
    "Succeeded",
  ]);
});

test("status tells what a deployment waits for, and nothing of the kind once it has ended", async () => {
  const times: { completeTime?: number } = {};
  await using server = await standIn({
    GetDeployment: () => ({
      deploymentInfo: {
        ...{ deploymentId: ID, applicationName: "shop", deploymentGroupName: "prod" },
        ...{ deploymentConfigName: "careful", status: "Baking", createTime: START / 1000 },
        deploymentStatusMessages: ["Waits 5 minutes before the next hosts."],
        ...times,
      },
    }),
    ListDeploymentTargets: () => ({ targetIds: [] }),
  });
  const waits = /\n {2}waits {4}Waits 5 minutes before the next hosts\.\n/;
  assert.match((await runtime(["status", ID], server)).out, waits);
  times.completeTime = START / 1000 + 1;
  assert.doesNotMatch((await runtime(["status", ID], server)).out, waits);
});
