/**
 * House rules that a reader would otherwise have to remember. Each is a pure function from files to
 * complaints, `file:line: what is wrong and what to write instead`.
 * @module
 */
import { codeOf, type SourceFile, type Token, tokenize } from "./source_text.ts";

const LINES_MAX = 400;

/** These know which runtime carries us; the build script runs under Bun alone. */
const KNOWS_THE_RUNTIME = new Set([
  "core/platform.ts",
  "core/platform/libc.ts",
  "core/platform/spawn_piped.ts",
  "build.ts",
]);

export function runtimeComplaints(files: readonly SourceFile[]): string[] {
  return files.filter(({ path }) => !KNOWS_THE_RUNTIME.has(path)).flatMap((file) =>
    codeOf(file).flatMap((token) => {
      const named = token.kind === "word" && (token.text === "Bun" || token.text === "Deno");
      const imported = token.kind === "string" && /^bun(:.+)?$/.test(token.text);
      if (!named && !imported) return [];
      return [
        `${place(file, token)} names ${token.text}; use node: and web APIs, or core/platform.ts`,
      ];
    })
  );
}

export function lengthComplaints(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split("\n").length - 1;
    if (lines <= LINES_MAX) return [];
    return [`${path}:${LINES_MAX}: has ${lines} lines, at most ${LINES_MAX}; one idea a file`];
  });
}

/** Names that say nobody found the noun. */
const NO_NOUN = new Set(["utils", "util", "helpers", "helper", "manager", "misc", "common"]);

export function nameComplaints(files: readonly { readonly path: string }[]): string[] {
  return files.flatMap(({ path }) =>
    path.split("/").flatMap((part, index, parts) => {
      const name = index === parts.length - 1 ? part.replace(/\.[a-z]+$/, "") : part;
      if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) {
        return [`${path}:1: ${part} is not snake_case`];
      }
      const empty = name.split("_").find((word) => NO_NOUN.has(word));
      return empty ? [`${path}:1: "${empty}" says nothing; name the thing or its verb`] : [];
    })
  );
}

/** What stands before `any` when it is a type. */
const TYPE_POSITION = new Set([":", "as", "<", "|", "&", "satisfies"]);

/**
 * `any`, casts and ignored diagnostics that nobody has given a reason for: a comment with "because"
 * (for the linter also its own form, `-- reason`) in the line above or up to the statement's end.
 */
export function reasonComplaints(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const tokens = tokenize(file.text);
    const reasons = tokens.filter(({ kind, text }) =>
      kind === "comment" && /\bbecause\b|deno-lint-ignore .* -- /.test(text)
    );
    const reasoned = ({ token, last }: Suspect) =>
      reasons.some(({ line }) => line >= token.line - 1 && line <= last);
    return suspects(tokens).filter((one) => !reasoned(one)).map(({ token, what }) =>
      `${place(file, token)} \`${what}\` without a reason; say it: // because …`
    );
  });
}

interface Suspect {
  token: Token;
  what: string;
  /** The line in which its statement ends. */
  last: number;
}

function suspects(tokens: readonly Token[]): Suspect[] {
  const code = tokens.filter(({ kind }) => kind !== "comment");
  const casts = code.flatMap((token, index) => {
    if (!isAny(code, index) && !isCast(code, index)) return [];
    return [{ token, what: token.text, last: statementEnd(code, index) }];
  });
  const ignored = tokens.flatMap((token) => {
    const what = /@ts-(ignore|expect-error|nocheck)|deno-lint-ignore/.exec(token.text)?.[0];
    return token.kind === "comment" && what ? [{ token, what, last: token.line }] : [];
  });
  return [...casts, ...ignored].sort((a, b) => a.token.line - b.token.line);
}

/** The line of the semicolon that ends what stands at `index`, not one inside its own braces. */
function statementEnd(code: readonly Token[], index: number): number {
  let depth = 0;
  for (const { kind, text, line } of code.slice(index)) {
    if (kind !== "punctuation") continue;
    if (text === "{") depth++;
    if (text === "}") depth--;
    if (depth < 0 || (depth === 0 && text === ";")) return line;
  }
  return code[index]?.line ?? 1;
}

