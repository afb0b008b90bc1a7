import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { folder, runtime, standIn } from "./stand_in.ts";

const putting = () => standIn({ PutStrategyConfig: () => ({ deploymentConfigId: "c-1" }) });
const create = (...flags: string[]) => ["config", "create", "slowly", "--strategy", ...flags];

test("config create sends what --set says, as JSON where it reads as such", async () => {
  await using server = await putting();
  const argv = create(
    "canary",
    ...["--set", 'steps=[{"hosts": 1}, {"bake": "5m"}]', "--set", "maxFailures=2"],
    ...["--set", "minimumHealthyHosts.type=HOST_COUNT", "--set", "minimumHealthyHosts.value=3"],
  );
  const ran = await runtime(argv, server);
  assert.equal(ran.code, 0, ran.err);
  assert.equal(
    ran.out,
    "Config slowly goes by the strategy canary. Use it: runtime deploy --config slowly\n",
  );
  assert.deepEqual(server.asked, [{
    operation: "PutStrategyConfig",
    input: {
      deploymentConfigName: "slowly",
      strategy: "canary",
      config: {
        steps: [{ hosts: 1 }, { bake: "5m" }],
        maxFailures: 2,
        minimumHealthyHosts: { type: "HOST_COUNT", value: 3 },
      },
    },
  }]);
});

test("config create reads a file below where it is called, and --set goes before it", async () => {
  await using server = await putting();
  await using place = await folder();
  await writeFile(join(place.path, "slow.json"), '{"bake": "5m", "first": 2}');
  const argv = create("exponential", "--config", "@slow.json", "--set", "bake=1h", "--json");
  const ran = await runtime(argv, server, { cwd: place.path });
  assert.equal(ran.code, 0, ran.err);
  assert.deepEqual(server.asked[0]?.input["config"], { bake: "1h", first: 2 });
  assert.equal(JSON.parse(ran.out).deploymentConfigId, "c-1");
});

const bad: [what: string, argv: string[], says: RegExp][] = [
  ["no strategy", ["config", "create", "slowly"], /name the strategy.*\n.*\n.*--strategy/],
  ["a --set without a value", create("canary", "--set", "steps"), /KEY=VALUE is wanted/],
  ["a member of what has none", create("canary", "--set", "a=1", "--set", "a.b=1"), /a has no mem/],
  ["a --config that is no JSON", create("canary", "--config", "{"), /it is not JSON/],
  ["a --config that is a list", create("canary", "--config", "[]"), /an object is wanted/],
  ["a file that is not there", create("canary", "--config", "@/gone"), /\/gone cannot be read/],
];
for (const [what, argv, says] of bad) {
  test(`config create refuses ${what}, and asks the server nothing`, async () => {
    await using server = await putting();
    const ran = await runtime(argv, server);
    assert.equal(ran.code, 2);
    assert.match(ran.err, says);
    assert.deepEqual(server.asked, []);
  });
}

test("strategies lists them, and the configs made of them", async () => {
  const answer = {
    strategies: [
      { name: "canary", platform: "Server", description: "a few hosts first" },
      { name: "minimum-healthy-hosts", platform: "Server", description: "as many as may go" },
    ],
    configs: [{
      deploymentConfigName: "slowly",
      strategy: "canary",
      config: { maxFailures: 1 },
    }],
  };
  await using server = await standIn({ ListStrategies: () => answer });
  assert.equal(
    (await runtime(["strategies"], server)).out,
    "canary                 Server  a few hosts first\n" +
      "minimum-healthy-hosts  Server  as many as may go\n" +
      "\nDeployment configs made of them:\n" +
      'slowly  canary  {"maxFailures":1}\n',
  );
  assert.deepEqual(JSON.parse((await runtime(["strategies", "--json"], server)).out), answer);
});
