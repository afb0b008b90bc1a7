import { test } from "node:test";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDeclaration } from "../../core/cli/apply_file.ts";
import { Failure } from "../../core/cli/failure.ts";
import { folder, Refusal, runtime, standIn } from "./stand_in.ts";

const TEXT = `applications:
  - name: shop
    groups:
      - name: production
        tags: { role: web, zone: 1, canary: null }
        config: two-thirds
        rollback: [failure, stop]
      - name: staging
        rollback: false
configs:
  - name: two-thirds
    minimumHealthyHosts: 66%
`;

const group = (text: string) => `applications:\n  - name: shop\n    groups:\n      - ${text}\n`;
const faults: [name: string, text: string, says: RegExp[]][] = [
  ["a tab", "applications:\n\t- name: x\n", [/^f\.yaml:2:1: .*[Tt]ab/]],
  ["a name with a blank", group("name: a b"), [
    /^f\.yaml:4:9: applications\[0\]\.groups\[0\]\.name: must be 1 to 100 of/,
  ]],
  ["no name", group("config: c"), [
    /^f\.yaml:4:9: applications\[0\]\.groups\[0\]\.name: .*expected string/,
  ]],
  ["a misspelt member", group("name: a\n        cofnig: x"), [
    /^f\.yaml:5:9: applications\[0\]\.groups\[0\]\.cofnig: no such member$/,
  ]],
  ["a rollback word", group("name: a\n        rollback: [fail]"), [
    /^f\.yaml:5:9: .*\.rollback: false is wanted, or a list of failure, stop/,
  ]],
  ["too many tags", group("name: a\n        tags: {a: 1, b: 2, c: 3, d: 4}"), [
    /^f\.yaml:5:9: .*\.tags: at most 3 tags$/,
  ]],
  ["a name twice", group("name: a\n      - name: a"), [
    /^f\.yaml:5:9: applications\[0\]\.groups\[1\]\.name: a appears twice$/,
  ]],
  ["two faults", "configs:\n  - name: CodeDeployDefault.X\n    minimumHealthyHosts: 100%\n", [
    /^f\.yaml:2:5: configs\[0\]\.name: names that begin with CodeDeployDefault/,
    /^f\.yaml:3:5: configs\[0\]\.minimumHealthyHosts: a number of hosts is wanted, or a percentage/,
  ]],
  [
    "a topic that is none",
    group("name: a\n        triggers:\n        - {name: t, topic: a b, events: [InstanceStart]}"),
    [
      /^f\.yaml:6:21: applications\[0\]\.groups\[0\]\.triggers\[0\]\.topic: the name of a topic is wanted/,
    ],
  ],
  [
    "an event that is none, and one twice",
    group(
      "name: a\n        triggers:\n        - name: t\n          topic: t\n          events:",
    ) +
    "          - Start\n          - InstanceStart\n        - name: t\n          topic: t\n" +
    "          events: [InstanceStart, InstanceStart]\n",
    [
      /^f\.yaml:9:13: .*\.triggers\[0\]\.events\[0\]: .*DeploymentStart/,
      /^f\.yaml:13:35: .*\.triggers\[1\]\.events\[1\]: InstanceStart appears twice$/,
    ],
  ],
  [
    "a trigger twice",
    group(
      "name: a\n        triggers:\n        - &t {name: t, topic: t, events: [InstanceStart]}",
    ) +
    "        - *t\n",
    [/^f\.yaml:7:11: .*\.triggers\[1\]\.name: t appears twice$/],
  ],
  [
    "tags that nobody may set",
    group("name: a\n        resourceTags: {aws:x: 1, b: null, c: [1]}") +
    `    resourceTags: { team: ${"x".repeat(257)} }\n`,
    [
      /^f\.yaml:6:21: applications\[0\]\.resourceTags\.team: .*256/,
      /^f\.yaml:5:34: .*\.groups\[0\]\.resourceTags\.b: a text is wanted$/,
      /^f\.yaml:5:43: .*\.groups\[0\]\.resourceTags\.c: a text is wanted$/,
    ],
  ],
  ["a reserved tag", group("name: a\n        resourceTags: {aws:x: 1}"), [
    /^f\.yaml:5:24: .*\.resourceTags\.aws:x: a key must not begin with aws:$/,
  ]],
  ["a list for the file", "- a\n", [/^f\.yaml:1:1: .*expected object/]],
];
for (const [name, text, says] of faults) {
  test(`a file with ${name} is refused by line and member`, () => {
    assert.throws(() => parseDeclaration("f.yaml", text), (error) => {
      assert.ok(error instanceof Failure);
      const lines = [error.report.cause, ...error.report.evidence];
      assert.equal(lines.length, says.length, lines.join("\n"));
      says.forEach((say, index) => assert.match(lines[index]!, say));
      return true;
    });
  });
}

