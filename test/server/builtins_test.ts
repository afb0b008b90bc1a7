import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { BUILT_IN_PLUGINS } from "../../core/server/builtins.ts";

test("every strategy that lies in its folder ships with the server", () => {
  const files = readdirSync(new URL("../../strategies/", import.meta.url).pathname);
  const names = files.map((file) => file.replace(/\.ts$/, "").replaceAll("_", "-"));
  const shipped = BUILT_IN_PLUGINS.filter(({ kind }) => kind === "strategy");
  assert.deepEqual(shipped.map(({ name }) => name).sort(), names.sort());
});
