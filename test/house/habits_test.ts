/** House rules on the whole tree, each with the proof that it goes red. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  headerComplaints,
  lengthComplaints,
  nameComplaints,
  purityComplaints,
  reasonComplaints,
  runtimeComplaints,
  swallowComplaints,
} from "./habits.ts";
import type { SourceFile } from "./source_text.ts";
import { productSources, testSources } from "./tree.ts";

const product = productSources();
const all = [...product, ...testSources()];

const rules: [rule: string, complaints: string[]][] = [
  ["only the platform file and the build name Bun or Deno", runtimeComplaints(product)],
  ["no file is longer than 400 lines", lengthComplaints(product)],
  ["files and folders are snake_case and named after a thing or its verb", nameComplaints(all)],
  ["any, casts and ignored diagnostics say because", reasonComplaints(all)],
  [
    "domain, rollout and strategies have no clock, chance, network or node:",
    purityComplaints(product),
  ],
  ["every file of the product begins with a module header", headerComplaints(product)],
  ["no error is swallowed", swallowComplaints(all)],
];

for (const [rule, complaints] of rules) {
  test(rule, () => assert.deepEqual(complaints, []));
}

type Rule = (files: readonly SourceFile[]) => string[];
const breaches: [rule: Rule, path: string, text: string][] = [
  [runtimeComplaints, "core/a.ts", "const a = Bun.file(b);"],
  [runtimeComplaints, "core/a.ts", "if (typeof Deno === 'object') a();"],
  [runtimeComplaints, "core/a.ts", "globalThis.Bun.serve({});"],
  [runtimeComplaints, "core/a.ts", 'import { Database } from "bun:sqlite";'],
  [lengthComplaints, "core/a.ts", "a();\n".repeat(401)],
  [nameComplaints, "core/fooBar.ts", ""],
  [nameComplaints, "core/foo-bar.ts", ""],
  [nameComplaints, "core/utils/a.ts", ""],
  [nameComplaints, "core/process_manager.ts", ""],
  [nameComplaints, "test/helpers.ts", ""],
  [reasonComplaints, "core/a.ts", "function a(b: any) {}"],
  [reasonComplaints, "core/a.ts", "const a: Record<string, any> = b;"],
  [reasonComplaints, "core/a.ts", "const a: any[] = [];"],
  [reasonComplaints, "core/a.ts", "const a = b as any;"],
  [reasonComplaints, "core/a.ts", "const a = b() as Map<string, number>;"],
  [reasonComplaints, "core/a.ts", "const a = b as { c: number };"],
  [reasonComplaints, "core/a.ts", "// @ts-ignore\na();"],
  [reasonComplaints, "core/a.ts", "// deno-lint-ignore no-explicit-any\na();"],
  [purityComplaints, "core/rollout/a.ts", "const a = Date.now();"],
  [purityComplaints, "core/domain/a.ts", "const a = new Date();"],
  [purityComplaints, "strategies/a.ts", "const a = Math.random();"],
  [purityComplaints, "core/domain/a.ts", "setTimeout(a, 1);"],
  [purityComplaints, "core/domain/a.ts", 'import { createHash } from "node:crypto";'],
  [purityComplaints, "core/domain/a.ts", "const a = await fetch(b);"],
  [headerComplaints, "core/a.ts", "export const a = 1;"],
  [headerComplaints, "core/a.ts", "/** No tag. */\nexport const a = 1;"],
  [headerComplaints, "core/a.ts", "export const a = 1;\n/** Too late. @module */"],
  [swallowComplaints, "core/a.ts", "try { a(); } catch {}"],
  [swallowComplaints, "core/a.ts", "try { a(); } catch (error: unknown) {\n}"],
  [swallowComplaints, "core/a.ts", "a().catch(() => {});"],
  [swallowComplaints, "core/a.ts", "a().catch((error) => {});"],
];

for (const [rule, path, text] of breaches) {
  test(`${rule.name} goes red: ${path}: ${text.slice(0, 60)}`, () => {
    const [complaint, ...more] = rule([{ path, text }]);
    assert.match(complaint ?? "no complaint", new RegExp(`^${path}:\\d+: .+`));
    assert.deepEqual(more, []);
  });
}

const allowed: [rule: Rule, path: string, text: string][] = [
  [runtimeComplaints, "core/platform.ts", "Bun.serve({});"],
  [runtimeComplaints, "core/a.ts", "// as Bun.serve does\nconst a = 'Deno.serve';"],
  [lengthComplaints, "core/a.ts", "a();\n".repeat(400)],
  [nameComplaints, "core/minimum_healthy.ts", ""],
  [reasonComplaints, "core/a.ts", "const a = b as any; // because the driver has no types"],
  [reasonComplaints, "core/a.ts", "const a = b as {\n  c: number;\n}; // because of d"],
  [reasonComplaints, "core/a.ts", "// deno-lint-ignore no-control-regex -- they are taken out"],
  [reasonComplaints, "core/a.ts", "const a = [1] as const;"],
  [reasonComplaints, "core/a.ts", 'import { a as b } from "./a.ts";'],
  [reasonComplaints, "core/a.ts", 'import * as b from "./a.ts";'],
  [reasonComplaints, "core/a.ts", "const a = z.any(); const b = AbortSignal.any([c]);"],
  [reasonComplaints, "core/a.ts", "const a = 'as any'; // as any"],
  [purityComplaints, "core/engine/a.ts", "const a = Date.now();"],
  [purityComplaints, "core/rollout/a.ts", "const a = new Date(now).toISOString();"],
  [headerComplaints, "core/a.ts", "/** What it is. @module */\n"],
  [swallowComplaints, "core/a.ts", "try { a(); } catch (error) { throw b(error); }"],
  [swallowComplaints, "core/a.ts", "try { a(); } catch {\n  // Gone already, as it should be.\n}"],
];

for (const [rule, path, text] of allowed) {
  test(`${rule.name} stays green: ${path}: ${text.slice(0, 60)}`, () => {
    assert.deepEqual(rule([{ path, text }]), []);
  });
}
