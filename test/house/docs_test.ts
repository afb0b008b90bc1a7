/** The pages of the project: links lead somewhere, numbers are unique, nothing is local. @module */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decisionComplaints, linkComplaints, localComplaints, type TextFile } from "./documents.ts";
import { keptPaths, readText, ROOT } from "./tree.ts";

const texts: TextFile[] = keptPaths().map((path) => ({ path, text: readText(path) }))
  .filter(({ text }) => !text.includes("\0"));
const pages = texts.filter(({ path }) => path.endsWith(".md"));

test("every relative link of a page leads to a file, and to a heading it has", () => {
  assert.ok(pages.some(({ path }) => path === "README.md"), "README.md is not kept");
  assert.deepEqual(linkComplaints(pages, (path) => existsSync(join(ROOT, path))), []);
});

test("decision records are numbered from 1, each number once", () => {
  const records = pages.filter(({ path }) => path.startsWith("docs/decisions/"));
  assert.ok(records.length > 0, "there are no decision records");
  assert.deepEqual(decisionComplaints(records), []);
});

test("no file holds a registry's address or a path of one machine", () => {
  // The examples below and beside it are what the rule is about.
  const files = texts.filter(({ path }) => path !== "test/house/docs_test.ts");
  assert.deepEqual(localComplaints(files), []);
});

const links: [name: string, text: string, complaints: number][] = [
  ["a page that is there", "[a](b.md)", 0],
  ["a page that is not", "text\n[a](gone.md)", 1],
  ["a page above the root", "[a](../../b.md)", 1],
  ["a heading", "[a](b.md#how-it-works)", 0],
  ["a heading that is not there", "[a](b.md#why)", 1],
  ["a heading of its own", "# Why?\n[a](#why)", 0],
  ["an address elsewhere", "[a](https://example.com/gone.md)", 0],
  ["a reference", "[a][r]\n\n[r]: gone.md", 1],
  ["an image", "![a](gone.png)", 1],
  ["a link in code", "```md\n[a](gone.md)\n```\n", 0],
  ["a link behind code", "```md\n[a](x.md)\n```\n[a](gone.md)", 1],
];

for (const [name, text, count] of links) {
  test(`linkComplaints: ${name}`, () => {
    const all = [{ path: "docs/a.md", text }, { path: "docs/b.md", text: "# B\n## How it works" }];
    const found = linkComplaints(all, (path) => all.some((page) => page.path === path));
    assert.equal(found.length, count, found.join("\n"));
  });
}

test("decisionComplaints names a number used twice, a gap, and a heading that disagrees", () => {
  const record = (path: string, text: string) => ({ path: `docs/decisions/${path}`, text });
  const found = decisionComplaints([
    record("001-a.md", "# 1. A"),
    record("001-b.md", "# 1. B"),
    record("003-c.md", "# 4. C"),
    record("notes.md", "# Notes"),
  ]);
  assert.deepEqual(found, [
    "docs/decisions/001-b.md:1: has the number of docs/decisions/001-a.md",
    'docs/decisions/003-c.md:1: does not begin with "# 3. "',
    "docs/decisions/notes.md:1: is not named NNN-words.md",
    "docs/decisions/003-c.md:1: 2 is missing",
  ]);
});

const local: [text: string, complaints: number][] = [
  ["https://registry.example.com/zod", 1],
  ["see https://mirror.example.com/artifactory/npm/zod.tgz", 1],
  ["/home/alex/runtime/main.ts", 1],
  ["file:///Users/alex/runtime/main.ts", 1],
  ["/root/.cache/deno/x", 1],
  ["C:\\Users\\alex", 1],
  ["https://www.apache.org/licenses/LICENSE-2.0", 0],
  ["destination: /srv/shop", 0],
  ["${directory}/root/files/", 0],
  ["the registry of plugins, core/plugin/registry.ts", 0],
  ["npm:zod@4.6.7", 0],
];

for (const [text, count] of local) {
  test(`localComplaints: ${text}`, () => {
    assert.equal(localComplaints([{ path: "a.md", text }]).length, count);
  });
}
