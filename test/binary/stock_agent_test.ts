/** AWS's own agent against the compiled server: the protocol, one event at a time. @module */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { version } from "./bundles.ts";
import { begin, ended, IN_PLACE, targetsOf } from "./deployments.ts";
import { Fleet, until } from "./fleet.ts";
import { type Command, openssl, StockAgent, type StockOptions } from "./stock_agent.ts";

const OK = { error_code: 0, script_name: "", message: "Succeeded: ", log: "" };
const skip = spawnSync("openssl", ["version"]).status !== 0 && "openssl is not installed";

/** A fleet of one joined host, whose keys a stock agent uses. */
async function withAgent(
  body: (fleet: Fleet, agent: StockAgent) => Promise<void>,
  options: StockOptions = {},
): Promise<void> {
  const fleet = await Fleet.start(0);
  try {
    const { stdout } = await fleet.runtime("token", "create", "--json");
    const conf = join(fleet.directory, "conf");
    const joined = await fleet.runtime(
      ...["agent", "join", fleet.url, "--token", JSON.parse(stdout).token, "--name", "web-1"],
      ...["--tag", "role=web", "--config-dir", conf, "--root", join(fleet.directory, "root")],
    );
    assert.equal(joined.code, 0, joined.stderr);
    await fleet.declare();
    const agent = new StockAgent(fleet.url, join(conf, "codedeploy.onpremises.yml"), options);
    await body(fleet, agent);
  } finally {
    await fleet.close();
  }
}

function next(agent: StockAgent): Promise<Command> {
  return until("a command", () => agent.poll());
}

for (const isSecure of [false, true]) {
  const how = isSecure ? "with the secure command service" : "with the plain command service";
  test(
    `spec 12.1, 12.2: the stock agent carries a deployment out event by event, ${how}`,
    { skip },
    () =>
      withAgent(async (fleet, agent) => {
        const id = await begin(fleet, fleet.bundle("v1", version("1")));
        const names: string[] = [];
        for (const _ of IN_PLACE) {
          const command = await next(agent);
          names.push(command.CommandName);
          const spec = await agent.specification(command);
          assert.equal(spec["DeploymentId"], id);
          assert.equal(spec["ApplicationName"], "shop");
          // ApplicationStop has no earlier revision to take scripts from.
          const isNoop = command.CommandName === "ApplicationStop";
          const { body } = await agent.acknowledge(command, isNoop);
          assert.equal(body["CommandStatus"], isNoop ? "Succeeded" : "InProgress");
          if (isNoop) continue;
          const done = await agent.complete(command, OK);
          assert.equal(done.status, 200);
          assert.equal((await agent.complete(command, OK)).status, 200, "told again");
          // An agent that restarts may fail the event it believes it was at (code 7).
          await agent.complete(command, {
            ...OK,
            error_code: 7,
            message: "after an agent restart",
          });
        }
        assert.deepEqual(names, IN_PLACE);
        assert.equal((await ended(fleet, id)).status, "Succeeded");
        const [target] = await targetsOf(fleet, id, "web-1");
        assert.ok(target?.lifecycleEvents.every((event) => event.status === "Succeeded"));
      }, { isSecure }),
  );
}

test("a failure without an acknowledgement fails the host; later news changes nothing", {
  skip,
}, () =>
  withAgent(async (fleet, agent) => {
    const id = await begin(fleet, fleet.bundle("v1", version("1")));
    const stop = await next(agent);
    await agent.acknowledge(stop, true);
    const download = await next(agent);
    const failure = { error_code: 5, script_name: "", message: "No such bundle", log: "tail" };
    assert.equal((await agent.complete(download, failure)).status, 200);
    assert.equal((await ended(fleet, id)).status, "Failed");
    await agent.complete(download, OK);
    const [target] = await targetsOf(fleet, id, "web-1");
    assert.deepEqual(target?.lifecycleEvents.map((event) => event.status), [
      ...["Succeeded", "Failed"],
      ...["Skipped", "Skipped", "Skipped", "Skipped", "Skipped"],
    ]);
    assert.equal(target?.lifecycleEvents[1]?.diagnostics?.message, "No such bundle");
    assert.equal(target?.lifecycleEvents[1]?.diagnostics?.errorCode, "UnknownError");
  }));

