/**
 * Every member of every operation, given what it should not be. Whatever is answered must stand in
 * the table of operations (`checked_operations.ts` holds it against it), and be no failure.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../core/wire/aws_json.ts";
import { PUBLIC_SERVICES } from "./operation_table.ts";
import { openShop } from "./shop.ts";

const LONG = "x".repeat(3000);
const BAD: readonly unknown[] = [
  null,
  "",
  "!",
  LONG,
  "constructor",
  5,
  -1,
  1.5,
  true,
  [],
  [null],
  [""],
  ["!"],
  [[]],
  [{}],
  Array.from({ length: 1001 }, (_, index) => `n${index}`),
  {},
  { name: "" },
  { Key: LONG, Value: 5 },
];

/** What members have that must be right for the next one to be looked at. */
const GOOD: Readonly<Record<string, unknown>> = {
  applicationName: "shop",
  applicationNames: ["shop"],
  currentDeploymentGroupName: "prod",
  deploymentConfigName: "CodeDeployDefault.OneAtATime",
  deploymentGroupName: "prod",
  deploymentGroupNames: ["prod"],
  deploymentId: "d-AAAAAAAAA",
  instanceName: "web-1",
  instanceNames: ["web-1"],
  newApplicationName: "shop",
  ResourceArn: "arn:aws:codedeploy:us-east-1:000000000000:application:shop",
  revision: { revisionType: "GitHub", gitHubLocation: { repository: "a/b", commitId: LONG } },
  serviceRoleArn: "arn:aws:iam::000000000000:role/deploy",
  tags: [{ Key: "a", Value: "b" }],
};

for (const { targetPrefix, operations } of PUBLIC_SERVICES) {
  for (const { name, input } of operations.values()) {
    test(`${name} answers bad members with exceptions of its own`, async () => {
      await using shop = await openShop(1);
      const members = Object.keys(input.shape);
      const good = Object.fromEntries(
        members.filter((member) => member in GOOD).map((member) => [member, GOOD[member]]),
      );
      for (const member of members) {
        for (const bad of BAD) {
          const given = { ...good, [member]: bad };
          const answer: unknown = await shop.target(targetPrefix + name, given)
            .catch((error: unknown) => error);
          if (answer instanceof ApiError) assert.ok(answer.status < 500, JSON.stringify(given));
          else assert.ok(!(answer instanceof Error), `${answer} ${JSON.stringify(given)}`);
        }
      }
    });
  }
}
