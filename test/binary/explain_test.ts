/** `runtime explain` by the compiled binary: why a deployment failed, from the rule to the last line. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { version } from "./bundles.ts";
import { begin, deploy, ended, targetsOf } from "./deployments.ts";
import { Fleet, until } from "./fleet.ts";

/** A version whose ApplicationStart fails on the host web-2 alone. */
function brokenOn(host: string): Record<string, string> {
  const fails = `echo going up\necho "port 80 is taken" >&2\n` +
    `case "$HOST_DIR" in */${host}) exit 7;; esac`;
  return version("two", { ApplicationStart: fails });
}

test("a script that exits 7 on one of three hosts is explained from the rule to its lines", async () => {
  const fleet = await Fleet.start(3);
  try {
    await fleet.declare();
    const first = await deploy(fleet, fleet.bundle("one", version("one")));
    assert.equal(first.code, 0, first.stderr);
    const failed = await deploy(fleet, fleet.bundle("two", brokenOn("web-2")));
    assert.equal(failed.code, 1, failed.stdout + failed.stderr);
    const id = /Deployment (d-[A-Z0-9]+) failed/.exec(failed.stderr)?.[1] ?? "";
    const explained = await fleet.runtime("explain", id);
    assert.deepEqual([explained.code, explained.stderr], [0, ""]);
    assert.match(
      explained.stdout,
      new RegExp(
        `^Deployment ${id} failed: 1 of 3 hosts failed, 2 must stay healthy
  evidence  web-2 failed ApplicationStart
            └─ ApplicationStart failed( after \\d+\\.\\d s)?: exit code 7
               └─ Script at specified location: scripts/ApplicationStart.sh failed with exit code 7
                  │ going up
                  │ port 80 is taken
  state     1 host on s3://\\S+; 1 host is left where it failed: web-2; 1 host not touched; nothing was rolled back
  next      runtime logs ${id} --host web-2
            runtime retry ${id} --failed-only
            runtime rollback ${id}
$`,
      ),
    );
    assert.equal(failed.stderr, explained.stdout, "deploy ends with the same words");
    const json = await fleet.runtime("explain", id, "--json");
    const { cause, error } = z.looseObject({
      cause: z.looseObject({ kind: z.string(), text: z.string() }),
      error: z.looseObject({ message: z.string() }),
    }).parse(JSON.parse(json.stdout));
    assert.equal(cause.kind, "rule");
    assert.ok(error.message.startsWith(`${cause.text}: web-2 failed ApplicationStart`));
  } finally {
    await fleet.close();
  }
});

test("a deployment that runs is explained by what its host is at, and a stopped one by its stop", async () => {
  const fleet = await Fleet.start(1);
  try {
    await fleet.declare();
    const slow = version("one", {
      BeforeInstall: `until [ -e "$HOST_DIR/go" ]; do sleep 0.1; done`,
    });
    const id = await begin(fleet, fleet.bundle("one", slow));
    await until("the start of BeforeInstall", async () => {
      const [target] = await targetsOf(fleet, id, "web-1");
      return target?.lifecycleEvents.some((event) =>
        event.lifecycleEventName === "BeforeInstall" && event.status === "InProgress"
      );
    });
    const running = await fleet.runtime("explain", id);
    assert.match(
      running.stdout,
      new RegExp(
        `^Deployment ${id} is InProgress\n {2}state {5}web-1 runs BeforeInstall since .* UTC, .* s; ` +
          `0 of 1 host done, 0 to come\n {2}next {6}runtime logs ${id} -f\n +runtime stop ${id}\n$`,
      ),
    );
    await fleet.runtime("stop", id);
    fleet.bundle("web-1", { go: "" });
    assert.equal((await ended(fleet, id)).status, "Stopped");
    const stopped = await fleet.runtime("explain", id);
    assert.match(
      stopped.stdout,
      /was stopped: .* by a StopDeployment request, .* after its start\n/,
    );
  } finally {
    await fleet.close();
  }
});