test(
  "a stop lets the running event end and hands out no other",
  { skip },
  () =>
    withAgent(async (fleet, agent) => {
      const id = await begin(fleet, fleet.bundle("v1", version("1")));
      const first = await next(agent);
      await agent.acknowledge(first, false);
      await fleet.api("StopDeployment", { deploymentId: id });
      await agent.complete(first, OK);
      const info = await ended(fleet, id);
      assert.equal(info.status, "Stopped");
      const [target] = await targetsOf(fleet, id, "web-1");
      assert.equal(target?.lifecycleEvents[1]?.status, "Skipped");
    }),
);

test(
  "a stop between two events ends the deployment at once",
  { skip },
  () =>
    withAgent(async (fleet, agent) => {
      const id = await begin(fleet, fleet.bundle("v1", version("1")));
      const first = await next(agent);
      await agent.acknowledge(first, false);
      await agent.complete(first, OK);
      await fleet.api("StopDeployment", { deploymentId: id });
      // Looking at its desk is what has the host's order ended; the server's end breaks it off.
      const waiting = agent.poll().catch(() => undefined);
      assert.equal((await ended(fleet, id, 10)).status, "Stopped");
      await fleet.killServer();
      await waiting;
    }),
);

/** A call that is let in learns that there is no such order. */
const LET_IN = /has no order of the deployment/;
const calls: [row: string, options: StockOptions, outcome: RegExp][] = [
  ["the plain service, signed for codedeploy-commands", {}, LET_IN],
  ["the secure service, signed for codedeploy-commands-secure", { isSecure: true }, LET_IN],
  ["an agent that does not know its version", { version: "UNKNOWN_VERSION" }, LET_IN],
  [
    "a signature for codedeploy, which is refused",
    { signingName: "codedeploy" },
    /correct service/,
  ],
];
test(
  "spec 12.1, 12.4: targets, signing names, version, GET / and the on-premises file",
  { skip },
  (t) =>
    withAgent(async (fleet, _agent) => {
      const file = join(fleet.directory, "conf", "codedeploy.onpremises.yml");
      for (const [row, options, outcome] of calls) {
        await t.test(`spec 12.1 ${row}`, async () => {
          const agent = new StockAgent(fleet.url, file, options);
          const input = {
            DeploymentExecutionId: "us-east-1/1/g/d-NONE",
            HostIdentifier: agent.arn,
          };
          const { body } = await agent.call("GetDeploymentSpecification", input);
          assert.match(String(body["message"]), outcome);
        });
      }
      await t.test("spec 12.1 the start-up check, GET / without a signature: an HTTP answer", async () => {
        const { status } = await fetch(fleet.url);
        assert.ok(status >= 200 && status < 500, String(status));
      });
      await t.test("spec 12.4 s3_endpoint_override: the keys of the file fetch the bundle", async () => {
        await begin(fleet, fleet.bundle("v1", version("1")));
        const agent = new StockAgent(fleet.url, file);
        const { Revision } = await agent.specification(await next(agent)) as {
          Revision: { S3Revision: { Bucket: string; Key: string; Size: number } };
        }; // because the test reads it as the agent does
        const { Bucket, Key, Size } = Revision.S3Revision;
        assert.deepEqual(await agent.bundle(Bucket, Key), { status: 200, bytes: Size });
      });
    }),
);

