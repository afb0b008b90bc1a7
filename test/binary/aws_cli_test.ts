/** The unchanged aws CLI in front of the compiled binary; only the endpoint differs. @module */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { z } from "zod";
import { version } from "./bundles.ts";
import { ended, IN_PLACE, infoIn, installed, once, starts, targetsIn } from "./deployments.ts";
import { AWS, Fleet } from "./fleet.ts";

const Pushed = z.object({ revision: z.object({ s3Location: z.record(z.string(), z.string()) }) });

test("the aws CLI alone drives a deployment of three hosts to Succeeded", {
  skip: !existsSync(AWS) && "Debian's awscli is not installed",
}, async () => {
  const fleet = await Fleet.start(3);
  try {
    await fleet.aws("create-application", "--application-name", "shop");
    await fleet.aws(
      ...["create-deployment-group", "--application-name", "shop"],
      ...["--deployment-group-name", "production"],
      ...["--service-role-arn", "arn:aws:iam::000000000000:role/none"],
      ...["--on-premises-instance-tag-filters", "Key=role,Value=web,Type=KEY_AND_VALUE"],
    );
    const bundle = fleet.bundle("v1", version("1"));
    const push = await fleet.runtime("push", bundle, "--app", "shop", "--json");
    const s3 = Pushed.parse(JSON.parse(push.stdout)).revision.s3Location;
    const location = `bucket=${s3["bucket"]},key=${s3["key"]},bundleType=${s3["bundleType"]}`;
    const created = await fleet.aws(
      ...["create-deployment", "--application-name", "shop"],
      ...["--deployment-group-name", "production", "--s3-location", location],
    );
    const id = z.object({ deploymentId: z.string().regex(/^d-[A-Z0-9]{9}$/) }).parse(created)
      .deploymentId;
    // The CLI's waiter looks every 15 s; waiting ourselves first spares the test that time.
    await ended(fleet, id);
    await fleet.aws("wait", "deployment-successful", "--deployment-id", id);
    const info = infoIn(await fleet.aws("get-deployment", "--deployment-id", id));
    assert.equal(info.status, "Succeeded");
    assert.equal(info.creator, "user");
    assert.equal(info.deploymentOverview["Succeeded"], 3);
    const listed = await fleet.aws("list-deployment-targets", "--deployment-id", id);
    assert.deepEqual(listed["targetIds"], ["web-1", "web-2", "web-3"]);
    const batch = ["--target-ids", "web-1", "web-2", "web-3"];
    const got = await fleet.aws("batch-get-deployment-targets", "--deployment-id", id, ...batch);
    for (const { lifecycleEvents: events } of targetsIn(got)) {
      assert.deepEqual(events.map((event) => event.lifecycleEventName), IN_PLACE);
      assert.ok(events.every((event) => event.status === "Succeeded" && event.endTime));
    }
    for (const host of fleet.hosts) {
      assert.equal(installed(host), "1\n");
      assert.deepEqual(starts(fleet, host, id), once(IN_PLACE));
    }
  } finally {
    await fleet.close();
  }
});
