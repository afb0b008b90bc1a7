import assert from "node:assert/strict";
import { test } from "node:test";
import { asS3Error, S3Error } from "../../../core/api/artifacts/s3_error.ts";
import { DomainError } from "../../../core/domain/errors.ts";

const clock = new DomainError("InvalidSignatureException", "X-Amz-Date", "Signed an hour ago.");
const table: [what: string, thrown: unknown, expected: string | undefined][] = [
  ["a refusal of S3", new S3Error("NoSuchKey", "Gone."), "404 NoSuchKey"],
  ["an unknown key", refusal("UnrecognizedClientException"), "403 InvalidAccessKeyId"],
  ["a wrong signature", refusal("InvalidSignatureException"), "403 SignatureDoesNotMatch"],
  ["a wrong clock", clock, "403 RequestTimeTooSkewed"],
  ["no signature", refusal("MissingAuthenticationTokenException"), "403 AccessDenied"],
  ["a full disk", Object.assign(new Error("write"), { code: "ENOSPC" }), "503 ServiceUnavailable"],
  [
    "a full database",
    new Error("query", { cause: Object.assign(new Error(), { code: "SQLITE_FULL" }) }),
    "503 ServiceUnavailable",
  ],
  ["a refusal S3 has no word for", refusal("TagRequiredException"), undefined],
  ["a fault of ours", new TypeError("x is undefined"), undefined],
];
for (const [what, thrown, expected] of table) {
  test(`${what} is answered ${expected ?? "as an internal error"}`, () => {
    const error = asS3Error(thrown);
    assert.equal(error && `${error.status} ${error.code}`, expected);
  });
}

function refusal(name: DomainError["name"]): DomainError {
  return new DomainError(name, "", "Refused.");
}
