/** Where a local run takes its bundle from (spec 12.5). @module */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { AgentFailure } from "../../core/agent/failure.ts";
import type { LocalBundleType } from "../../core/agent/local_bundle.ts";
import { fetchedBundle } from "../../core/agent/local_location.ts";
import { runLocal } from "../../core/agent/run_local.ts";
import { tgz } from "./archive/tar_bytes.ts";
import { SourceServer } from "./source_server.ts";

const hash = "ab".repeat(32);
const s3 = (changes: object) => ({
  RevisionType: "S3",
  S3Revision: {
    Bucket: "b",
    Key: "k.tgz",
    BundleType: "tgz",
    Version: null,
    ETag: null,
    ...changes,
  },
});
const github = (CommitId: string, BundleType: string) => ({
  RevisionType: "GitHub",
  GitHubRevision: { Account: "o", Repository: "r", CommitId, BundleType },
});
const https = (Url: string, BundleType: string) => ({
  RevisionType: "HTTPS",
  HttpsRevision: { Url, SHA256: hash, BundleType },
});

const understood: [location: string, type: LocalBundleType | undefined, revision: object][] = [
  ["s3://b/k.tgz", undefined, s3({})],
  ["s3://b/a/k", "zip", s3({ Key: "a/k", BundleType: "zip" })],
  ["s3://b/k.tgz?versionId=v1&etag=e1", undefined, s3({ Version: "v1", ETag: "e1" })],
  ["https://github.com/o/r", undefined, github("HEAD", "tar")],
  ["https://github.com/o/r.git", "tgz", github("HEAD", "tar")],
  ["https://github.com/o/r/", "zip", github("HEAD", "zip")],
  ["https://api.github.com/repos/o/r/tarball/c0ffee", undefined, github("c0ffee", "tar")],
  ["https://api.github.com/repos/o/r/zipball/a/branch", undefined, github("a/branch", "zip")],
  ["https://api.github.com/repos/o/r/zipball", "zip", github("HEAD", "zip")],
  [`https://h/x.tar.gz#sha256=${hash}`, undefined, https("https://h/x.tar.gz", "tgz")],
  [`https://h/x?a=b#sha256=${hash}&type=zip`, undefined, https("https://h/x?a=b", "zip")],
  [`https://h/x#sha256=${hash}`, "tar", https("https://h/x", "tar")],
  [`http://127.0.0.1:1/x.tar#sha256=${hash}`, undefined, https("http://127.0.0.1:1/x.tar", "tar")],
];
for (const [location, type, revision] of understood) {
  test(`spec 12.5 -l ${location} ${type ? `as ${type} ` : ""}is fetched`, () => {
    assert.deepEqual(fetchedBundle(location, type)?.revision, revision);
  });
}

test("spec 12.5 -l: what has no scheme is a path of this machine", () => {
  for (const path of [".", "/a/b.tgz", "s3/x", "a:b"]) {
    assert.equal(fetchedBundle(path, undefined), undefined);
  }
});