type Input = Record<string, unknown>;

/** A server that keeps what it is given, as the API does. */
async function keeper() {
  const kept = new Map<string, Input>();
  const read = (key: string, type: string) => {
    const found = kept.get(key);
    if (!found) throw new Refusal(`${type}DoesNotExistException`, `no ${key}`);
    return found;
  };
  const server = await standIn({
    GetApplication: (input) => ({
      application: read(`a ${input["applicationName"]}`, "Application"),
    }),
    CreateApplication: (input) => (kept.set(`a ${input["applicationName"]}`, input), {}),
    GetDeploymentConfig: (input) => ({
      deploymentConfigInfo: read(`c ${input["deploymentConfigName"]}`, "DeploymentConfig"),
    }),
    CreateDeploymentConfig: (input) => (kept.set(`c ${input["deploymentConfigName"]}`, input), {}),
    GetDeploymentGroup: (input) => ({
      deploymentGroupInfo: read(`g ${input["deploymentGroupName"]}`, "DeploymentGroup"),
    }),
    ListIntegrations: () => ({
      integrations: [...kept.entries()].flatMap(([key, input]) =>
        key.startsWith("i ") ? input : []
      ),
      plugins: [],
    }),
    PutIntegration: (input) => (kept.set(`i ${input["kind"]} ${input["name"]}`, input), {}),
    CreateDeploymentGroup: (input) => (kept.set(`g ${input["deploymentGroupName"]}`, input), {}),
    UpdateDeploymentGroup: (input) => {
      const key = `g ${input["currentDeploymentGroupName"]}`;
      kept.set(key, { ...read(key, "DeploymentGroup"), ...input });
      return {};
    },
  });
  return server;
}

const writes = (server: { asked: { operation: string; input: Input }[] }) =>
  server.asked.filter(({ operation }) => !/^(Get|List)/.test(operation));