function isAny(code: readonly Token[], index: number): boolean {
  const [before, token, after] = [code[index - 1], code[index], code[index + 1]];
  if (token?.kind !== "word" || token.text !== "any" || after?.text === ":") return false;
  if (TYPE_POSITION.has(before?.text ?? "")) return true;
  return before?.text === "," && after?.text === ">";
}

/** `value as Type`, but neither `as const` nor the renaming of an import or export. */
function isCast(code: readonly Token[], index: number): boolean {
  const [before, token, after] = [code[index - 1], code[index], code[index + 1]];
  if (token?.kind !== "word" || token.text !== "as" || before?.text === ".") return false;
  if (before === undefined || after === undefined) return false;
  // `as any` is told as `any`.
  if (after.text === "const" || after.text === "any") return false;
  if (before.kind === "punctuation" && !")]}!".includes(before.text)) return false;
  if (after.kind === "punctuation" && !"{[(".includes(after.text)) return false;
  return !inModuleClause(code, index);
}

/** True inside `import { … }` and `export { … }`, and for `import * as name`. */
function inModuleClause(code: readonly Token[], index: number): boolean {
  for (let at = index - 1; at >= 0; at--) {
    const token = code[at];
    if (token?.kind === "word" && (token.text === "import" || token.text === "export")) return true;
    // A clause holds names and commas only.
    if (token?.kind !== "word" && !"{,*".includes(token?.text ?? ";")) return false;
  }
  return false;
}

/** Rooms whose functions must answer the same for the same input. */
const PURE = ["core/domain/", "core/rollout/", "strategies/"];

/** What a pure function has no business with, as tokens in a row. */
const IMPURE: readonly (readonly string[])[] = [
  ["Date", ".", "now"],
  ["new", "Date", "(", ")"],
  ["new", "Date", ";"],
  ["Math", ".", "random"],
  ["performance", "."],
  ["crypto", "."],
  ["process", "."],
  ["fetch", "("],
  ["setTimeout", "("],
  ["setInterval", "("],
  ["setImmediate", "("],
  ["queueMicrotask", "("],
];

export function purityComplaints(files: readonly SourceFile[]): string[] {
  const pure = files.filter(({ path }) => PURE.some((room) => path.startsWith(room)));
  return pure.flatMap((file) => {
    const code = codeOf(file);
    return code.flatMap((token, index) => {
      if (token.kind === "string") {
        if (!/^node:[a-z_/]+$/.test(token.text)) return [];
        return [`${place(file, token)} uses ${token.text}; this room is pure, take the value in`];
      }
      if (code[index - 1]?.text === ".") return [];
      const row = IMPURE.find((words) =>
        words.every((word, at) => code[index + at]?.text === word)
      );
      if (row === undefined) return [];
      return [`${place(file, token)} uses ${row.join("")}; this room is pure, take the value in`];
    });
  });
}

export function headerComplaints(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const [first] = tokenize(file.text);
    const header = first?.kind === "comment" && first.text.startsWith("/**");
    if (header && first.text.includes("@module")) return [];
    return [`${file.path}:1: begins without /** what it is, and why … @module */`];
  });
}

/** `catch {}` and `.catch(() => {})` with nothing inside, not even why there is nothing to do. */
export function swallowComplaints(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const tokens = tokenize(file.text);
    return tokens.flatMap((token, index) => {
      if (token.kind !== "word" || token.text !== "catch") return [];
      const rest = tokens.slice(index + 1, index + 9).map(({ text }) => text).join(" ");
      const method = tokens[index - 1]?.text === ".";
      const empty = method
        ? /^\( (async )?(\( (\S+ )?\)|\S+) => \{ \} \)/.test(rest)
        : /^(\( \S+( : unknown)? \) )?\{ \}/.test(rest);
      if (!empty) return [];
      return [`${place(file, token)} swallows an error; handle the one you know, throw the rest`];
    });
  });
}

function place({ path }: SourceFile, { line }: Token): string {
  return `${path}:${line}:`;
}