const refused: [location: string, type: LocalBundleType | undefined, evidence: RegExp][] = [
  [`http://h/x.tgz#sha256=${hash}`, undefined, /is http, which anybody on the way can change/],
  ["http://h/x.tgz", undefined, /is http, which/],
  ["http://github.com/o/r", "tgz", /is http, which/],
  ["ftp://h/x.tgz", undefined, /ftp:\/\/ is none of s3:\/\/ and https:\/\//],
  ["https://h/x.tgz", undefined, /comes without its hash/],
  ["https://h/x.tgz#sha256=1", undefined, /sha256 is not a SHA-256 of 64 hex digits/],
  [`https://h/x#sha256=${hash}`, undefined, /ends in none of \.tgz/],
  ["s3://b", undefined, /lacks a bucket or a key/],
  ["s3://b/k", undefined, /ends in none of \.tgz/],
  ["s3://b/k.tgz?version=1", undefined, /has an unknown version=/],
  ["s3://b/k.tgz", "directory", /is no directory of this machine/],
  ["https://api.github.com/repos/o/r/tarball/c", "zip", /is a tarball, and --type says zip/],
];
for (const [location, type, evidence] of refused) {
  test(`spec 12.5 -l ${location} ${type ? `as ${type} ` : ""}is refused`, () => {
    assert.throws(() => fetchedBundle(location, type), (error) => {
      assert.ok(error instanceof AgentFailure);
      assert.match(error.parts.evidence, evidence);
      assert.equal(error.parts.exitCode, 2);
      return true;
    });
  });
}

const HOOK = "#!/bin/sh\nenv | grep ^BUNDLE_ | sort\n";
const BUNDLE = tgz(
  { name: "top/appspec.yml", body: appSpec() },
  { name: "top/hook.sh", body: HOOK, mode: 0o755 },
);
const SHA256 = createHash("sha256").update(BUNDLE).digest("hex");

function appSpec(): string {
  return "version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: hook.sh\n";
}

const runs: [
  what: string,
  location: (url: string) => string,
  path: string,
  prints: (url: string) => string[],
][] = [
  [
    "an object of S3, signed with the environment's keys",
    () => "s3://b/k.tgz?etag=e",
    "/b/k.tgz",
    () => ["BUNDLE_BUCKET=b", "BUNDLE_ETAG=e", "BUNDLE_KEY=k.tgz"],
  ],
  [
    "the newest commit of a repository of GitHub",
    () => "https://github.com/o/r",
    "/repos/o/r/tarball/HEAD",
    () => ["BUNDLE_COMMIT=HEAD"],
  ],
  [
    "a web address",
    (url) => `${url}/x.tgz#sha256=${SHA256}`,
    "/x.tgz",
    (url) => [`BUNDLE_SHA256=${SHA256}`, `BUNDLE_URL=${url}/x.tgz`],
  ],
];
for (const [what, location, path, prints] of runs) {
  test(`spec 12.5 -l: ${what} goes through its events, and scripts see which it is`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "location-"));
    await using server = await new SourceServer().listen();
    server.replies.set(path, [{ bytes: BUNDLE, eTag: '"e"' }]);
    const config = join(folder, "codedeployagent.yml");
    const token = join(folder, "token");
    await writeFile(token, "secret");
    await chmod(token, 0o600);
    await writeFile(config, `:github_endpoint: ${server.url}\n:github_token_file: ${token}\n`);
    const lines: string[] = [];
    try {
      const failure = await runLocal({
        location: location(server.url),
        fileExistsBehavior: "DISALLOW",
        groupId: "g",
        groupName: "g",
        application: "a",
        appSpecFilename: "appspec.yml",
        config,
        root: join(folder, "root"),
        installRoot: join(folder, "machine"),
        environment: {
          HOME: folder,
          AWS_ENDPOINT_URL_S3: server.url,
          AWS_ACCESS_KEY_ID: "AKIAHOST",
          AWS_SECRET_ACCESS_KEY: "s",
          AWS_REGION: "eu-west-1",
        },
        signal: new AbortController().signal,
      }, {
        begins() {},
        event() {},
        line: ({ stream, text }) => void (stream === "stdout" && lines.push(text)),
      });
      assert.equal(failure, undefined);
      assert.deepEqual(lines, prints(server.url));
      const [asked] = server.asked;
      const authorization = asked?.authorization?.replace(
        /.*(AKIAHOST).*\/(eu-.*)\/aws4.*/,
        "$1 $2",
      );
      const expected = path.startsWith("/b/")
        ? "AKIAHOST eu-west-1/s3"
        : path.startsWith("/repos/")
        ? "token secret"
        : undefined;
      assert.equal(authorization, expected);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

test("keys come from the profile that AWS_PROFILE names where the environment has none", async () => {
  const folder = await mkdtemp(join(tmpdir(), "location-"));
  await using server = await new SourceServer().listen();
  server.replies.set("/b/k.tgz", [403]);
  const files = join(folder, "credentials");
  await writeFile(files, "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = s\n");
  try {
    const failure = await runLocal({
      location: "s3://b/k.tgz",
      fileExistsBehavior: "DISALLOW",
      groupId: "g",
      groupName: "g",
      application: "a",
      appSpecFilename: "appspec.yml",
      root: join(folder, "root"),
      environment: {
        AWS_ENDPOINT_URL_S3: server.url,
        AWS_SHARED_CREDENTIALS_FILE: files,
        AWS_CONFIG_FILE: join(folder, "none"),
        AWS_PROFILE: "work",
      },
      signal: new AbortController().signal,
    }, { begins() {}, event() {}, line() {} });
    assert.match(failure?.evidence[0] ?? "", /The bundle s3:\/\/b\/k\.tgz cannot be downloaded/);
    assert.match(server.asked[0]?.authorization ?? "", /AKIAWORK.*\/us-east-1\/s3\//);
  } finally {
    await rm(folder, { recursive: true });
  }
});
