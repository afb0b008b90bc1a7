import assert from "node:assert/strict";
import { test } from "node:test";
import type { Role } from "../../core/domain/instance.ts";
import { resolveIntegration } from "../../core/engine/integrations.ts";
import { createRegistry } from "../../core/plugin/registry.ts";
import { INTEGRATION_LIMIT } from "../../core/store/integrations.ts";
import { integrations } from "../../core/store/schema.ts";
import { RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { listBalancer, saidAlarm } from "./set_up_plugins.ts";
import { GROUP, openShop, type Shop } from "./shop.ts";

const EDGE = { kind: "balancer", name: "edge", plugin: "list", config: { hosts: ["web-1"] } };
const ERRORS = { kind: "alarm", name: "errors", plugin: "said", config: { state: "OK" } };
const LATENCY = { kind: "analysis", name: "latency", plugin: "said", config: { value: 0.25 } };

const ask = (shop: Shop, operation: string, input: object, role?: Role) =>
  shop.target(RUNTIME_TARGET_PREFIX + operation, input, role);

const refused = (shop: Shop, operation: string, input: object, message: RegExp) =>
  shop.refusal(() => ask(shop, operation, input), "InvalidInputException", message);

test("integrations are set up, replaced, listed and removed; each kind has its own names", async () => {
  await using shop = await openShop(0);
  await ask(shop, "PutIntegration", LATENCY);
  await ask(shop, "PutIntegration", { ...ERRORS, config: { state: "ALARM" } });
  await ask(shop, "PutIntegration", ERRORS);
  await ask(shop, "PutIntegration", { ...EDGE, name: "errors" });
  const all = await ask(shop, "ListIntegrations", {}, "viewer");
  assert.deepEqual(all.integrations, [ERRORS, LATENCY, { ...EDGE, name: "errors" }]);
  const alarms = await ask(shop, "ListIntegrations", { kind: "alarm" }, "viewer");
  assert.deepEqual(alarms.integrations, [ERRORS]);
  assert.equal(alarms.plugins.length, 1);
  const [{ config, ...plugin }] = alarms.plugins;
  assert.deepEqual(plugin, {
    ...{ kind: "alarm", name: "said", description: "says what its config says" },
  });
  assert.deepEqual(config.properties.state.enum, ["OK", "ALARM", "UNKNOWN", "throws"]);
  await ask(shop, "DeleteIntegration", { kind: "balancer", name: "errors" });
  const left = await ask(shop, "ListIntegrations", {});
  assert.deepEqual(left.integrations, [ERRORS, LATENCY]);
  await refused(shop, "DeleteIntegration", EDGE, /^There is no balancer named edge\.$/);
});

const unfit: [rule: string, change: object, message: RegExp][] = [
  [
    "a plugin that is not there",
    { plugin: "lists" },
    /^plugin: this server has no plugin lists; for the kind balancer it has list$/,
  ],
  [
    "a plugin of another kind",
    { plugin: "said" },
    /^plugin: this server has no plugin said; for the kind balancer it has list$/,
  ],
  [
    "a member that is missing",
    { config: {} },
    /^config\.hosts: must be given; it is a list$/,
  ],
  ["no config", { config: undefined }, /^config\.hosts: must be given; it is a list$/],
  [
    "a member of another type",
    { config: { hosts: [1] } },
    /^config\.hosts\.0: must be a string, and a number was given$/,
  ],
  [
    "a value beyond its limit",
    { config: { hosts: ["a"], port: 70_000 } },
    /^config\.port: is 70000, and must be at most 65535$/,
  ],
  [
    "a member that the plugin does not have",
    { config: { hosts: ["a"], prot: 80 } },
    /^config\.prot: the plugin list does not know it; it has port, hosts$/,
  ],
  ["a config without end", { config: { hosts: ["a".repeat(32_768)] } }, /^config: .*32768/],
  ["a name that is none", { name: "a b" }, /^name: must be 1 to 100 of A-Z/],
  ["a kind that there is not", { kind: "gauge" }, /^kind: "gauge" is not one of balancer, alarm/],
];

test("an integration that does not fit its plugin is refused, and changes nothing", async (t) => {
  await using shop = await openShop(0);
  for (const [rule, change, message] of unfit) {
    await t.test(rule, () => refused(shop, "PutIntegration", { ...EDGE, ...change }, message));
  }
});

test("a kind has as many integrations as can be listed, and those may still be replaced", async () => {
  await using shop = await openShop(0);
  const { plugin, config } = ERRORS;
  const rows = Array.from({ length: INTEGRATION_LIMIT }, (_, n) => ({
    ...{ kind: "alarm" as const, name: `a${n}`, plugin, config, createTime: 0 },
  }));
  await shop.context.store.commit((tx) => tx.insert(integrations).values(rows).run());
  await refused(
    shop,
    "PutIntegration",
    ERRORS,
    /^There are 500 of the kind alarm.*runtime alarm rem/,
  );
  await ask(shop, "PutIntegration", { ...ERRORS, name: "a0" });
  await ask(shop, "PutIntegration", EDGE);
});

test("what a deployment group names stays, whatever member names it", async () => {
  await using shop = await openShop(0, {
    alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] },
    loadBalancerInfo: { targetGroupInfoList: [{ name: "edge" }] },
  });
  await ask(shop, "PutIntegration", EDGE);
  await ask(shop, "PutIntegration", ERRORS);
  await refused(
    shop,
    "DeleteIntegration",
    ERRORS,
    /^The alarm errors is named by the deployment group shop\/prod\. Take it out there first/,
  );
  await refused(shop, "DeleteIntegration", EDGE, /balancer edge is named .* shop\/prod\./);
  await shop.call("UpdateDeploymentGroup", {
    applicationName: GROUP.applicationName,
    currentDeploymentGroupName: GROUP.deploymentGroupName,
    alarmConfiguration: { enabled: false, alarms: [] },
    loadBalancerInfo: { elbInfoList: [{ name: "edge" }] },
  });
  await ask(shop, "DeleteIntegration", { kind: "alarm", name: "errors" });
  await refused(shop, "DeleteIntegration", EDGE, /shop\/prod/);
});

