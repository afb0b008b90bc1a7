/**
 * One mutant on trial: the decision code and its tests are copied to a folder of their own, the
 * mutant is put in, and the tests run there until one fails. All in this process, since a process a
 * mutant costs more than its tests.
 * @module
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export interface Mutant {
  /** The file, and the only place of it where the text stands. */
  readonly file: string;
  readonly text: string;
  readonly becomes: string;
  /** Files of tests, the first most likely to fail. */
  readonly tests: readonly string[];
}

/** What the decisions and their tests import; nothing of it may reach the world. */
const COPIED = [
  "core/domain",
  "core/plugin",
  "core/rollout",
  "strategies",
  "test/rollout",
  "test/strategies",
  "test/random_numbers.ts",
];
const PROJECT = fileURLToPath(new URL("../../", import.meta.url).href);
/** Collects the tests of a folder instead of `node:test`. */
const COLLECTOR = "collector.ts";
const COLLECTOR_TEXT = `export const tests = [];
export function test(name, run) {
  tests.push({ name, run });
}
`;

interface CollectedTest {
  name: string;
  run(): unknown;
}

/** The first test that fails; undefined when the mutant, or no mutant at all, passes every one. */
export async function firstFailure(
  tests: readonly string[],
  mutant?: Pick<Mutant, "file" | "text" | "becomes">,
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "mutant-"));
  try {
    copyTo(folder);
    if (mutant) writeFileSync(join(folder, mutant.file), mutated(folder, mutant));
    const urlOf = (path: string) => pathToFileURL(join(folder, path)).href;
    // because: the text above is all there is in that file.
    const collected = (await import(urlOf(COLLECTOR))).tests as CollectedTest[];
    for (const file of tests) {
      await import(urlOf(file));
      for (const { name, run } of collected.splice(0)) {
        if (await fails(run)) return name;
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fails(run: () => unknown): Promise<boolean> {
  try {
    await run();
    return false;
  } catch (error) {
    return error !== undefined;
  }
}

function copyTo(folder: string): void {
  for (const path of COPIED) {
    cpSync(join(PROJECT, path), join(folder, path), { recursive: true });
  }
  writeFileSync(join(folder, COLLECTOR), COLLECTOR_TEXT);
  const collector = pathToFileURL(join(folder, COLLECTOR)).href;
  const contract = pathToFileURL(join(folder, "core/plugin/contract.ts")).href;
  for (const path of COPIED.flatMap((root) => sourcesIn(folder, root))) {
    const text = readFileSync(path, "utf8");
    const led = text.replaceAll('"runtime/plugin"', `"${contract}"`)
      .replaceAll('"node:test"', `"${collector}"`);
    if (led !== text) writeFileSync(path, led);
  }
}

function sourcesIn(folder: string, root: string): string[] {
  const path = join(folder, root);
  if (root.endsWith(".ts")) return [path];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts")).map((name) => join(path, name));
}

/** Throws when the text is not there, or there twice: then the mutant would not be the one meant. */
function mutated(folder: string, { file, text, becomes }: Omit<Mutant, "tests">): string {
  const source = readFileSync(join(folder, file), "utf8");
  const [before = "", after, ...more] = source.split(text);
  if (after === undefined) throw new Error(`${file} has no "${text}" any more`);
  if (more.length > 0) throw new Error(`${file} has "${text}" ${more.length + 1} times`);
  return before + becomes + after;
}
