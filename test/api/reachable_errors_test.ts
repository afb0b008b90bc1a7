/**
 * Every exception of every operation is reached by a request, or stands in the table of those that
 * cannot be, with the reason. A row asks the real router over the real store and engine; what it is
 * answered is looked at as it comes over the wire.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CODEDEPLOY_SIGNING_NAME } from "../../core/api/codedeploy_operations.ts";
import { callJson } from "../../core/wire/aws_json.ts";
import { PUBLIC_SERVICES } from "./operation_table.ts";
import { ACCEPTED } from "./reachable_errors/accepted.ts";
import { DEPLOYMENT_ROWS } from "./reachable_errors/deployments.ts";
import { APPLICATION_ROWS, CONFIG_ROWS, GROUP_ROWS } from "./reachable_errors/groups.ts";
import { HOST_ROWS } from "./reachable_errors/hosts.ts";
import { memberRows } from "./reachable_errors/members.ts";
import type { Row } from "./reachable_errors/row.ts";
import { SCHEDULING_ROWS } from "./reachable_errors/scheduling.ts";
import { UNREACHABLE } from "./reachable_errors/unreachable.ts";
import { openWorld } from "./reachable_errors/world.ts";
import type { Shop } from "./shop.ts";
import { credentialsOf, REGION, SERVER } from "./test_api.ts";

const OPERATIONS = PUBLIC_SERVICES.flatMap(({ targetPrefix, operations }) =>
  [...operations.values()].map((one) => ({ target: targetPrefix + one.name, ...one }))
);
const TARGETS = new Map(OPERATIONS.map(({ name, target }) => [name, target]));

const ROWS: readonly Row[] = [
  ...OPERATIONS.flatMap(memberRows),
  ...APPLICATION_ROWS,
  ...CONFIG_ROWS,
  ...GROUP_ROWS,
  ...DEPLOYMENT_ROWS,
  ...HOST_ROWS,
  ...SCHEDULING_ROWS,
];

const pair = (operation: string, error: string) => `${operation} ${error}`;
const listed = OPERATIONS.flatMap(({ name, errors }) =>
  errors.map((error) => pair(name, error.replace(/Exception$/, "")))
);
const reached = new Set(ROWS.map(([operation, error]) => pair(operation, error)));
const unreachable = UNREACHABLE.flatMap(([operations, error]) =>
  operations.split(" ").map((operation) => pair(operation, error))
);

test("every exception of every operation has a row or a reason why it cannot be reached", () => {
  const explained = new Set([...reached, ...unreachable]);
  assert.deepEqual(listed.filter((one) => !explained.has(one)), []);
});

test("no row and no reason is of an exception that its operation does not list", () => {
  const all = new Set(listed);
  assert.deepEqual([...reached, ...unreachable].filter((one) => !all.has(one)), []);
});

test("what is said to be unreachable is reached by no row", () => {
  assert.deepEqual(unreachable.filter((one) => reached.has(one)), []);
});

/** Refusals and reads change nothing, so that all of them ask one server. */
let world: Promise<Shop> | undefined;
after(async () => {
  await (await world)?.[Symbol.asyncDispose]();
});

for (const [operation, error, input, says, role] of ROWS) {
  const asked = JSON.stringify(input).slice(0, 90);
  test(`${operation} refuses ${asked} as ${error}`, async () => {
    const shop = await (world ??= openWorld());
    const answers: Response[] = [];
    const keep: typeof fetch = Object.assign(
      async (...request: Parameters<typeof fetch>) => {
        const answer = await shop.fetch(...request);
        answers.push(answer.clone());
        return answer;
      },
      { preconnect() {} },
    );
    const ask = () =>
      callJson(
        { url: SERVER, region: REGION, credentials: credentialsOf(role ?? "admin"), fetch: keep },
        { target: TARGETS.get(operation) ?? "", service: CODEDEPLOY_SIGNING_NAME, input },
      );
    await shop.refusal(ask, `${error}Exception`, says);
    const [answer] = answers;
    assert.ok(answer);
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get("content-type"), "application/x-amz-json-1.1");
    assert.equal(answer.headers.get("x-amzn-errortype"), `${error}Exception`);
    assert.match(answer.headers.get("x-amzn-requestid") ?? "", /^[0-9a-f-]{36}$/);
    const body = await answer.json();
    assert.deepEqual(Object.keys(body), ["__type", "message"]);
    assert.equal(body.__type, `${error}Exception`);
  });
}

for (const { name, target, role } of OPERATIONS.filter((one) => one.role !== "agent")) {
  test(`${name} takes the input that its rows begin with, as the role ${role}`, async () => {
    const input = ACCEPTED[name];
    assert.ok(input, "accepted.ts has no input for it");
    if (role === "viewer") {
      await (await (world ??= openWorld())).target(target, input, role);
      return;
    }
    await using shop = await openWorld("roomy");
    await shop.target(target, input, role);
  });
}
