/**
 * The Range header of a GET: one range of bytes. As S3 does, a header that is malformed or names
 * several ranges is ignored and the whole object answered (RFC 9110, 14.2).
 * @module
 */

/** `start` inclusive, `end` exclusive, in bytes; "unsatisfiable" is answered 416. */
export type ByteRange = { start: number; end: number } | "whole" | "unsatisfiable";

const RANGE = /^bytes=(\d*)-(\d*)$/;

/** What of an object of `size` bytes a Range header asks for. */
export function byteRange(header: string | null, size: number): ByteRange {
  const [, first, last] = RANGE.exec(header?.replaceAll(" ", "") ?? "") ?? [];
  if (first === undefined || last === undefined || first + last === "") return "whole";
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return "whole";
  if (start >= size) return "unsatisfiable";
  return { start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}
