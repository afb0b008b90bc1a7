/** JSON pointers (RFC 6901): `/status/checks/0/errors`. @module */
import { z } from "zod";

/** The empty pointer is the document itself; `~1` stands for a slash in a key, `~0` for a tilde. */
export const JsonPointer = z.string().regex(
  /^(\/([^~/]|~[01])*)*$/,
  "must be a JSON pointer, such as /status/errors",
);

/** What a document has there; undefined where it has nothing. */
export function jsonAt(document: unknown, pointer: string): unknown {
  return pointer.split("/").slice(1).reduce(
    (inside: unknown, word) => member(inside, word.replaceAll("~1", "/").replaceAll("~0", "~")),
    document,
  );
}

function member(inside: unknown, key: string): unknown {
  if (typeof inside !== "object" || inside === null) return undefined;
  if (Array.isArray(inside) && !/^(0|[1-9]\d*)$/.test(key)) return undefined;
  return Object.hasOwn(inside, key) ? Reflect.get(inside, key) : undefined;
}
