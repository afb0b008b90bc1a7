/**
 * Reads the YAML of an AppSpec so that each value knows its line and column.
 *
 * CodeDeploy's agent reads it with Ruby's Psych, hence YAML 1.1 (`yes` is true, `010` is eight),
 * the last of two equal keys counts, and of several documents the first. Where Ruby would turn a
 * value into text (`to_s`), the text here is the one that stands in the file: `mode: 0644` is "0644",
 * not the 420 that YAML 1.1 makes of it, so that unquoted modes mean what their author meant (trap 9:
 * agents 1.x of CodeDeploy apply 0420, agents 2.x 0644).
 * @module
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from "yaml";

/** An AppSpec that cannot be used. `line` and `column` count from 1; the message ends with them. */
export class AppSpecError extends Error {
  override readonly name = "AppSpecError";
  readonly path: string;
  readonly line: number;
  readonly column: number;
  constructor(message: string, path: string, line: number, column: number) {
    super(`${message} (${path}:${line}:${column})`);
    this.path = path;
    this.line = line;
    this.column = column;
  }
}

/** A value and where it stands; no node when it is missing (`offset` is then its parent's) or null. */
export interface Field {
  readonly offset: number;
  readonly node?: Node;
}

/** What is wrong with a field: CodeDeploy's sentence, and what would have been right. */
export interface Complaint {
  readonly sentence: string;
  readonly found: string;
  readonly allowed: string;
}

/** The parsed text, which every error message is made from. */
export class AppSpecText {
  readonly root: Field;
  /** What is allowed and yet probably not meant, in the order it was found. */
  readonly warnings: string[] = [];
  readonly #document: Document;
  readonly #path: string;
  readonly #lines = new LineCounter();

  /** Throws AppSpecError when the text is not YAML. */
  constructor(text: string, path: string) {
    this.#path = path;
    this.#document = parseDocument(text, {
      version: "1.1",
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: this.#lines,
    });
    const error = this.#document.errors.find((error) => error.code !== "MULTIPLE_DOCS");
    if (error) {
      throw this.#error(error.pos[0], `The AppSpec file is not valid YAML: ${error.message}`);
    }
    const node = this.#document.contents;
    this.root = node === null ? { offset: 0 } : this.#field(node, 0);
  }

  /** Throws the complaint with what was found, what is allowed and where. */
  refuse(field: Field, { sentence, found, allowed }: Complaint): never {
    throw this.#error(field.offset, `${sentence} Found ${found}; allowed: ${allowed}`);
  }

  /** Throws a message that needs no more than a place. */
  fail(field: Field, message: string): never {
    throw this.#error(field.offset, message);
  }

  /** Notes a value that counts, with its place; the message says how it is understood. */
  warn(field: Field, message: string): void {
    const { line, col } = this.#lines.linePos(field.offset);
    this.warnings.push(`${message} (${this.#path}:${line}:${col})`);
  }

  /** The members of a mapping by key, `<<` merged in; a missing or null field has none. */
  members(field: Field, what: string): Map<string, Field> {
    if (field.node === undefined) return new Map();
    if (!isMap(field.node)) return this.#wrongShape(field, what, "a mapping");
    return this.#members(field.node);
  }

  /** One member of a mapping; when it is missing, a field without a node at the mapping's place. */
  member(members: Map<string, Field>, key: string, parent: Field): Field {
    return members.get(key) ?? { offset: parent.offset };
  }

  /** The items of a list; a missing or null field has none. */
  items(field: Field, what: string): Field[] {
    if (field.node === undefined) return [];
    if (!isSeq(field.node)) return this.#wrongShape(field, what, "a list");
    return field.node.items.map((item) => this.#field(item, field.offset));
  }

  /** A scalar's text without surrounding space, undefined when missing or null. */
  text(field: Field, what: string): string | undefined {
    if (field.node === undefined) return undefined;
    if (!isScalar(field.node)) return this.#wrongShape(field, what, "one value");
    const { value, source } = field.node;
    return (typeof value === "string" ? value : source ?? String(value)).trim();
  }

  /** A scalar as YAML reads it (number, boolean, string …); undefined for anything else. */
  value(field: Field): unknown {
    return isScalar(field.node) ? field.node.value : undefined;
  }

  /** How a field is named in a message: `nothing`, `a list`, `1.0`, `"text"`. */
  shown(field: Field): string {
    if (field.node === undefined) return "nothing";
    if (isMap(field.node)) return "a mapping";
    if (isSeq(field.node)) return "a list";
    if (!isScalar(field.node)) return "nothing";
    const { value, source } = field.node;
    return typeof value === "string" ? JSON.stringify(value) : source ?? String(value);
  }

  #wrongShape(field: Field, what: string, wanted: string): never {
    const sentence =
      `The deployment failed because ${what} in the application specification file ` +
      `must be ${wanted}.`;
    return this.refuse(field, { sentence, found: this.shown(field), allowed: wanted });
  }

  #error(offset: number, message: string): AppSpecError {
    const { line, col } = this.#lines.linePos(offset);
    return new AppSpecError(message, this.#path, Math.max(line, 1), Math.max(col, 1));
  }

  #field(item: unknown, parentOffset: number): Field {
    if (!isScalar(item) && !isMap(item) && !isSeq(item) && !isAlias(item)) {
      return { offset: parentOffset };
    }
    const offset = item.range?.[0] ?? parentOffset;
    if (!isAlias(item)) {
      return isScalar(item) && item.value === null ? { offset } : { offset, node: item };
    }
    const target = item.resolve(this.#document);
    if (!target) throw this.#error(offset, `The AppSpec file has no anchor named &${item.source}`);
    return { ...this.#field(target, offset), offset };
  }

  #members(map: YAMLMap): Map<string, Field> {
    const offset = map.range?.[0] ?? 0;
    const own = new Map<string, Field>();
    const merged = new Map<string, Field>();
    for (const { key, value } of map.items) {
      if (!isScalar(key)) continue;
      const keyOffset = key.range?.[0] ?? offset;
      if (typeof key.value === "symbol") { // YAML 1.1's `<<`
        for (const [name, field] of this.#merged(this.#field(value, keyOffset))) {
          if (!merged.has(name)) merged.set(name, field);
        }
      } else own.set(key.source ?? String(key.value), this.#field(value, keyOffset));
    }
    return new Map([...merged, ...own]);
  }

  /** The members that `<<` brings: of one mapping, or of several, where the first has its way. */
  #merged(field: Field): Map<string, Field> {
    if (isMap(field.node)) return this.#members(field.node);
    const maps = this.items(field, "a merge key (<<)").map((item) => this.members(item, "<<"));
    return new Map(maps.reverse().flatMap((map) => [...map]));
  }
}