test("apply creates what is missing, changes what differs, and then has nothing to do", async () => {
  await using place = await folder();
  await using server = await keeper();
  const file = join(place.path, "deploy.yaml");
  await writeFile(file, TEXT);
  const run = (...more: string[]) => runtime(["apply", ...more], server, { cwd: place.path });

  const dry = await run("--dry-run");
  assert.match(dry.out, /^would create config two-thirds\nwould create application shop\n/);
  assert.deepEqual(writes(server), []);

  const first = await run();
  assert.equal(
    first.out,
    "created config two-thirds\ncreated application shop\n" +
      "created group shop/production\ncreated group shop/staging\n",
  );
  assert.deepEqual(writes(server).map(({ input }) => input), [
    {
      deploymentConfigName: "two-thirds",
      minimumHealthyHosts: { type: "FLEET_PERCENT", value: 66 },
      computePlatform: "Server",
    },
    { applicationName: "shop", computePlatform: "Server" },
    {
      applicationName: "shop",
      deploymentGroupName: "production",
      serviceRoleArn: "arn:aws:iam::000000000000:role/runtime",
      deploymentConfigName: "two-thirds",
      onPremisesTagSet: {
        onPremisesTagSetList: [
          [{ Key: "role", Value: "web", Type: "KEY_AND_VALUE" }],
          [{ Key: "zone", Value: "1", Type: "KEY_AND_VALUE" }],
          [{ Key: "canary", Type: "KEY_ONLY" }],
        ],
      },
      autoRollbackConfiguration: {
        enabled: true,
        events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"],
      },
    },
    {
      applicationName: "shop",
      deploymentGroupName: "staging",
      serviceRoleArn: "arn:aws:iam::000000000000:role/runtime",
      autoRollbackConfiguration: { enabled: false, events: [] },
    },
  ]);

  server.asked.length = 0;
  assert.equal((await run()).out, "nothing to change\n");
  await writeFile(file, TEXT.replace("[failure, stop]", "[stop, failure]"));
  assert.equal((await run()).out, "nothing to change\n", "the order of a set says nothing");
  assert.deepEqual(writes(server), []);

  await writeFile(file, TEXT.replace("role: web, zone: 1, canary: null", "role: api"));
  const changed = await run("--json");
  assert.deepEqual(JSON.parse(changed.out), {
    changes: [{ action: "update", kind: "group", name: "shop/production", members: ["tags"] }],
    applied: true,
  });
  assert.deepEqual(writes(server).map(({ input }) => input), [{
    applicationName: "shop",
    currentDeploymentGroupName: "production",
    onPremisesTagSet: {
      onPremisesTagSetList: [[{ Key: "role", Value: "api", Type: "KEY_AND_VALUE" }]],
    },
  }]);
});

const WATCHED = `balancers:
  - { name: edge, plugin: haproxy, config: { backend: web } }
alarms:
  - name: errors
    plugin: command
    config: { command: [check, errors] }
applications:
  - name: shop
    groups:
      - name: production
        balancers: [edge]
        alarms: [errors]
`;

test("apply sets up balancers and alarms before the groups that name them", async () => {
  await using place = await folder();
  await using server = await keeper();
  const file = join(place.path, "deploy.yaml");
  const run = async (text: string) => {
    server.asked.length = 0;
    await writeFile(file, text);
    return await runtime(["apply", "-f", file], server);
  };
  assert.equal(
    (await run(WATCHED)).out,
    "created balancer edge\ncreated alarm errors\ncreated application shop\n" +
      "created group shop/production\n",
  );
  const [edge, errors, , group] = writes(server).map(({ input }) => input);
  assert.deepEqual(edge, {
    ...{ kind: "balancer", name: "edge", plugin: "haproxy", config: { backend: "web" } },
  });
  assert.deepEqual(errors?.["config"], { command: ["check", "errors"] });
  assert.deepEqual(group, {
    applicationName: "shop",
    deploymentGroupName: "production",
    serviceRoleArn: "arn:aws:iam::000000000000:role/runtime",
    loadBalancerInfo: { targetGroupInfoList: [{ name: "edge" }] },
    deploymentStyle: {
      deploymentType: "IN_PLACE",
      deploymentOption: "WITH_TRAFFIC_CONTROL",
    },
    alarmConfiguration: {
      enabled: true,
      ignorePollAlarmFailure: false,
      alarms: [{ name: "errors" }],
    },
  });
  assert.equal((await run(WATCHED)).out, "nothing to change\n");
  assert.equal(
    (await run(WATCHED.replace("[check, errors]", "[errors, check]"))).out,
    "updated alarm errors: config\n",
    "the words of a command have an order",
  );
  const without = WATCHED.replace("[edge]", "[]").replace("alarms: [errors]", "alarms: []")
    .replace("[check, errors]", "[errors, check]");
  assert.equal((await run(without)).out, "updated group shop/production: balancers, alarms\n");
  const { alarmConfiguration, loadBalancerInfo, deploymentStyle } = writes(server)[0]?.input ?? {};
  assert.deepEqual({ alarmConfiguration, loadBalancerInfo, deploymentStyle }, {
    alarmConfiguration: { enabled: false, ignorePollAlarmFailure: false, alarms: [] },
    loadBalancerInfo: {},
    deploymentStyle: {
      deploymentType: "IN_PLACE",
      deploymentOption: "WITHOUT_TRAFFIC_CONTROL",
    },
  });
});

