import assert from "node:assert/strict";
import { test } from "node:test";
import { errorDocument, s3Document } from "../../../core/api/artifacts/s3_xml.ts";

test("a document holds no character that XML cannot write, and others as references", () => {
  for (const text of ["a\x00b", "a\ufffeb", "a\uffffb"]) {
    assert.match(errorDocument({ Message: text }), /<Message>a\ufffdb<\/Message>/);
  }
  assert.match(s3Document("Deleted", { Key: "a\x01\rb" }), /<Key>a&#1;&#13;b<\/Key>/);
});
