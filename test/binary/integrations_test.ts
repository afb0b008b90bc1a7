/** An alarm set up by name, in the compiled binary: tried, kept through a kill, named by a group. @module */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { Fleet } from "./fleet.ts";

const SECRET = "Bearer of-the-metrics";

/** Tells a number of errors to whoever has the secret. */
async function metrics() {
  const told = { errors: 0 };
  const server = createServer((request, response) => {
    if (request.headers.authorization !== SECRET) return void response.writeHead(401).end();
    response.end(JSON.stringify(told));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address);
  return {
    told,
    url: `http://127.0.0.1:${address.port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("an alarm is set up, read with its secret, kept through a kill, and held by its group", async (t) => {
  await using server = await metrics();
  const fleet = await Fleet.start(0);
  t.after(() => fleet.close());
  const add = (...more: string[]) =>
    fleet.runtime(
      ...["alarm", "add", "errors", "--plugin", "http", "--set", `url=${server.url}`],
      ...["--set", "pointer=/errors", ...more],
    );
  const read = () => fleet.runtime("alarm", "try", "errors");

  const slip = await add("--set", "maximum=1");
  assert.notEqual(slip.code, 0);
  assert.match(slip.stderr, /config\.maximum: the plugin http does not know it; it has /);
  assert.match((await add("--set", "max=much")).stderr, /config\.max: must be a number, and a str/);
  assert.match((await fleet.runtime("alarm", "list")).stderr, /^There is no alarm\./);

  const added = await add("--set", "max=1", "--set", 'secretHeaders={"authorization":"metrics"}');
  assert.deepEqual([added.code, added.stderr], [0, ""]);
  const unread = await read();
  assert.equal(unread.code, 1);
  assert.match(unread.stdout, /^UNKNOWN {2}.*secrets\/metrics/);
  mkdirSync(join(fleet.data, "secrets"), { recursive: true });
  writeFileSync(join(fleet.data, "secrets", "metrics"), `${SECRET}\n`);
  assert.match((await read()).stdout, /^OK {2}/);
  server.told.errors = 3;
  const alarmed = await read();
  assert.equal(alarmed.code, 1);
  assert.match(alarmed.stdout, /^ALARM {2}.*3/);

  await fleet.killServer();
  await fleet.startServer();
  const listed = await fleet.runtime("alarm", "list");
  assert.match(
    listed.stdout,
    /^errors {2}http {2}\{.*"secretHeaders":\{"authorization":"metrics"\}/,
  );
  assert.ok(!listed.stdout.includes(SECRET), "the list shows the secret");

  await fleet.declare();
  const named = (enabled: boolean) =>
    fleet.api("UpdateDeploymentGroup", {
      ...{ applicationName: "shop", currentDeploymentGroupName: "production" },
      alarmConfiguration: { enabled, alarms: enabled ? [{ name: "errors" }] : [] },
    });
  await named(true);
  const kept = await fleet.runtime("alarm", "remove", "errors");
  assert.notEqual(kept.code, 0);
  assert.match(kept.stderr, /named by the deployment group shop\/production/);
  await named(false);
  const removed = await fleet.runtime("alarm", "remove", "errors");
  assert.equal(removed.stdout, "Removed the alarm errors\n");
});

const TEXT = `alarms:
  - name: errors
    plugin: command
    config: { command: [sh, -c, "exit 0"] }
analyses:
  - name: load
    plugin: command
    config: { command: [echo, "0.5"] }
applications:
  - name: shop
    groups:
      - name: production
        tags: { role: web }
        alarms: [errors]
        balancers: []
`;

test("apply sets up what a file declares, and then has nothing to do", async (t) => {
  const fleet = await Fleet.start(0);
  t.after(() => fleet.close());
  const apply = async (text: string) => {
    writeFileSync(join(fleet.directory, "deploy.yaml"), text);
    const { code, stdout, stderr } = await fleet.runtime("apply");
    return code === 0 ? stdout : stderr;
  };
  assert.match(
    await apply(TEXT.replace("alarms: [errors]", "alarms: [errors, latency]")),
    /^deploy\.yaml:14:26: .* has no alarm latency; declare it below alarms/,
  );
  assert.equal(
    await apply(TEXT),
    "created alarm errors\ncreated analysis load\ncreated application shop\n" +
      "created group shop/production\n",
  );
  assert.equal(await apply(TEXT), "nothing to change\n");
  const names = { applicationName: "shop", deploymentGroupName: "production" };
  const { deploymentGroupInfo } = await fleet.api("GetDeploymentGroup", names);
  assert.deepEqual(Object(deploymentGroupInfo).alarmConfiguration, {
    ...{ enabled: true, ignorePollAlarmFailure: false, alarms: [{ name: "errors" }] },
  });
  assert.match((await fleet.runtime("alarm", "try", "errors")).stdout, /^OK {2}/);
  assert.match((await fleet.runtime("analysis", "try", "load")).stdout, /^MEASURED {2}0\.5 {2}/);
  const slower = TEXT.replace('"0.5"', '"0.75"').replace("alarms: [errors]", "alarms: []");
  assert.equal(
    await apply(slower),
    "updated analysis load: config\nupdated group shop/production: alarms\n",
  );
  assert.equal(await apply(slower), "nothing to change\n");
});
