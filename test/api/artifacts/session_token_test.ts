import assert from "node:assert/strict";
import { test } from "node:test";
import { asS3Error } from "../../../core/api/artifacts/s3_error.ts";
import { checkUsable, tokenHash } from "../../../core/api/session_token.ts";

const KEY = {
  accessKeyId: "ASIAX",
  secretAccessKey: "x",
  role: "viewer" as const,
  arn: "arn:x",
  createTime: 0,
};
const session = { tokenHash: tokenHash("token"), expiresAt: 10, sourceKeyId: "AKIAX" };

const table: [title: string, key: object, token: string, expected: string][] = [
  ["a session that has ended", { session }, "token", "400 ExpiredToken"],
  ["a session's key without its token", { session }, "", "400 InvalidToken"],
  ["a session's key with another token", { session }, "other", "400 InvalidToken"],
  ["a lasting key with a token", {}, "token", "400 InvalidToken"],
  ["an inactive key", { status: "Inactive" }, "", "403 InvalidAccessKeyId"],
];
for (const [title, more, token, expected] of table) {
  for (const place of ["header", "query"]) {
    test(`S3 calls ${title} ${expected}, with the token in the ${place}`, () => {
      const url = new URL("http://x/bucket/key");
      if (token !== "" && place === "query") url.searchParams.set("X-Amz-Security-Token", token);
      const headers = token !== "" && place === "header" ? { "x-amz-security-token": token } : {};
      const request = new Request(url, { headers });
      try {
        checkUsable({ ...KEY, ...more }, request, url, 10);
      } catch (error) {
        const refusal = asS3Error(error);
        assert.equal(`${refusal?.status} ${refusal?.code}`, expected);
        return;
      }
      assert.fail("it was not refused");
    });
  }
}
