/** The configs that the user's page shows are taken by their plugins. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILT_IN_PLUGINS } from "../../core/server/builtins.ts";
import { readText } from "../house/tree.ts";
import { configFault } from "./plugin_call.ts";

const PAGE = readText("docs/analysis_and_alarms.md");
const shown = [...PAGE.matchAll(
  /runtime (alarm|analysis) add (\S+) --plugin (\S+) --config '([^']+)'/g,
)];

test("the page shows configs", () => assert.ok(shown.length >= 3));

for (const [index, [, kind, name, plugin, config = ""]] of shown.entries()) {
  test(`example ${index + 1}, the ${kind} ${name}`, () => {
    const found = BUILT_IN_PLUGINS.find((one) => one.kind === kind && one.name === plugin);
    assert.ok(found?.kind === "alarm" || found?.kind === "analysis", `no plugin ${plugin}`);
    assert.equal(configFault(found, JSON.parse(config)), undefined);
  });
}

test("the tables of the page name every plugin and each member of its config", () => {
  for (const plugin of BUILT_IN_PLUGINS) {
    if (plugin.kind !== "alarm" && plugin.kind !== "analysis") continue;
    const members = "shape" in plugin.config ? Object.keys(Object(plugin.config.shape)) : [];
    assert.ok(members.length > 0, plugin.name);
    for (const name of [plugin.name, ...members]) assert.ok(PAGE.includes(`\`${name}\``), name);
  }
});
