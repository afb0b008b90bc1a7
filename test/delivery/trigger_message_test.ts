import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { testMessage, triggerMessage } from "../../core/delivery/trigger_message.ts";
import { NO_TARGETS } from "../../core/domain/deployment.ts";
import { TopicSubject } from "../../core/domain/topic.ts";
import type { DeploymentFact, InstanceFact } from "../../core/domain/outbox_fact.ts";

const REALM = { account: "111222333444", region: "us-west-1" };
const BASE = {
  ...REALM,
  id: "6f2a0b4e-0000-4000-8000-000000000001",
  time: 1_446_744_190_402,
  applicationName: "shop",
  deploymentGroupName: "production",
  deploymentGroupId: "a-group",
  deploymentId: "d-75I7MBT7C",
  triggers: [],
};
const deploymentMessage = (change: Partial<DeploymentFact> = {}) =>
  triggerMessage({
    ...BASE,
    kind: "deployment",
    event: "DeploymentStart",
    status: "InProgress",
    createTime: 1_446_744_188_595,
    overview: { ...NO_TARGETS, Succeeded: 2, Ready: 1 },
    rollback: {},
    ...change,
  }, "tell-me");

test("a deployment's message is that of the guide: strings alone, JSON text where it nests", () => {
  const { subject, message } = deploymentMessage({
    event: "DeploymentFailure",
    status: "Failed",
    completeTime: 1_446_744_190_402,
    overview: { ...NO_TARGETS, Failed: 10 },
    error: { code: "HEALTH_CONSTRAINTS", message: "too many hosts failed" },
  });
  assert.equal(subject, "FAILED: AWS CodeDeploy d-75I7MBT7C in us-west-1 to shop");
  assert.deepEqual(JSON.parse(message), {
    region: "us-west-1",
    accountId: "111222333444",
    eventTriggerName: "tell-me",
    applicationName: "shop",
    deploymentId: "d-75I7MBT7C",
    deploymentGroupName: "production",
    createTime: "1446744188.595",
    completeTime: "1446744190.402",
    deploymentOverview:
      '{"Failed":"10","InProgress":"0","Pending":"0","Skipped":"0","Succeeded":"0"}',
    status: "Failed",
    errorInformation: '{"ErrorCode":"HEALTH_CONSTRAINTS","ErrorMessage":"too many hosts failed"}',
  });
});

test("a deployment under way has no end and no error, and its subject says IN_PROGRESS", () => {
  const { subject, message } = deploymentMessage();
  assert.match(subject, /^IN_PROGRESS: /);
  const said = JSON.parse(message);
  assert.ok(!("completeTime" in said) && !("errorInformation" in said), message);
  assert.ok(!("rollbackInformation" in said), message);
});

test("a rollback says in PascalCase what it rolls back", () => {
  const rollback = {
    rollbackTriggeringDeploymentId: "d-MAIN00000",
    rollbackMessage: "Deployment d-75I7MBT7C is triggered to roll back deployment d-MAIN00000.",
  };
  const { message } = deploymentMessage({ event: "DeploymentRollback", rollback });
  assert.deepEqual(JSON.parse(JSON.parse(message).rollbackInformation), {
    RollbackMessage: rollback.rollbackMessage,
    RollbackTriggeringDeploymentId: "d-MAIN00000",
  });
});

test("an instance's message is that of the guide, with its whole ARN", () => {
  const instanceArn = "arn:aws:codedeploy:us-west-1:111222333444:instance/web-1_8fJ2kq";
  const { subject, message } = triggerMessage(
    {
      ...BASE,
      kind: "instance",
      event: "InstanceSuccess",
      instanceArn,
      instanceId: "web-1",
      status: "Succeeded",
      lastUpdated: 1_446_744_207_564,
      lifecycleEvents: [
        { name: "ApplicationStop", status: "Succeeded", startTime: 1000, endTime: 2250 },
        { name: "Install", status: "Pending" },
      ],
    } satisfies InstanceFact,
    "tell-me",
  );
  assert.equal(subject, "SUCCEEDED: AWS CodeDeploy d-75I7MBT7C in us-west-1 on web-1");
  const { lifecycleEvents, ...rest } = JSON.parse(message);
  assert.deepEqual(rest, {
    region: "us-west-1",
    accountId: "111222333444",
    eventTriggerName: "tell-me",
    deploymentId: "d-75I7MBT7C",
    instanceId: instanceArn,
    lastUpdatedAt: "1446744207.564",
    instanceStatus: "Succeeded",
  });
  assert.deepEqual(JSON.parse(lifecycleEvents), [
    {
      LifecycleEvent: "ApplicationStop",
      LifecycleEventStatus: "Succeeded",
      StartTime: "1.000",
      EndTime: "2.250",
    },
    { LifecycleEvent: "Install", LifecycleEventStatus: "Pending" },
  ]);
});

test("a subject is never longer than the 100 characters that SNS takes", () => {
  const long = "a".repeat(100);
  const { subject } = deploymentMessage({ applicationName: long });
  assert.equal(subject.length, 100);
  assert.ok(subject.endsWith("aaa..."), subject);
  const test = testMessage({ realm: REALM, triggerName: long }, {
    applicationName: "shop",
    groupName: "production",
  });
  assert.equal(test.subject.length, 100);
});

test("whatever a trigger is called, its subject is one that SNS takes", () => {
  // Control characters, lone surrogates and all the rest, far beyond what a subject holds.
  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
  fc.assert(fc.property(fc.string({ unit, minLength: 1, maxLength: 150 }), (triggerName) => {
    const group = { applicationName: "shop", groupName: "production" };
    const { subject, message } = testMessage({ realm: REALM, triggerName }, group);
    assert.ok(TopicSubject.safeParse(subject).success, subject);
    assert.equal(JSON.parse(message).eventTriggerName, triggerName);
  }));
});
