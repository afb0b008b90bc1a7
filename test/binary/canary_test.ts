/**
 * A canary on plain hosts in the compiled binary, measured by Debian's Prometheus: a good version
 * passes; a bad one is taken back by the server itself, which tells by which numbers.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startPrometheus } from "../plugins/prometheus_server.ts";
import { version } from "./bundles.ts";
import { begin, deploy, ended, infoOf } from "./deployments.ts";
import { BINARY, Fleet, until } from "./fleet.ts";
import { customers, place, shopVersion } from "./shop_program.ts";
import { endApplication } from "./web_application.ts";

/** A minute lasts a second. */
const LAPSE = ["--time-lapse", "60"];
const RATE = "sum(rate(shop_errors_total[2s])) / sum(rate(shop_requests_total[2s]))";
const STEPS = [
  { hosts: 1 },
  { bake: "1m" },
  {
    analysis: "error-rate",
    count: 3,
    interval: "1m",
    max: 0.05,
    failureLimit: 1,
    inconclusiveLimit: 20,
  },
];

async function done(fleet: Fleet, ...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await fleet.runtime(...argv);
  assert.equal(code, 0, `runtime ${argv.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

async function useCanary(fleet: Fleet, steps: object[]): Promise<void> {
  const config = JSON.stringify({ steps });
  await done(fleet, ...["config", "create", "careful", "--strategy", "canary", "--config", config]);
  await fleet.declare({ config: "careful", rollback: "[failure]" });
}

test("a bad version is taken back by its error rate, a good one passes", async (t) => {
  const fleet = await Fleet.start(3, BINARY, LAPSE);
  t.after(async () => {
    fleet.hosts.forEach(endApplication);
    await fleet.close();
  });
  const scrape = await Promise.all(fleet.hosts.map(place));
  await using prometheus = await startPrometheus({ scrape });
  await using _customers = customers(scrape);
  const { url } = prometheus;
  const config = JSON.stringify({ url, query: RATE });
  await done(fleet, "analysis", "add", "error-rate", "--plugin", "prometheus", "--config", config);
  await useCanary(fleet, STEPS);

  const good = await deploy(fleet, fleet.bundle("good", shopVersion(0)));
  assert.equal(good.code, 0, good.stdout + good.stderr);
  assert.match(good.stdout, /Waits 1 minute before the next hosts, until 20.* UTC \(runtime prom/);
  assert.match(good.stdout, /Measures error-rate: 2 of 3 taken .*\(runtime promote d-/);
  assert.match(good.stdout, /succeeded after .*: 3 hosts on /);

  const bad = await deploy(fleet, fleet.bundle("bad", shopVersion(2)));
  assert.equal(bad.code, 3, bad.stdout + bad.stderr);
  assert.match(bad.stdout, /Measures error-rate: 1 of 3 taken \(1 failed\)/);
  const id = /(d-[A-Z0-9]{9}) Failed/.exec(bad.stdout)?.[1] ?? "";
  const { errorInformation, rollbackInfo, deploymentOverview } = await infoOf(fleet, id);
  assert.equal(errorInformation?.code, "CUSTOMER_APPLICATION_UNHEALTHY");
  assert.equal(deploymentOverview["Succeeded"], 1, "only the canary was touched");

  const explained = await done(fleet, "explain", id);
  const lines = explained.trimEnd().split("\n").map((line) => line.trim());
  assert.match(
    lines[0] ?? "",
    /^Deployment d-\w+ failed: error-rate was 0\.\d+, at most 0\.05 is /,
  );
  assert.match(lines[0] ?? "", /: 2 of \d+ measurements failed, 1 is borne$/);
  assert.match(lines[1] ?? "", /^evidence +20\d\d-.*Z: 0\.\d+, at most 0\.05 is allowed$/);
  assert.match(lines[2] ?? "", /^│ sum\(rate\(shop_errors_total/);
  const back = rollbackInfo?.rollbackDeploymentId ?? "";
  assert.ok(explained.includes(`rolled back by ${back}: `), explained);
});

test("a rollout waits for people through a kill of the server", async (t) => {
  const fleet = await Fleet.start(2, BINARY, LAPSE);
  t.after(() => fleet.close());
  await useCanary(fleet, [{ hosts: 1 }, { approval: "release" }]);
  const id = await begin(fleet, fleet.bundle("v1", version("v1")));
  const messages = async (what: string, told: RegExp) =>
    await until(what, async () => told.test(await done(fleet, "status", id)));
  await messages(
    "the approval",
    /waits .*Waits for the approval "release" until .* \(runtime appr/,
  );
  await done(fleet, "pause", id, "--message", "lunch");
  await fleet.killServer();
  await fleet.startServer();
  await messages(
    "the pause",
    /Is paused by arn:.*: lunch \(runtime resume d-.*Waits for the appro/,
  );
  const early = await fleet.runtime("promote", id, "--all", "--message");
  assert.equal(early.code, 2);
  await done(fleet, "approve", id);
  assert.equal((await infoOf(fleet, id)).deploymentOverview["Pending"], 1);
  await done(fleet, "resume", id);
  assert.equal((await ended(fleet, id)).status, "Succeeded");
  const audit = await done(fleet, "audit", "--json");
  for (const action of ["paused", "approved", "resumed"]) assert.ok(audit.includes(`"${action}"`));
});
