import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../core/cli/failure.ts";
import { parseRevision, revisionArgument } from "../../core/cli/revision_argument.ts";
import type { RevisionLocation } from "../../core/domain/revision.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";
const understood: [text: string, location: object][] = [
  ["s3://b/k.tgz", { bucket: "b", key: "k.tgz", bundleType: "tgz" }],
  ["s3://b/a/b.tar.gz", { bucket: "b", key: "a/b.tar.gz", bundleType: "tgz" }],
  ["s3://b/k.tar?eTag=e", { bucket: "b", key: "k.tar", bundleType: "tar", eTag: "e" }],
  ["s3://b/k.ZIP?versionId=v&eTag=e", {
    bucket: "b",
    key: "k.ZIP",
    bundleType: "zip",
    version: "v",
    eTag: "e",
  }],
];
for (const [text, s3Location] of understood) {
  test(`${text} is an S3 revision`, () => {
    assert.deepEqual(parseRevision(text), { revisionType: "S3", s3Location });
  });
}

test("github:owner/repo@sha is a GitHub revision", () => {
  assert.deepEqual(parseRevision(`github:o/r@${sha}`), {
    revisionType: "GitHub",
    gitHubLocation: { repository: "o/r", commitId: sha },
  });
});

const hash = "ab".repeat(32);
const addresses: [text: string, url: string, bundleType: string][] = [
  [`https://h/a/x.tgz#sha256=${hash}`, "https://h/a/x.tgz", "tgz"],
  [`https://h/x.tar.gz?k=v#sha256=${hash}`, "https://h/x.tar.gz?k=v", "tgz"],
  [`https://h/get?id=7#sha256=${hash.toUpperCase()}&type=zip`, "https://h/get?id=7", "zip"],
  [`http://127.0.0.1:8080/x.tar#sha256=${hash}`, "http://127.0.0.1:8080/x.tar", "tar"],
];
for (const [text, url, bundleType] of addresses) {
  test(`${text} is an HTTPS revision, and is printed so that it parses back`, () => {
    const revision = parseRevision(text);
    assert.deepEqual(revision, {
      revisionType: "HTTPS",
      httpsLocation: { url, sha256: hash, bundleType },
    });
    assert.deepEqual(parseRevision(revisionArgument(revision)!.replaceAll("'", "")), revision);
  });
}

const refused: [text: string, why: RegExp][] = [
  ["k.tgz", /begins with none of/],
  ["s3://bucket", /bucket or key/],
  ["s3:///k.tgz", /bucket or key/],
  ["s3://b/k.rar", /ends in none of \.tgz/],
  ["s3://b/k.tgz?etag=x", /unknown etag=/],
  ["github:o/r@main", /main is not a commit's full SHA-1/],
  ["github:o@" + sha, /begins with none of/],
  ["https://h/x.tgz", /its hash is missing: #sha256=/],
  ["https://h/x.tgz#sha256=12", /sha256 must be a SHA-256 of 64 hex digits/],
  [`https://h/x.tgz#sha256=${hash}&a=b`, /unknown a= after #/],
  [`https://h/x#sha256=${hash}`, /ends in none of .* add &type=tgz/],
  [`https://h/x.yml#sha256=${hash}`, /bundleType must be tar, tgz or zip/],
  [`http://h/x.tgz#sha256=${hash}`, /url must be an https:\/\/ address/],
];
for (const [text, why] of refused) {
  test(`${text} is refused`, () => {
    assert.throws(() => parseRevision(text), (error) => {
      assert.ok(error instanceof Failure);
      assert.match(error.report.cause, why);
      assert.deepEqual(error.report.evidence, [`given: ${text}`]);
      return true;
    });
  });
}

test("what is printed as an argument parses back to the same revision", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/);
  const optional = fc.option(fc.stringMatching(/^[!-~]{1,20}$/), { nil: undefined });
  fc.assert(fc.property(name, name, optional, optional, (bucket, key, version, eTag) => {
    const revision: RevisionLocation = {
      revisionType: "S3",
      s3Location: {
        bucket,
        key: `a/${key}.tgz`,
        bundleType: "tgz",
        ...(version && { version }),
        ...(eTag && { eTag }),
      },
    };
    const argument = revisionArgument(revision)!.replaceAll("'", "");
    assert.deepEqual(parseRevision(argument), revision);
  }));
});
