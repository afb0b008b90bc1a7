/**
 * Builds `dist/runtime`, one file that is the server, the agent and the command line.
 *
 * Runs under Bun (`deno task build`). Two things need a hand: `runtime/plugin` is a name that only
 * the import map of deno.json knows, and `libsql` picks its native addon by a computed `require`,
 * which a compiler cannot follow (docs/decisions/001-bun-compiles.md).
 * @module
 */
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import process from "node:process";
/// <reference types="npm:bun-types@1.4.5" />

interface Target {
  name: string;
  addon: string;
  file: string;
}

const here: Target = process.arch === "arm64"
  ? { name: "bun-linux-arm64", addon: "@libsql/linux-arm64-gnu", file: "runtime" }
  : { name: "bun-linux-x64", addon: "@libsql/linux-x64-gnu", file: "runtime" };

const contract: import("bun").BunPlugin = {
  name: "plugin contract",
  setup(build) {
    const path = new URL("./core/plugin/contract.ts", import.meta.url).pathname;
    build.onResolve({ filter: /^runtime\/plugin$/ }, () => ({ path }));
  },
};

/** Turns libsql's computed `require` into the addon of one target, so that it is embedded. */
function nativeLibsql(addon: string): import("bun").BunPlugin {
  const computed = "require(`@libsql/${target}`)";
  return {
    name: "libsql addon",
    setup(build) {
      build.onLoad({ filter: /libsql\/index\.js$/ }, ({ path }) => {
        const source = readFileSync(path, "utf8");
        if (!source.includes(computed)) throw new Error(`${path} no longer contains ${computed}`);
        return { contents: source.replace(computed, `require("${addon}")`), loader: "js" };
      });
    },
  };
}

await mkdir("dist", { recursive: true });
const result = await Bun.build({
  entrypoints: ["./main.ts"],
  target: "bun",
  // Packages that have an ES form for bundlers are taken in it; what nobody uses of them is left out.
  conditions: ["module"],
  format: "esm",
  // A room is a chunk of its own, so that a subcommand loads no other.
  splitting: true,
  minify: true,
  bytecode: true,
  plugins: [contract, nativeLibsql(here.addon)],
  compile: { outfile: `dist/${here.file}` },
});
if (!result.success) {
  for (const log of result.logs) console.error(log);
  process.exit(1);
}
console.log(`built dist/${here.file}`);