test("an analysis that the config of a strategy names stays until no config does", async () => {
  await using shop = await openShop(0);
  await ask(shop, "PutIntegration", LATENCY);
  const put = (...steps: object[]) =>
    ask(shop, "PutStrategyConfig", {
      ...{ deploymentConfigName: "careful", strategy: "canary", config: { steps } },
    });
  await put({ hosts: 1 }, { analysis: "latency", max: 1 });
  await refused(
    shop,
    "DeleteIntegration",
    { kind: "analysis", name: "latency" },
    /^The analysis latency is named by the deployment config careful\. .*runtime config create/,
  );
  await put({ hosts: 1 }, { analysis: "errors", max: 1 });
  await ask(shop, "DeleteIntegration", { kind: "analysis", name: "latency" });
});

const trials: [what: string, integration: typeof ERRORS | object, said: object][] = [
  ["an alarm that is off", ERRORS, { outcome: "OK", message: "said OK" }],
  [
    "an alarm that is on",
    { ...ERRORS, config: { state: "ALARM" } },
    { outcome: "ALARM", message: "said ALARM" },
  ],
  [
    "an alarm whose plugin throws",
    { ...ERRORS, config: { state: "throws" } },
    { outcome: "UNKNOWN", message: "nobody answers on port 9090" },
  ],
  ["a measurement", LATENCY, { outcome: "MEASURED", message: "measured 0.25", value: 0.25 }],
  [
    "a measurement of nothing",
    { ...LATENCY, config: {} },
    { outcome: "INCONCLUSIVE", message: "measured undefined" },
  ],
];

