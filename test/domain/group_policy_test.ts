import assert from "node:assert/strict";
import { test } from "node:test";
import { GroupPolicy, isApprover } from "../../core/domain/group_policy.ts";

const USER = "arn:aws:iam::000000000000:user/ops/ada";
const SESSION = "arn:aws:sts::000000000000:assumed-role/deploy/ada";

const table: [rule: string, approvers: string[] | undefined, arn: string, may: boolean][] = [
  ["everybody who deploys, where nobody is named", undefined, USER, true],
  ["a user by name, whatever the path", ["ada"], USER, true],
  ["a user by ARN", [USER], USER, true],
  ["nobody else", ["bob", "ad", "ops/ada"], USER, false],
  // Whoever takes a role chooses the session's name.
  ["no session by its name", ["ada"], SESSION, false],
  ["a session by its ARN", [SESSION], SESSION, true],
];
for (const [rule, approvers, arn, may] of table) {
  test(`approves: ${rule}`, () => {
    assert.equal(isApprover({ ...(approvers && { approvers }) }, arn), may);
  });
}

test("a policy names at least one approver, or none is asked for", () => {
  assert.ok(!GroupPolicy.safeParse({ approvers: [] }).success);
  assert.ok(!GroupPolicy.safeParse({ rollback: { eventTimeoutSeconds: 0 } }).success);
  assert.deepEqual(GroupPolicy.parse({}), {});
});
