import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Target } from "../../core/domain/target.ts";
import {
  failureMessage,
  HEALTH_CONSTRAINTS_TEXT,
  ruleOf,
} from "../../core/rollout/failure_cause.ts";
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
    "the first of several that failed in different ways",
    [target("web-1", "Failed", "SSFKKKK"), target("web-2", "Failed", "F")],
    `${rule}: web-1 failed BeforeInstall (BeforeInstall broke)`,
  ],
  [
    "what most of them failed at",
    [
      target("web-1", "Failed", "SSFKKKK"),
      target("web-2", "Failed", "SSSSSFK"),
      target("web-3", "Failed", "SSSSSFK"),
    ],
    `${rule}: ApplicationStart failed on 2 hosts: web-2, web-3 (ApplicationStart broke)`,
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
  test(`the message of a failed rollout names ${what}`, () => {
    const code = "HEALTH_CONSTRAINTS_INVALID";
    const message = failureMessage({ code, message: rule }, targets);
    assert.equal(message, `${expected}.`);
    assert.equal(ruleOf(message), rule);
  });
}

test("CodeDeploy's own text ends the message of its code", () => {
  const step = { code: "HEALTH_CONSTRAINTS", message: rule };
  assert.equal(failureMessage(step, []), `${rule}. ${HEALTH_CONSTRAINTS_TEXT}`);
});

test("the rule is found in the message that was made of it, whatever hosts are told behind it", () => {
  const letters = fc.constantFrom("F", "SF", "SSSSSFK", "SSSSSSS");
  // A strategy's own words, with colons in them as in those of an error.
  const words = fc.array(fc.constantFrom("3 of 10", "hosts", "failed", "threw:", "Install", "x"), {
    minLength: 1,
    maxLength: 8,
  }).map((parts) => parts.join(" "));
  fc.assert(fc.property(words, fc.array(letters, { maxLength: 12 }), (message, fleet) => {
    const targets = fleet.map((events, index) =>
      target(`web-${index}`, events.includes("F") ? "Failed" : "Succeeded", events)
    );
    for (const code of ["HEALTH_CONSTRAINTS", "HEALTH_CONSTRAINTS_INVALID"]) {
      const whole = failureMessage({ code, message }, targets);
      // What reads like our own words about a host cannot be told from them.
      if (!/threw: \S+ failed Install/.test(message)) assert.equal(ruleOf(whole), message);
    }
  }));
});
