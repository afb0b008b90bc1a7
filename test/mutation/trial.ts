/**
 * One mutant on trial: the tests run on the decision code with the mutant in its place, until one
 * fails. All in this process, since a process a mutant costs more than its tests: the code is turned
 * into JavaScript once, and each mutant gets a folder of links to it, so that it is loaded anew.
 * @module
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
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
const FOLDERS = [
  "core/domain",
  "core/plugin",
  "core/rollout",
  "strategies",
  "test/rollout",
  "test/strategies",
] as const;
const SINGLE = "test/random_numbers.ts";
const PROJECT = fileURLToPath(new URL("../../", import.meta.url).href);
/** Collects the tests of a folder instead of `node:test`. */
const COLLECTOR = "collector.js";
const COLLECTOR_TEXT = `export const tests = [];
export function test(name, run) {
  tests.push({ name, run });
}
`;

interface CollectedTest {
  name: string;
  run(): unknown;
}

/** The decisions and their tests, ready to be tried. */
export class Trials implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "mutants-"));
  #tried = 0;

  constructor() {
    for (const file of [...FOLDERS.flatMap(sourcesIn), SINGLE]) {
      write(join(this.#folder, "as_it_is"), file, readFileSync(join(PROJECT, file), "utf8"));
    }
  }

  /** The first test that fails; undefined when the mutant, or no mutant at all, passes every one. */
  async firstFailure(
    tests: readonly string[],
    mutant?: Pick<Mutant, "file" | "text" | "becomes">,
  ): Promise<string | undefined> {
    const folder = join(this.#folder, `${this.#tried++}`);
    this.#link(folder, mutant?.file);
    if (mutant) write(folder, mutant.file, mutated(mutant));
    const urlOf = (path: string) => pathToFileURL(join(folder, path)).href;
    // because: the text above is all there is in that file.
    const collected = (await import(urlOf(COLLECTOR))).tests as CollectedTest[];
    for (const file of tests) {
      await import(urlOf(compiled(file)));
      for (const { name, run } of collected.splice(0)) {
        if (await fails(run)) return name;
      }
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** Folders are links to the code as it is; the one with the mutant has links to its other files. */
  #link(folder: string, mutant = ""): void {
    const source = join(this.#folder, "as_it_is");
    const link = (path: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      symlinkSync(join(source, path), join(folder, path));
    };
    for (const root of FOLDERS) {
      if (!mutant.startsWith(`${root}/`)) link(root);
      else for (const file of sourcesIn(root)) if (file !== mutant) link(compiled(file));
    }
    link(compiled(SINGLE));
    writeFileSync(join(folder, COLLECTOR), COLLECTOR_TEXT);
  }
}

function sourcesIn(root: string): string[] {
  const names = readdirSync(join(PROJECT, root), { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts")).map((name) => join(root, name));
}

const compiled = (file: string) => file.replace(/\.ts$/, ".js");

/** A file in JavaScript; what the import map and the test runner answer lies in the folder. */
function write(folder: string, file: string, text: string): void {
  const to = (path: string) => {
    const way = relative(dirname(file), path);
    return way.startsWith(".") ? way : `./${way}`;
  };
  const script = stripTypeScriptTypes(text)
    .replaceAll(/((?:from|import) \(?"\.[^"]*)\.ts"/g, '$1.js"')
    .replaceAll('"runtime/plugin"', `"${to("core/plugin/contract.js")}"`)
    .replaceAll('"node:test"', `"${to(COLLECTOR)}"`);
  const path = join(folder, compiled(file));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, script);
}

/** Throws when the text is not there, or there twice: then the mutant would not be the one meant. */
function mutated({ file, text, becomes }: Pick<Mutant, "file" | "text" | "becomes">): string {
  const [before = "", after, ...more] = readFileSync(join(PROJECT, file), "utf8").split(text);
  if (after === undefined) throw new Error(`${file} has no "${text}" any more`);
  if (more.length > 0) throw new Error(`${file} has "${text}" ${more.length + 1} times`);
  return before + becomes + after;
}

async function fails(run: () => unknown): Promise<boolean> {
  try {
    await run();
    return false;
  } catch (error) {
    return error !== undefined;
  }
}