test("apply makes a group blue/green, and deploys in place again", async () => {
  await using place = await folder();
  await using server = await keeper();
  const file = join(place.path, "deploy.yaml");
  const run = async (blueGreen: string) => {
    server.asked.length = 0;
    await writeFile(file, `${WATCHED}        blueGreen: ${blueGreen}\n`);
    return (await runtime(["apply", "-f", file], server)).out;
  };
  await run("{ continueWithinMinutes: 60, endBlueAfterMinutes: 5 }");
  const { deploymentStyle, blueGreenDeploymentConfiguration } = writes(server).at(-1)?.input ?? {};
  assert.deepEqual({ deploymentStyle, blueGreenDeploymentConfiguration }, {
    deploymentStyle: {
      deploymentType: "BLUE_GREEN",
      deploymentOption: "WITH_TRAFFIC_CONTROL",
    },
    blueGreenDeploymentConfiguration: {
      greenFleetProvisioningOption: { action: "DISCOVER_EXISTING" },
      deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 60 },
      terminateBlueInstancesOnDeploymentSuccess: {
        action: "TERMINATE",
        terminationWaitTimeInMinutes: 5,
      },
    },
  });
  assert.equal(
    await run("{ continueWithinMinutes: 60, endBlueAfterMinutes: 5 }"),
    "nothing to change\n",
  );
  assert.equal(await run("{}"), "updated group shop/production: blueGreen\n");
  assert.deepEqual(writes(server)[0]?.input["blueGreenDeploymentConfiguration"], {
    greenFleetProvisioningOption: { action: "DISCOVER_EXISTING" },
    deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT" },
    terminateBlueInstancesOnDeploymentSuccess: { action: "KEEP_ALIVE" },
  });
  assert.equal(await run("false"), "updated group shop/production: blueGreen\n");
  assert.deepEqual(writes(server)[0]?.input["deploymentStyle"], {
    deploymentType: "IN_PLACE",
    deploymentOption: "WITH_TRAFFIC_CONTROL",
  });
  assert.match(await run("{ continueWithinMinutes: soon }"), /^$/);
});

test("a group's alarm that there is not is told by its place, and nothing is changed", async () => {
  await using place = await folder();
  await using server = await keeper();
  const file = join(place.path, "f.yaml");
  await writeFile(file, WATCHED.replace("alarms: [errors]", "alarms: [errors, latency]"));
  const ran = await runtime(["apply", "-f", file], server);
  assert.equal(ran.code, 2);
  assert.match(
    ran.err,
    /f\.yaml:12:26: applications\[0\]\.groups\[0\]\.alarms\[1\]: http.* has no alarm latency; declare/,
  );
  assert.deepEqual(writes(server), []);
});

test("a config with another value is refused before anything is changed", async () => {
  await using place = await folder();
  await using server = await keeper();
  const file = join(place.path, "d.yaml");
  await writeFile(file, "configs:\n  - { name: c, minimumHealthyHosts: 2 }\n");
  await runtime(["apply", "-f", file], server);
  server.asked.length = 0;
  await writeFile(
    file,
    "applications: [{ name: new }]\nconfigs:\n  - { name: c, minimumHealthyHosts: 50% }\n",
  );
  const ran = await runtime(["apply", "-f", file], server);
  assert.equal(ran.code, 2);
  assert.match(ran.err, /on the server 2, in the file 50%/);
  assert.deepEqual(writes(server), []);
});

test("a file that is not there is named", async () => {
  const ran = await runtime(["apply", "-f", "/nowhere/d.yaml"], { url: "http://127.0.0.1:1" });
  assert.equal(ran.code, 2);
  assert.match(ran.err, /^\/nowhere\/d\.yaml cannot be read\n/);
});
