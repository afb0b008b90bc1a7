/** The files of the project, as the house rules read them. @module */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SourceFile } from "./source_text.ts";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url).href);

/** Where the product's own source lies. */
const PRODUCT = ["main.ts", "build.ts", "core", "plugins", "strategies", "hooks"];
/** What is made or fetched, never written. */
const NOT_OURS = new Set([".git", "node_modules", "dist"]);

/** All TypeScript of the product, by path. */
export function productSources(): SourceFile[] {
  return sourcesIn(PRODUCT);
}

/** All TypeScript of the tests, by path. */
export function testSources(): SourceFile[] {
  return sourcesIn(["test"]);
}

/** Every file that git keeps, by path; all files where there is no git to ask (an unpacked archive). */
export function keptPaths(): string[] {
  const git = spawnSync("git", ["-c", "safe.directory=*", "ls-files", "-z"], { cwd: ROOT });
  if (!existsSync(join(ROOT, ".git")) || git.error) return walk("");
  if (git.status !== 0) throw new Error(`git ls-files: ${git.stderr}`);
  return git.stdout.toString().split("\0").filter((path) =>
    path !== "" && existsSync(join(ROOT, path))
  );
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function sourcesIn(places: readonly string[]): SourceFile[] {
  return places.filter((place) => existsSync(join(ROOT, place)))
    .flatMap(walk)
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => ({ path, text: readText(path) }));
}

function walk(path: string): string[] {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  return readdirSync(join(ROOT, path)).sort()
    .filter((name) => !NOT_OURS.has(name))
    .flatMap((name) => walk(path === "" ? name : `${path}/${name}`));
}
