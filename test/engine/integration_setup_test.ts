import assert from "node:assert/strict";
import { test } from "node:test";
import { type IntegrationsContext, integrationsOf } from "../../core/engine/integration_setup.ts";
import { defineAnalysis, z } from "../../core/plugin/contract.ts";
import { createPluginContext } from "../../core/plugin/plugin_context.ts";
import { createRegistry } from "../../core/plugin/registry.ts";
import { putIntegration } from "../../core/store/integrations.ts";
import { openStore } from "../../core/store/store.ts";
import { temporaryDirectory } from "../store/temporary_directory.ts";

/** Waits without an end, and looks at its signal or does not. */
const slow = defineAnalysis({
  name: "slow",
  description: "never measures",
  config: z.object({ isDeaf: z.boolean() }),
  async measure({ config, ctx }) {
    for (let line = 0; line < 150; line++) ctx.log(`line ${line}`);
    await (config.isDeaf ? new Promise(() => {}) : ctx.sleep(3_600_000));
    return { value: 1, evidence: "measured" };
  },
});

for (const isDeaf of [false, true]) {
  test(`a trial that is hung up on ends, of a plugin that ${isDeaf ? "does not look" : "looks"}`, async () => {
    using directory = temporaryDirectory();
    const store = openStore(directory.path);
    try {
      const config = { isDeaf };
      await store.commit((tx) =>
        putIntegration(tx, { kind: "analysis", name: "a", plugin: "slow", config }, 0)
      );
      const context: IntegrationsContext = {
        db: store.read,
        plugins: createRegistry([slow]),
        pluginContext: (signal, log) =>
          createPluginContext({ signal, log, now: Date.now, timeLapse: 1, secretsFolder: "none" }),
      };
      const hangUp = new AbortController();
      const trial = integrationsOf(context).try({ kind: "analysis", name: "a" }, hangUp.signal);
      hangUp.abort(new Error("the client hung up"));
      const { outcome, lines } = await trial;
      assert.equal(outcome, "INCONCLUSIVE");
      assert.equal(lines.length, 100, "the first hundred lines are kept");
    } finally {
      store.close();
    }
  });
}