test(
  "traps 42 to 45 and 53, by the first commands of a deployment",
  { skip },
  (t) =>
    withAgent(async (fleet, agent) => {
      await begin(fleet, fleet.bundle("v1", version("1")));
      const command = await next(agent);
      await t.test("trap 43: an execution id of four parts, the host's name within the agent's", () => {
        const { DeploymentExecutionId: id, HostIdentifier } = command;
        assert.equal(id.split("/").length, 4);
        assert.ok(id.length <= 129 && agent.arn.includes(HostIdentifier));
      });
      await t.test("trap 44: the envelope is PEM, has its content and its certificate", async () => {
        const pem = await agent.envelope(command);
        assert.match(pem, /^-----BEGIN PKCS7-----/);
        assert.match(openssl(pem, "pkcs7", "-print_certs"), /-----BEGIN CERTIFICATE-----/);
        assert.match(openssl(pem, "smime", "-verify", "-noverify"), /^\{.*"DeploymentId"/s);
      });
      const spec = await agent.specification(command);
      await t.test("trap 45: AllPossibleLifecycleEvents is left out, so no hook is unknown", () => {
        assert.equal(spec["AllPossibleLifecycleEvents"], undefined);
      });
      await t.test("trap 53: a person's deployment has the creator user", () => {
        assert.equal(spec["DeploymentCreator"], "user");
      });
      await t.test("trap 42: InProgress runs a command, Succeeded drops one that is over", async () => {
        const status = async () => (await agent.acknowledge(command, false)).body["CommandStatus"];
        assert.equal(await status(), "InProgress");
        await agent.complete(command, OK);
        assert.equal(await status(), "Succeeded");
      });
    }),
);

test("trap 41: sixteen commands at once, a poll right after each answer, none given twice", {
  skip,
}, () =>
  withAgent(async (fleet, agent) => {
    const first = await begin(fleet, fleet.bundle("v1", version("1")));
    const { deploymentInfo } = await fleet.api("GetDeployment", { deploymentId: first }) as {
      deploymentInfo: { revision: unknown };
    }; // because the revision is handed back as it came
    for (let n = 2; n <= 16; n++) {
      const applicationName = `shop-${n}`;
      await fleet.api("CreateApplication", { applicationName, computePlatform: "Server" });
      await fleet.api("CreateDeploymentGroup", {
        applicationName,
        deploymentGroupName: "production",
        serviceRoleArn: "arn:aws:iam::000000000000:role/deploy",
        onPremisesInstanceTagFilters: [{ Key: "role", Value: "web", Type: "KEY_AND_VALUE" }],
      });
      await fleet.api("CreateDeployment", {
        applicationName,
        deploymentGroupName: "production",
        revision: deploymentInfo.revision,
      });
    }
    const commands: Command[] = [];
    while (commands.length < 16) commands.push(await next(agent));
    const executions = new Set(commands.map((command) => command.DeploymentExecutionId));
    assert.equal(executions.size, 16, "one command a deployment");
    // The next poll is held, as each deployment has a command out; the end of one wakes it.
    const held = agent.poll();
    await agent.acknowledge(commands[7]!, false);
    await agent.complete(commands[7]!, OK);
    const after = await held;
    assert.equal(after?.CommandName, "DownloadBundle");
    assert.equal(after?.DeploymentExecutionId, commands[7]!.DeploymentExecutionId);
  }));

test("trap 53: a rollback has the creator codeDeployRollback, in exactly this spelling", {
  skip,
}, () =>
  withAgent(async (fleet, agent) => {
    await fleet.declare({ rollback: "[failure]" });
    const good = await begin(fleet, fleet.bundle("v1", version("1")));
    for (const _ of IN_PLACE) await agent.complete(await next(agent), OK);
    await ended(fleet, good);
    const bad = await begin(fleet, fleet.bundle("v2", version("2")));
    await agent.complete(await next(agent), { ...OK, error_code: 4, message: "broke" });
    await ended(fleet, bad);
    const spec = await agent.specification(await next(agent));
    assert.equal(spec["DeploymentCreator"], "codeDeployRollback");
  }));
