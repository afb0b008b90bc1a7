/**
 * The import table of the house, and the proof that its checker sees a breach.
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { importComplaints, importsOf } from "./imports.ts";
import { ROOMS } from "./rooms.ts";
import { productSources } from "./tree.ts";

test("every import of the product is in the table of rooms", () => {
  const files = productSources();
  // A checker that finds nothing to check would be green for the wrong reason.
  assert.ok(files.length > 20 && files.flatMap(importsOf).length > 100, "no sources were found");
  assert.deepEqual(importComplaints(files), []);
});

test("no room of the table lies in another, so each file has one", () => {
  const folders = ROOMS.map(({ path }) => path);
  const nested = folders.filter((path) =>
    folders.some((other) => other !== path && path.startsWith(other))
  );
  assert.deepEqual(nested, []);
});

/** What a lone file at `path` with this text is told; `file:line:` left away. */
function complaints(path: string, text: string): string[] {
  return importComplaints([{ path, text }]);
}

test("a strategy that reaches into the engine is told file, line, import and what it may", () => {
  const text = [
    "/** Harmless. @module */",
    'import { defineStrategy } from "runtime/plugin";',
    'import { Engine } from "../core/engine/x.ts";',
    "export default defineStrategy(Engine);",
  ].join("\n");
  assert.deepEqual(complaints("strategies/evil.ts", text), [
    "strategies/evil.ts:3: imports ../core/engine/x.ts; " +
    "strategies/ may import only runtime/plugin",
  ]);
});

const breaches: [name: string, path: string, text: string][] = [
  ["a type import", "core/domain/a.ts", 'import type { A } from "../wire/a.ts";'],
  ["a re-export", "core/domain/a.ts", 'export * from "../store/a.ts";'],
  ["a named re-export", "core/domain/a.ts", 'export { a as b } from "../store/a.ts";'],
  ["an import() of a string", "core/cli/a.ts", 'await import("../engine/a.ts");'],
  ["an import() of a plain template", "core/cli/a.ts", "await import(`../engine/a.ts`);"],
  ["an import() of a computed path", "core/cli/a.ts", 'await import("../" + room);'],
  [
    "an import over several lines",
    "core/cli/a.ts",
    'import {\n  a,\n  b,\n} from "../store/a.ts";',
  ],
  ["a side effect", "core/cli/a.ts", 'import "../store/a.ts";'],
  ["a require", "core/cli/a.ts", 'const a = require("../store/a.ts");'],
  ["a value where types alone are allowed", "core/rollout/a.ts", importOf("../plugin/contract.ts")],
  ["types of another file", "core/rollout/a.ts", importOf("../plugin/registry.ts", "type ")],
  ["a room loaded at once that may be lazy", "main.ts", importOf("./core/server/serve.ts")],
  ["a room that main may not start", "main.ts", 'import("./core/engine/engine.ts");'],
  ["the program itself", "core/cli/a.ts", importOf("../../main.ts")],
  ["a test", "core/cli/a.ts", importOf("../../test/x.ts")],
  ["a path from the root of the disk", "core/cli/a.ts", importOf("/srv/a.ts")],
  ["the contract, in the core", "core/domain/a.ts", importOf("runtime/plugin")],
  [
    "the contract by its path, in a plugin",
    "plugins/x/a.ts",
    importOf("../../core/plugin/contract.ts"),
  ],
  ["a package, in a plugin", "plugins/x/a.ts", importOf("zod")],
  ["a built-in, in a strategy", "strategies/a.ts", importOf("node:fs")],
  ["a neighbour, in a plugin", "plugins/x/a.ts", importOf("./b.ts")],
  ["a file outside of all rooms", "core/loose.ts", "export const a = 1;"],
];

for (const [name, path, text] of breaches) {
  test(`goes red: ${name} (${path})`, () => {
    assert.equal(complaints(path, text).length, 1);
  });
}

const allowed: [name: string, path: string, text: string][] = [
  ["a neighbour in the room", "core/store/a.ts", importOf("./b.ts")],
  ["a room of the table", "core/engine/a.ts", importOf("../store/a.ts")],
  ["types of the contract", "core/rollout/a.ts", importOf("../plugin/contract.ts", "type ")],
  ["a room that main starts", "main.ts", 'import("./core/agent/main.ts");'],
  ["the composition root", "core/server/a.ts", importOf("../../strategies/a.ts")],
  ["the loader of plugins", "core/plugin/a.ts", "await import(path);"],
  ["a package in the core", "core/domain/a.ts", importOf("zod")],
  ["an import in a comment", "core/domain/a.ts", `// ${importOf("../store/a.ts")}`],
  ["an import in a string", "core/domain/a.ts", `const a = '${importOf("../store/a.ts")}';`],
  [
    "an import in a template",
    "core/domain/a.ts",
    "const a = `import 'b' ${c} from '../store/a.ts'`;",
  ],
  ["an export of its own", "core/domain/a.ts", 'export { a };\nconst from = "../store/a.ts";'],
  ["import.meta", "core/domain/a.ts", 'const a = new URL(import.meta.url, "../store/a.ts");'],
];

for (const [name, path, text] of allowed) {
  test(`stays green: ${name} (${path})`, () => assert.deepEqual(complaints(path, text), []));
}

function importOf(specifier: string, type = ""): string {
  return `import ${type}{ a } from "${specifier}";`;
}
