/** Commands in the README and the docs are commands of the binary, with flags that it has. @module */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { keptPaths, readText } from "../house/tree.ts";
import { BINARY } from "./fleet.ts";

/** A command as a page has it: `agent join`, `deploy`, and the flags behind it on its line. */
interface Mention {
  place: string;
  words: string[];
  flags: string[];
}

/** Behind a blank, quote or bracket; to the next command, the end of the line or of the code. */
const COMMAND =
  /(?<=^|[\s"'`$({])(?:[\w./-]*\/)?runtime +([a-z][a-z-]*)((?:(?: |\\\n)+[^`)#|;&\s\\]+)*)/gm;
const CODE = /^(```|~~~)[^\n]*\n[\s\S]*?^\1|`[^`\n]+`/gm;

/** Every command that stands in code, fenced or inline. A line that ends in `\` goes on. */
function mentionsIn(path: string, text: string): Mention[] {
  return [...text.matchAll(CODE)].flatMap(({ 0: code, index: start }) =>
    [...code.matchAll(COMMAND)].map(({ 1: verb = "", 2: rest = "", index }) => ({
      place: `${path}:${text.slice(0, start + index).split("\n").length}`,
      words: [verb, rest.trim().split(/\s+/)[0] ?? ""],
      flags: [...rest.matchAll(/\s\[?(--[a-z-]+|-[a-z]\b)/g)].map(([, flag = ""]) => flag),
    }))
  );
}

const helps = new Map<string, string>();

/** What `runtime help …` says; empty when there is no such verb. */
function helpOf(words: readonly string[]): string {
  const verb = words.join(" ");
  const known = helps.get(verb);
  if (known !== undefined) return known;
  const { stdout } = spawnSync(BINARY, ["help", ...words], { encoding: "utf8" });
  // A word that is no verb gets the general help, or that of the verb before it.
  const help = stdout.startsWith(`Usage: runtime ${verb}`) ? stdout : "";
  helps.set(verb, help);
  return help;
}

/** What is wrong with a mention; undefined when it is a command that the binary takes. */
function complaint({ place, words, flags }: Mention): string | undefined {
  const [verb = "", next = ""] = words;
  if (verb === "help") return undefined;
  const own = helpOf([verb]);
  if (own === "") return `${place}: there is no verb "${verb}"`;
  const below = /^[a-z][a-z-]*$/.test(next) && new RegExp(`^  ${next}\\b`, "m").test(own);
  const help = below ? helpOf([verb, next]) : own;
  const missing = flags.filter((flag) => !new RegExp(`(^|[\\s,])${flag}\\b`, "m").test(help));
  if (missing.length === 0) return undefined;
  return `${place}: "runtime ${verb}${below ? ` ${next}` : ""}" has no ${missing.join(", ")}`;
}

test("every command of the README and the docs is one of the binary, with its flags", () => {
  const pages = keptPaths().filter((path) => /^(README|CHANGELOG|docs\/.*)\.md$/.test(path));
  const mentions = pages.flatMap((path) => mentionsIn(path, readText(path)));
  assert.ok(mentions.length > 40, `only ${mentions.length} commands were found`);
  assert.deepEqual(mentions.map(complaint).filter((one) => one !== undefined), []);
});

const cases: [text: string, complaints: string[]][] = [
  ["```sh\nruntime deploy --app a \\\n  --grup b\n```", [
    'a.md:2: "runtime deploy" has no --grup',
  ]],
  ["`./runtime deplay x`", ['a.md:1: there is no verb "deplay"']],
  ["text\n`runtime agent join URL --name N --nom N`", [
    'a.md:2: "runtime agent join" has no --nom',
  ]],
  ['```sh\nx --token "$(./runtime token create)" --name n\n```', []],
  ["`runtime logs ID -f`, `runtime server [--tls-cert F]`, runtime nonsense, `runtime/plugin`", []],
];

for (const [text, complaints] of cases) {
  test(`a page with ${JSON.stringify(text)} has ${complaints.length} faults`, () => {
    const found = mentionsIn("a.md", text).map(complaint).filter((one) => one !== undefined);
    assert.deepEqual(found, complaints);
  });
}
