import assert from "node:assert/strict";
import { test } from "node:test";
import type { Target } from "../../core/domain/target.ts";
import { failureCause } from "../../core/rollout/failure_cause.ts";
import { target } from "./letters.ts";

const rule = "1 of 3 hosts failed, 2 must stay healthy";
const bare = target("web-2", "Failed", "SF");
const withoutMessage: Target = {
  ...bare,
  events: bare.events.map(({ name, status }) => ({ name, status })),
};

const table: [what: string, targets: Target[], expected: string][] = [
  [
    "the host that broke it, without the full stop of its message",
    [target("web-1", "Succeeded", "SSSSSSS"), target("web-2", "Failed", "SSSSSFK")],
    `${rule}: web-2 failed ApplicationStart (ApplicationStart broke)`,
  ],
  [
    "the first of several",
    [target("web-1", "Failed", "SSFKKKK"), target("web-2", "Failed", "F")],
    `${rule}: web-1 failed BeforeInstall (BeforeInstall broke)`,
  ],
  [
    "not the failure that was to be ignored",
    [target("web-1", "Failed", "FSSSFKK")],
    `${rule}: web-1 failed AfterInstall (AfterInstall broke)`,
  ],
  [
    "not a host that succeeded in spite of an ignored failure",
    [target("web-1", "Succeeded", "FSSSSSS"), target("web-2", "Failed", "SSFKKKK")],
    `${rule}: web-2 failed BeforeInstall (BeforeInstall broke)`,
  ],
  ["a failure that says nothing", [withoutMessage], `${rule}: web-2 failed DownloadBundle`],
  ["nobody has failed", [target("web-1", "Pending")], rule],
];
for (const [what, targets, expected] of table) {
  test(`the cause of a failed rollout names ${what}`, () => {
    assert.equal(failureCause(rule, targets), expected);
  });
}
