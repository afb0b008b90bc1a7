/** AWS's own agent against the compiled server: the protocol, one event at a time. @module */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { version } from "./bundles.ts";
import { begin, ended, IN_PLACE, targetsOf } from "./deployments.ts";
import { Fleet, until } from "./fleet.ts";
import { type Command, StockAgent } from "./stock_agent.ts";

const OK = { error_code: 0, script_name: "", message: "Succeeded: ", log: "" };
const skip = spawnSync("openssl", ["version"]).status !== 0 && "openssl is not installed";

/** A fleet of one joined host, whose keys a stock agent uses. */
async function withAgent(
  body: (fleet: Fleet, agent: StockAgent) => Promise<void>,
  options: { isSecure?: boolean } = {},
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
    `the stock agent carries a deployment out event by event, ${how}`,
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
