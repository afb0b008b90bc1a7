/** Our table of operations against the service model of CodeDeploy that the AWS SDK is made from. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMON_ERRORS } from "../../core/domain/errors.ts";
import {
  differences,
  type Members,
  type Operation,
  ownOperation,
  type Shape,
} from "./operation_shapes.ts";
import { PUBLIC_SERVICES } from "./operation_table.ts";
import { modelOperations } from "./service_model.ts";

/** What is ours on purpose, as `differences` tells it, and why. */
const ADDITIONS: ReadonlyMap<string, string> = new Map([
  ["+ RevisionLocation.revisionType = HTTPS", "a bundle at any web address, known by its hash"],
  ["+ RevisionLocation.httpsLocation", "the address and the hash of an HTTPS revision"],
  [
    "+ MinimumHealthyHosts.type = MOST_CONCURRENCY",
    "what the service answers for OneAtATime, though its model does not say so",
  ],
  [
    "+ ListTagsForResource throws InvalidNextTokenException",
    "the model has no exception for a bad token here; every other listing has this one",
  ],
]);

const [codedeploy] = PUBLIC_SERVICES;
const table = new Map(
  [...codedeploy?.operations ?? []].map(([name, one]) => [name, ownOperation(one)]),
);
const model = withoutCommonErrors(modelOperations());

test("the operations are those of the model, none less and none more", () => {
  assert.deepEqual([...table.keys()].sort(), [...model.keys()].sort());
});

for (const [name, own] of table) {
  test(`${name} has the members, enum values and errors of the model`, () => {
    const expected = model.get(name);
    assert.ok(expected, "the model has no such operation");
    assert.deepEqual(differences(expected, own).filter((one) => !ADDITIONS.has(one)), []);
  });
}

test("the model is read with its required members, enum values and exceptions", () => {
  const read = model.get("CreateDeploymentGroup");
  assert.deepEqual(
    read?.input.required,
    new Set([
      "applicationName",
      "deploymentGroupName",
      "serviceRoleArn",
    ]),
  );
  assert.deepEqual(read?.input.members.get("outdatedInstancesStrategy"), {
    kind: "string",
    values: new Set(["IGNORE", "UPDATE"]),
  });
  assert.ok(read?.errors.has("RoleRequiredException"));
  assert.equal(model.size, 47);
});

test("every addition of ours is one that is there", () => {
  const found = new Set([...table].flatMap(([name, own]) => {
    const expected = model.get(name);
    return expected ? differences(expected, own) : [];
  }));
  assert.deepEqual([...ADDITIONS.keys()].filter((addition) => !found.has(addition)), []);
});

const STRING: Shape = { kind: "string", values: new Set() };
const PLATFORM: Shape = { kind: "string", values: new Set(["Server", "Moon"]) };

function fly(input: [string, Shape][], errors: string[] = [], required: string[] = []): Operation {
  const nothing = structure("FlyOutput", []);
  const members = { ...structure("FlyInput", input), required: new Set(required) };
  return { name: "Fly", input: members, output: nothing, errors: new Set(errors) };
}

function structure(name: string, members: [string, Shape][]): Members {
  return { name, members: new Map(members), required: new Set() };
}

const nested = (...members: [string, Shape][]): [string, Shape] => [
  "wings",
  { kind: "list", of: { kind: "object", of: structure("Wing", members) } },
];

const seen: [what: string, model: Operation, own: Operation, difference: string][] = [
  ["a new member", fly([["to", STRING]]), fly([]), "- FlyInput.to"],
  ["a member of ours", fly([]), fly([["to", STRING]]), "+ FlyInput.to"],
  ["a nested one", fly([nested(["span", STRING])]), fly([nested()]), "- Wing.span"],
  ["a new enum value", fly([["to", PLATFORM]]), fly([["to", STRING]]), "- FlyInput.to = Server"],
  ["another type", fly([["to", STRING]]), fly([["to", { kind: "number" }]]), "FlyInput.to is a"],
  [
    "a member required",
    fly([["to", STRING]], [], ["to"]),
    fly([["to", STRING]]),
    "- FlyInput.to is required",
  ],
  ["a new exception", fly([], ["Fog"]), fly([]), "- Fly throws Fog"],
];
for (const [what, model, own, difference] of seen) {
  test(`${what} in the model, or in ours alone, is a difference`, () => {
    const [first = ""] = differences(model, own);
    assert.ok(first.startsWith(difference), first);
  });
}

function withoutCommonErrors(operations: Map<string, Operation>): Map<string, Operation> {
  const common: readonly string[] = COMMON_ERRORS;
  return new Map(
    [...operations].map(([name, one]) => {
      const errors = new Set([...one.errors].filter((error) => !common.includes(error)));
      return [name, { ...one, errors }];
    }),
  );
}
