/**
 * Finds what a source file imports, and what of it goes against the table of rooms. Pure: files in,
 * complaints out.
 * @module
 */
import { posix } from "node:path";
import { CONTRACT, type Room, roomOf, ROOMS } from "./rooms.ts";
import { codeOf, type SourceFile, type Token } from "./source_text.ts";

export interface Import {
  /** As written; undefined when the code computes it. */
  readonly specifier: string | undefined;
  readonly line: number;
  /** `type` leaves nothing at run time, `lazy` is an `import()`. */
  readonly kind: "value" | "type" | "lazy";
}

/** Every import of the file: static, `export … from`, `import()` and `require()`. */
export function importsOf(file: SourceFile): Import[] {
  const code = codeOf(file);
  return code.flatMap((token, index) => {
    if (token.kind !== "word" || code[index - 1]?.text === ".") return [];
    switch (token.text) {
      case "import":
        return imported(code, index);
      case "export":
        return reexported(code, index);
      case "require":
        return called(code, index, "value");
      default:
        return [];
    }
  });
}

/** What is wrong with the imports of these files, in their order: `file:line: what, and what may be`. */
export function importComplaints(
  files: readonly SourceFile[],
  rooms: readonly Room[] = ROOMS,
): string[] {
  return files.flatMap((file) => {
    const room = roomOf(file.path, rooms);
    if (room === undefined) return [`${file.path}:1: lies in no room of test/house/rooms.ts`];
    return importsOf(file).flatMap((one) => {
      const fault = faultOf(one, file, room, rooms);
      return fault === undefined ? [] : [`${file.path}:${one.line}: ${fault}`];
    });
  });
}

function imported(code: readonly Token[], index: number): Import[] {
  const next = code[index + 1];
  if (next === undefined || next.text === ".") return [];
  if (next.text === "(" && next.kind === "punctuation") return called(code, index, "lazy");
  if (next.kind === "string") return [{ specifier: next.text, line: next.line, kind: "value" }];
  return from(code, index);
}

function reexported(code: readonly Token[], index: number): Import[] {
  const next = code[index + 1]?.text === "type" ? code[index + 2] : code[index + 1];
  if (next?.kind !== "punctuation") return [];
  if (next.text === "*") return from(code, index);
  if (next.text !== "{") return [];
  // `export { a, b };` has no `from` behind its brace.
  const close = code.findIndex((token, at) => at > index && token.text === "}");
  return code[close + 1]?.text === "from" ? from(code, index) : [];
}

/** The declaration that begins at `index` and ends with `from "…"`. */
function from(code: readonly Token[], index: number): Import[] {
  for (let at = index + 1; at + 1 < code.length; at++) {
    const string = code[at + 1];
    if (code[at]?.text === ";") return [];
    if (code[at]?.text !== "from" || string?.kind !== "string") continue;
    const type = code[index + 1]?.text === "type" && at > index + 2;
    return [{ specifier: string.text, line: string.line, kind: type ? "type" : "value" }];
  }
  return [];
}

/** `import(…)` or `require(…)`. */
function called(code: readonly Token[], index: number, kind: "lazy" | "value"): Import[] {
  const [open, argument, after] = code.slice(index + 1, index + 4);
  if (open?.text !== "(" || open.kind !== "punctuation" || argument === undefined) return [];
  const known = argument.kind === "string" && !argument.computed &&
    (after?.text === ")" || after?.text === ",");
  return [{ specifier: known ? argument.text : undefined, line: argument.line, kind }];
}

function faultOf(
  { specifier, kind }: Import,
  file: SourceFile,
  room: Room,
  rooms: readonly Room[],
): string | undefined {
  if (specifier === undefined) {
    return room.computed ? undefined : "imports a path that is computed; only core/plugin/ may";
  }
  const told = `imports ${specifier}; ${allowance(room)}`;
  if (specifier === CONTRACT) {
    return room.may.includes(CONTRACT) || room.may.includes("core/plugin/") ? undefined : told;
  }
  if (!specifier.startsWith(".")) {
    if (specifier.startsWith("/") || specifier.startsWith("file:")) return told;
    return room.alone ? told : undefined;
  }
  const path = posix.join(posix.dirname(file.path), specifier);
  const target = roomOf(path, rooms);
  if (target === room) return room.alone ? told : undefined;
  if (room.may.includes(target?.path ?? path)) return undefined;
  if (kind === "type" && room.types?.includes(path)) return undefined;
  if (kind === "lazy" && target && room.lazily?.includes(target.path)) return undefined;
  return told;
}

/** `core/wire/ may import core/domain/` */
function allowance({ path, may, types = [], lazily = [], alone }: Room): string {
  const all = [
    ...may,
    ...types.map((file) => `types of ${file}`),
    ...lazily.map((room) => `${room} by import()`),
  ];
  if (all.length === 0) return `${path} may import no other room`;
  return `${path} may import ${alone ? "only " : ""}${all.join(", ")}`;
}
