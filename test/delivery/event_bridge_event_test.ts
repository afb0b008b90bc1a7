import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EventBridgeEvent,
  eventBridgeEvent,
  matchesPattern,
} from "../../core/delivery/event_bridge_event.ts";
import { NO_TARGETS } from "../../core/domain/deployment.ts";
import { EventPattern } from "../../core/domain/event_target.ts";
import type {
  DeploymentFact,
  DeploymentTriggerEvent,
  InstanceFact,
  InstanceTriggerEvent,
} from "../../core/domain/outbox_fact.ts";

const BASE = {
  id: "9071bb8f-1b04-4d39-8a52-5b2a8b7b4c60",
  time: Date.UTC(2026, 10, 25, 13, 30, 5, 678),
  account: "111122223333",
  region: "eu-central-1",
  applicationName: "shop",
  deploymentGroupName: "prod",
  deploymentGroupId: "2b1c7f7e-5a64-4c22-9f54-1a0a2cf4ac11",
  deploymentId: "d-ABCDEFGHI",
  triggers: [],
};

function deployment(event: DeploymentTriggerEvent): DeploymentFact {
  return {
    ...BASE,
    kind: "deployment",
    event,
    status: "InProgress",
    createTime: BASE.time,
    overview: NO_TARGETS,
    rollback: {},
  };
}

function instance(event: InstanceTriggerEvent): InstanceFact {
  return {
    ...BASE,
    kind: "instance",
    event,
    instanceId: "web-1",
    instanceArn: "arn:aws:codedeploy:eu-central-1:111122223333:instance/web-1_8fJ2kq",
    status: "InProgress",
    lastUpdated: BASE.time,
    lifecycleEvents: [],
  };
}

test("a deployment's event has every member of the user guide, in its form", () => {
  assert.deepEqual(eventBridgeEvent(deployment("DeploymentStart")), {
    version: "0",
    id: "9071bb8f-1b04-4d39-8a52-5b2a8b7b4c60",
    "detail-type": "CodeDeploy Deployment State-change Notification",
    source: "aws.codedeploy",
    account: "111122223333",
    time: "2026-11-25T13:30:05Z",
    region: "eu-central-1",
    resources: [
      "arn:aws:codedeploy:eu-central-1:111122223333:application:shop",
      "arn:aws:codedeploy:eu-central-1:111122223333:deploymentgroup:shop/prod",
    ],
    detail: {
      instanceGroupId: "2b1c7f7e-5a64-4c22-9f54-1a0a2cf4ac11",
      region: "eu-central-1",
      application: "shop",
      deploymentId: "d-ABCDEFGHI",
      state: "START",
      deploymentGroup: "prod",
    },
  });
});

test("an instance's event has every member of the user guide, in its form", () => {
  assert.deepEqual(eventBridgeEvent(instance("InstanceFailure")), {
    version: "0",
    id: "9071bb8f-1b04-4d39-8a52-5b2a8b7b4c60",
    "detail-type": "CodeDeploy Instance State-change Notification",
    source: "aws.codedeploy",
    account: "111122223333",
    time: "2026-11-25T13:30:05Z",
    region: "eu-central-1",
    resources: [
      "arn:aws:codedeploy:eu-central-1:111122223333:instance/web-1_8fJ2kq",
      "arn:aws:codedeploy:eu-central-1:111122223333:deploymentgroup:shop/prod",
      "arn:aws:codedeploy:eu-central-1:111122223333:application:shop",
    ],
    detail: {
      instanceGroupId: "2b1c7f7e-5a64-4c22-9f54-1a0a2cf4ac11",
      instanceId: "web-1",
      region: "eu-central-1",
      application: "shop",
      deploymentId: "d-ABCDEFGHI",
      state: "FAILURE",
      deploymentGroup: "prod",
    },
  });
});

const states: [event: DeploymentTriggerEvent | InstanceTriggerEvent, state: string | undefined][] =
  [
    ["DeploymentStart", "START"],
    ["DeploymentSuccess", "SUCCESS"],
    ["DeploymentFailure", "FAILURE"],
    ["DeploymentStop", "STOP"],
    ["DeploymentReady", "READY"],
    ["DeploymentRollback", undefined],
    ["InstanceStart", "START"],
    ["InstanceSuccess", "SUCCESS"],
    ["InstanceFailure", "FAILURE"],
    ["InstanceReady", "READY"],
  ];
for (const [event, state] of states) {
  test(`${event} is ${state ?? "no event"} on EventBridge`, () => {
    const fact = event.startsWith("Instance")
      ? instance(event as InstanceTriggerEvent) // because the name begins so
      : deployment(event as DeploymentTriggerEvent); // because the name begins otherwise
    const made = eventBridgeEvent(fact);
    assert.equal(made?.detail.state, state);
    if (made) assert.deepEqual(EventBridgeEvent.parse(made), made);
  });
}

const DEPLOYMENT_TYPE = "CodeDeploy Deployment State-change Notification";
const INSTANCE_TYPE = "CodeDeploy Instance State-change Notification";
/** Whether the pattern lets DeploymentFailure and InstanceFailure of shop/prod pass. */
const patterns: [rule: string, pattern: unknown, passes: [boolean, boolean]][] = [
  ["an empty pattern lets everything pass", {}, [true, true]],
  ["a detail-type picks one form", { "detail-type": [DEPLOYMENT_TYPE] }, [true, false]],
  ["one of several values is enough", { "detail-type": [DEPLOYMENT_TYPE, INSTANCE_TYPE] }, [
    true,
    true,
  ]],
  ["a state", { detail: { state: ["FAILURE"] } }, [true, true]],
  ["another state", { detail: { state: ["SUCCESS", "STOP"] } }, [false, false]],
  ["an application", { detail: { application: ["shop"] } }, [true, true]],
  ["another application", { detail: { application: ["blog"] } }, [false, false]],
  ["a group", { detail: { deploymentGroup: ["prod"] } }, [true, true]],
  ["every member must match", {
    "detail-type": [INSTANCE_TYPE],
    detail: { state: ["FAILURE"], application: ["shop"], deploymentGroup: ["test"] },
  }, [false, false]],
  ["all members match", {
    "detail-type": [INSTANCE_TYPE],
    detail: { state: ["FAILURE"], application: ["shop"] },
  }, [false, true]],
];
for (const [rule, pattern, passes] of patterns) {
  test(`a pattern: ${rule}`, () => {
    const parsed = EventPattern.parse(pattern);
    const events = [deployment("DeploymentFailure"), instance("InstanceFailure")]
      .map((fact) => eventBridgeEvent(fact));
    assert.deepEqual(events.map((event) => event && matchesPattern(event, parsed)), passes);
  });
}

const refused: [rule: string, pattern: unknown][] = [
  ["a member that these events are not told apart by", { source: ["aws.ec2"] }],
  ["a state that no event has", { detail: { state: ["DONE"] } }],
  ["a value that is no list", { detail: { state: "START" } }],
  ["a list that nothing is in", { detail: { state: [] } }],
  ["a rule of EventBridge that is not understood here", {
    detail: { application: [{ prefix: "sh" }] },
  }],
];
for (const [rule, pattern] of refused) {
  test(`a pattern is refused for ${rule}`, () => {
    assert.equal(EventPattern.safeParse(pattern).success, false);
  });
}
