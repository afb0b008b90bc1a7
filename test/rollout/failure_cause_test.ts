import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DeploymentErrorCode } from "../../core/domain/deployment.ts";
import { AGENT_SILENT_MESSAGE } from "../../core/domain/lifecycle_event.ts";
import type { Target } from "../../core/domain/target.ts";
import { failureOf, HEALTH_CONSTRAINTS_TEXT, ruleOf } from "../../core/rollout/failure_cause.ts";
import { target } from "./letters.ts";

const rule = "1 of 3 hosts failed, 2 must stay healthy";
const bare = target("web-2", "Failed", "SF");
const withoutMessage: Target = {
  ...bare,
  events: bare.events.map(({ name, status }) => ({ name, status })),
};

/** A host that failed Install with such a message. */
function said(id: string, message: string, script_name = ""): Target {
  const failed = target(id, "Failed", "SSSFKKK");
  const diagnostics = { error_code: 5, script_name, message, log: "" };
  return { ...failed, events: failed.events.with(3, { ...failed.events[3]!, diagnostics }) };
}

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
    const { message } = failureOf({ code, message: rule }, targets);
    assert.equal(message, `${expected}.`);
    assert.equal(ruleOf(message), rule);
  });
}

test("CodeDeploy's own text ends the message of its code", () => {
  const code = "HEALTH_CONSTRAINTS";
  const message = `${rule}. ${HEALTH_CONSTRAINTS_TEXT}`;
  assert.deepEqual(failureOf({ code, message: rule }, []), { code, message });
});

const silent = said("web-1", AGENT_SILENT_MESSAGE);
const faulty = said(
  "web-2",
  "The deployment failed because the application specification file was empty. Make sure …",
);
const missing = said(
  "web-3",
  "The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at …",
);
const broken = target("web-4", "Failed", "SSF");
const codes: [what: string, targets: Target[], code: DeploymentErrorCode][] = [
  ["no agent answered", [silent, target("web-5", "Pending")], "AGENT_ISSUE"],
  ["one answered and failed", [silent, broken], "HEALTH_CONSTRAINTS"],
  ["no host could go by the AppSpec", [faulty, missing], "INVALID_REVISION"],
  ["one host could go by it", [faulty, broken], "HEALTH_CONSTRAINTS"],
  ["hosts failed for two reasons", [silent, faulty], "HEALTH_CONSTRAINTS"],
  [
    "a script says what an agent would",
    [said("web-1", AGENT_SILENT_MESSAGE, "a.sh")],
    "HEALTH_CONSTRAINTS",
  ],
  ["nobody failed", [target("web-1", "Pending")], "HEALTH_CONSTRAINTS"],
];
for (const [what, targets, expected] of codes) {
  test(`the code of a failed rollout where ${what} is ${expected}`, () => {
    const { code, message } = failureOf({ code: "HEALTH_CONSTRAINTS", message: rule }, targets);
    assert.equal(code, expected);
    assert.equal(ruleOf(message), rule);
  });
}

test("a code of the strategy's own stays, whoever failed", () => {
  const code = "HEALTH_CONSTRAINTS_INVALID";
  assert.equal(failureOf({ code, message: rule }, [silent]).code, code);
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
    for (const code of ["HEALTH_CONSTRAINTS", "HEALTH_CONSTRAINTS_INVALID"] as const) {
      const { message: whole } = failureOf({ code, message }, targets);
      // What reads like our own words about a host cannot be told from them.
      if (!/threw: \S+ failed Install/.test(message)) assert.equal(ruleOf(whole), message);
    }
  }));
});
