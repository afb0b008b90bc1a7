import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../../../core/api/artifacts/conditions.ts";

const version = {
  ...{ bucket: "b", key: "k", versionId: "v", etag: "abc", sha256: "s", size: 1, sequence: 1 },
  ...{ contentType: null, metadata: {}, headers: {}, checksums: {} },
  lastModified: Date.UTC(2026, 10, 25, 12, 0, 0, 400),
};
const SAME = "Wed, 25 Nov 2026 12:00:00 GMT";
const BEFORE = "Wed, 25 Nov 2026 11:59:59 GMT";
const AFTER = "Wed, 25 Nov 2026 12:00:01 GMT";

// Names without their prefix, which is `if-` for a read and longer for the source of a copy.
const table: [headers: Record<string, string>, expected: string][] = [
  [{}, "holds"],
  [{ match: '"abc"' }, "holds"],
  [{ match: "abc" }, "holds"],
  [{ match: '"x", "abc"' }, "holds"],
  [{ match: "*" }, "holds"],
  [{ match: '"x"' }, "failed match"],
  [{ "none-match": '"abc"' }, "unchanged none-match"],
  [{ "none-match": 'W/"abc"' }, "unchanged none-match"],
  [{ "none-match": "*" }, "unchanged none-match"],
  [{ "none-match": '"x"' }, "holds"],
  [{ "modified-since": BEFORE }, "holds"],
  [{ "modified-since": SAME }, "unchanged modified-since"],
  [{ "modified-since": AFTER }, "unchanged modified-since"],
  [{ "unmodified-since": BEFORE }, "failed unmodified-since"],
  [{ "unmodified-since": SAME }, "holds"],
  [{ "unmodified-since": AFTER }, "holds"],
  [{ "modified-since": "yesterday" }, "holds"],
  // An entity tag is stronger than a time.
  [{ match: '"abc"', "unmodified-since": BEFORE }, "holds"],
  [{ "none-match": '"x"', "modified-since": AFTER }, "holds"],
  [{ "none-match": '"abc"', "modified-since": BEFORE }, "unchanged none-match"],
  // What refuses comes before what spares the bytes.
  [{ match: '"x"', "none-match": '"abc"' }, "failed match"],
];
for (const prefix of ["if-", "x-amz-copy-source-if-"] as const) {
  for (const [conditions, expected] of table) {
    test(`${prefix}… with ${JSON.stringify(conditions)} ${expected}`, () => {
      const headers = new Headers(
        Object.entries(conditions).map(([name, value]): [string, string] => [prefix + name, value]),
      );
      const verdict = judge(headers, version, prefix);
      const found = verdict.kind === "holds"
        ? "holds"
        : `${verdict.kind} ${verdict.header.slice(prefix.length)}`;
      assert.equal(found, expected);
    });
  }
}