test("a trial calls the plugin once and says what it said", async (t) => {
  await using shop = await openShop(0);
  for (const [what, integration, said] of trials) {
    await t.test(what, async () => {
      await ask(shop, "PutIntegration", integration);
      const { kind, name } = { ...ERRORS, ...integration };
      assert.deepEqual(await ask(shop, "TryIntegration", { kind, name }), { ...said, lines: [] });
    });
  }
});

test("a balancer is asked for a registered host, and its lines are answered", async () => {
  await using shop = await openShop(2);
  await ask(shop, "PutIntegration", EDGE);
  const trial = { kind: "balancer", name: "edge" };
  assert.deepEqual(await ask(shop, "TryIntegration", { ...trial, instanceName: "web-1" }), {
    outcome: "OK",
    message: "edge answers, and knows web-1",
    lines: ["looking for web-1 with 1 tags on port 80"],
  });
  const other = await ask(shop, "TryIntegration", { ...trial, instanceName: "web-2" });
  assert.equal(other.outcome, "FAILED");
  assert.equal(other.message, "the list has no web-2; add it to hosts");
  await refused(shop, "TryIntegration", trial, /^instanceName: must be given/);
  await refused(shop, "TryIntegration", { ...trial, instanceName: "gone" }, /registered .* gone$/);
  await refused(shop, "TryIntegration", { ...trial, instanceName: "a b" }, /^instanceName: must/);
  await ask(shop, "PutIntegration", ERRORS);
  const alarm = { kind: "alarm", name: "errors", instanceName: "web-1" };
  await refused(shop, "TryIntegration", alarm, /^instanceName: only a balancer/);
});

test("what cannot be called says what is missing, and the command that mends it", async () => {
  await using shop = await openShop(0);
  const { read } = shop.context.store;
  const fault = (plugins = createRegistry([saidAlarm, listBalancer]), name = "errors") => {
    const resolved = resolveIntegration(read, plugins, "alarm", name);
    assert.ok("fault" in resolved);
    return resolved.fault;
  };
  assert.equal(
    fault(),
    "There is no alarm named errors. Add it: runtime alarm add errors --plugin said",
  );
  await ask(shop, "PutIntegration", ERRORS);
  await ask(shop, "PutIntegration", { ...ERRORS, name: "latency" });
  assert.equal(
    fault(undefined, "error"),
    "There is no alarm named error; there is errors, latency. Add it: runtime alarm add error " +
      "--plugin said",
  );
  assert.equal(
    fault(createRegistry([listBalancer])),
    "The alarm errors cannot be called: this server has no plugin said; it has none for the kind " +
      "alarm. Set it up again: runtime alarm add errors --plugin PLUGIN",
  );
  const config = { state: "LOUD" };
  await shop.context.store.commit((tx) => tx.update(integrations).set({ config }).run());
  assert.equal(
    fault(),
    'The alarm errors cannot be called: its config does not fit the plugin said: config.state: "LOUD" ' +
      "is not one of OK, ALARM, UNKNOWN, throws. Set it up again: runtime alarm add errors --plugin said",
  );
});

test("who sets up what the server calls, and who takes it away, is on record", async () => {
  await using shop = await openShop(0);
  await ask(shop, "PutIntegration", EDGE);
  await ask(shop, "DeleteIntegration", { kind: "balancer", name: "edge" });
  const { records } = await ask(shop, "ListAuditRecords", { subject: "balancer edge" });
  const told = records.map(({ action, reason }: { action: string; reason?: string }) => [
    action,
    reason,
  ]);
  assert.deepEqual(told, [["integration removed", undefined], ["integration set", "plugin list"]]);
});

test("who stopped a deployment is on record, and once", async () => {
  await using shop = await openShop(1);
  const id = await shop.deploy("v1.zip");
  const stop = { deploymentId: id, autoRollbackEnabled: true };
  await shop.call("StopDeployment", stop);
  await shop.call("StopDeployment", stop);
  const { records } = await ask(shop, "ListAuditRecords", { subject: id });
  assert.deepEqual(
    records.map(({ action, reason }: { action: string; reason?: string }) => [action, reason]),
    [["stopped", "with a rollback"]],
  );
});
