/** `runtime apply` of triggers and resource tags, by the compiled binary. @module */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Fleet } from "./fleet.ts";

const ELSEWHERE = "arn:aws:sns:eu-west-1:123456789012:page";
const OURS = "arn:aws:sns:us-east-1:000000000000:deployments";
const SHOP = "arn:aws:codedeploy:us-east-1:000000000000:application:shop";
const PRODUCTION = "arn:aws:codedeploy:us-east-1:000000000000:deploymentgroup:shop/production";

const TEXT = `applications:
  - name: shop
    resourceTags: { team: checkout, cost: 7 }
    groups:
      - name: production
        tags: { role: web }
        triggers:
          - name: ends
            topic: deployments
            events: [DeploymentSuccess, DeploymentFailure]
          - name: page
            topic: ${ELSEWHERE}
            events: [DeploymentFailure]
        resourceTags: { team: checkout }
`;

interface Applied {
  fleet: Fleet;
  apply(text: string, ...more: string[]): ReturnType<Fleet["runtime"]>;
  triggers(): Promise<unknown>;
  tags(arn: string): Promise<unknown>;
}

async function withServer(play: (applied: Applied) => Promise<void>): Promise<void> {
  const fleet = await Fleet.start(0);
  try {
    await play({
      fleet,
      apply(text, ...more) {
        writeFileSync(join(fleet.directory, "deploy.yaml"), text);
        return fleet.runtime("apply", ...more);
      },
      async triggers() {
        const names = { applicationName: "shop", deploymentGroupName: "production" };
        const { deploymentGroupInfo } = await fleet.api("GetDeploymentGroup", names);
        return Object(deploymentGroupInfo).triggerConfigurations;
      },
      tags: async (ResourceArn) =>
        (await fleet.api("ListTagsForResource", { ResourceArn }))["Tags"],
    });
  } finally {
    await fleet.close();
  }
}

test("apply makes triggers and tags what the file says, and then has nothing to do", async () => {
  await withServer(async ({ fleet, apply, triggers, tags }) => {
    assert.equal((await fleet.runtime("topic", "create", "deployments")).code, 0);
    const made = await apply(TEXT);
    assert.equal(
      made.stdout,
      "created application shop\ncreated group shop/production\n",
      made.stderr,
    );
    const ends = {
      triggerName: "ends",
      triggerTargetArn: OURS,
      triggerEvents: ["DeploymentSuccess", "DeploymentFailure"],
    };
    const page = {
      triggerName: "page",
      triggerTargetArn: ELSEWHERE,
      triggerEvents: ["DeploymentFailure"],
    };
    assert.deepEqual(await triggers(), [ends, page]);
    const team = { Key: "team", Value: "checkout" };
    assert.deepEqual(await tags(SHOP), [{ Key: "cost", Value: "7" }, team]);
    assert.deepEqual(await tags(PRODUCTION), [team]);
    assert.equal((await apply(TEXT)).stdout, "nothing to change\n");
    const byArn = TEXT.replace("topic: deployments", `topic: ${OURS}`)
      .replace("[DeploymentSuccess, DeploymentFailure]", "[DeploymentFailure, DeploymentSuccess]");
    assert.equal((await apply(byArn)).stdout, "nothing to change\n");

    const changed = TEXT.replace("topic: deployments", `topic: ${ELSEWHERE}`)
      .replace("cost: 7", "cost: 8, tier: gold")
      .replace("        resourceTags: { team: checkout }", "        resourceTags: { owner: ops }");
    const dry = await apply(changed, "--dry-run");
    assert.equal(
      dry.stdout,
      "would update application shop: resourceTags\n" +
        "would update group shop/production: triggers, resourceTags\n",
    );
    assert.deepEqual(await triggers(), [ends, page]);
    assert.deepEqual(await tags(PRODUCTION), [team]);
    const updated = await apply(changed, "--json");
    assert.deepEqual(JSON.parse(updated.stdout), {
      changes: [
        { action: "update", kind: "application", name: "shop", members: ["resourceTags"] },
        {
          action: "update",
          kind: "group",
          name: "shop/production",
          members: ["triggers", "resourceTags"],
        },
      ],
      applied: true,
    });
    assert.deepEqual(await triggers(), [{ ...ends, triggerTargetArn: ELSEWHERE }, page]);
    const owner = { Key: "owner", Value: "ops" };
    assert.deepEqual(await tags(PRODUCTION), [owner]);
    assert.deepEqual(await tags(SHOP), [
      { Key: "cost", Value: "8" },
      team,
      { Key: "tier", Value: "gold" },
    ]);

    const silent = "applications: [{ name: shop, groups: [{ name: production }] }]\n";
    assert.equal((await apply(silent)).stdout, "nothing to change\n");
    const emptied = `applications:
  - name: shop
    resourceTags: {}
    groups: [{ name: production, triggers: [], resourceTags: {} }]
`;
    assert.equal((await apply(emptied)).code, 0);
    assert.deepEqual([await triggers(), await tags(SHOP), await tags(PRODUCTION)], [[], [], []]);
  });
});

test("a topic that the server does not have is refused by its line, before anything is done", async () => {
  await withServer(async ({ fleet, apply }) => {
    const ran = await apply(TEXT);
    assert.equal(ran.code, 2);
    assert.match(
      ran.stderr,
      /^deploy\.yaml:9:13: applications\[0\]\.groups\[0\]\.triggers\[0\]\.topic: .* has no topic deployments; runtime topic create deployments\n/,
    );
    assert.match(ran.stderr, /state {5}nothing was done/);
    assert.deepEqual((await fleet.api("ListApplications", {}))["applications"], []);
  });
});

test("fifty tags make room for fifty others", async () => {
  await withServer(async ({ apply, tags }) => {
    const fifty = (name: string) => {
      const list = Array.from({ length: 50 }, (_, n) => `${name}${n}: x`).join(", ");
      return `applications: [{ name: shop, resourceTags: { ${list} } }]\n`;
    };
    for (const name of ["a", "b"]) {
      const ran = await apply(fifty(name));
      assert.equal(ran.code, 0, ran.stderr);
      const held = await tags(SHOP);
      assert.ok(Array.isArray(held));
      assert.equal(held.filter(({ Key }) => Key.startsWith(name)).length, 50);
      assert.equal(held.length, 50);
    }
  });
});
