/**
 * A source file as tokens, so that a rule about code is not fooled by comments and strings. Not a
 * parser: it knows where words, strings, templates, regular expressions and comments begin and end.
 * @module
 */

/** A file of the project; `path` is relative to its root, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export type TokenKind = "word" | "punctuation" | "string" | "number" | "regex" | "comment";

export interface Token {
  readonly kind: TokenKind;
  /** As written; of a string without its quotes. A template is a string of its text parts. */
  readonly text: string;
  /** Line of the first character, from 1. */
  readonly line: number;
  /** A template with `${…}` in it: a string whose value nobody knows. */
  readonly computed?: true;
}

const WORD = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\d[\w.]*/y;
const BLANK = /\s+/y;
const STRING = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;

/** Words after which a slash begins a regular expression; after any other word it divides. */
const BEFORE_REGEX = new Set(
  "return typeof case in of delete void throw new else do await yield instanceof".split(" "),
);

/** All tokens of the text, comments included. Code in `${…}` of a template gives tokens too. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  /** For each open template: the depth of braces inside its current `${`. */
  const templates: number[] = [];
  let at = 0;
  let line = 1;
  const add = (kind: TokenKind, end: number, value = text.slice(at, end), computed = false) => {
    tokens.push({ kind, text: value, line, ...(computed && { computed }) });
    advance(end);
  };
  const advance = (end: number) => {
    for (let i = at; i < end; i++) if (text[i] === "\n") line++;
    at = end;
  };
  const template = () => {
    const end = templateEnd(text, at + 1);
    const open = text[end - 1] === "{";
    // The part after a `}` belongs to a template with a hole before it.
    add("string", end, text.slice(at + 1, open ? end - 2 : end - 1), open || text[at] === "}");
    if (open) templates.push(0);
  };
  while (at < text.length) {
    const char = text[at] ?? "";
    const comment = char === "/" ? match(COMMENT, text, at) : 0;
    if (comment > 0) add("comment", comment);
    else if (match(BLANK, text, at) > 0) advance(match(BLANK, text, at));
    else if (match(STRING, text, at) > 0) {
      const end = match(STRING, text, at);
      add("string", end, text.slice(at + 1, end - 1));
    } else if (char === "`") template();
    else if (char === "}" && templates.at(-1) === 0) {
      templates.pop();
      template();
    } else if (match(WORD, text, at) > 0) add("word", match(WORD, text, at));
    else if (match(NUMBER, text, at) > 0) add("number", match(NUMBER, text, at));
    else if (char === "/" && beginsRegex(tokens) && match(REGEX, text, at) > 0) {
      add("regex", match(REGEX, text, at));
    } else {
      const depth = templates.pop();
      if (depth !== undefined) templates.push(depth + (char === "{" ? 1 : char === "}" ? -1 : 0));
      add("punctuation", at + (text.startsWith("=>", at) ? 2 : 1));
    }
  }
  return tokens;
}

/** The tokens that are code, without comments. */
export function codeOf(file: SourceFile): Token[] {
  return tokenize(file.text).filter((token) => token.kind !== "comment");
}

/** Where the match of a sticky expression ends; 0 if there is none. */
function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : 0;
}

/** The end of a template's text part that begins at `at`: behind its backtick or its `${`. */
function templateEnd(text: string, at: number): number {
  for (let i = at; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "`") return i + 1;
    else if (text[i] === "$" && text[i + 1] === "{") return i + 2;
  }
  return text.length;
}

function beginsRegex(tokens: readonly Token[]): boolean {
  const before = tokens.findLast((token) => token.kind !== "comment");
  if (before === undefined) return true;
  if (before.kind === "word") return BEFORE_REGEX.has(before.text);
  return before.kind === "punctuation" && !")]}".includes(before.text);
}
