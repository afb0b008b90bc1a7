/** Where a bundle comes from (spec 6.1), and web addresses, which are ours. @module */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { GITHUB_ENDPOINT, originOf } from "../../core/agent/bundle_origin.ts";
import { BundleError } from "../../core/agent/bundle_request.ts";
import { type BundleSource, downloadBundle } from "../../core/agent/download.ts";
import { layout } from "../../core/agent/layout.ts";
import { s3Origin } from "../../core/agent/s3_origin.ts";
import { fetchVia } from "../../core/platform.ts";
import type { DeploymentSpecification } from "../../core/wire/agent_protocol.ts";
import type { GitHubRevision } from "../../core/wire/bundle_revision.ts";
import { tgz } from "./archive/tar_bytes.ts";
import { zip } from "./archive/zip_bytes.ts";
import { identity, withStore } from "./bundle_store.ts";
import { type Certificate, newCertificate, type Reply, SourceServer } from "./source_server.ts";

const APPSPEC = "version: 0.0\nos: linux\n";
/** As GitHub packs a commit: everything below one directory. */
const PACKED = [{ name: "owner-repo-c0ffee/appspec.yml", body: APPSPEC }];
const TGZ = tgz(...PACKED);
const ZIP = zip(...PACKED);
const TARBALL = "/repos/owner/repo/tarball/c0ffee";
const GITHUB: GitHubRevision = { Account: "owner", Repository: "repo", CommitId: "c0ffee" };

type Revision = DeploymentSpecification["Revision"];
type What = Pick<DeploymentSpecification, "GitHubAccessToken"> & { Revision: Revision };

const github = (changes: Partial<GitHubRevision> = {}): What => ({
  Revision: { RevisionType: "GitHub", GitHubRevision: { ...GITHUB, ...changes } },
});
const https = (Url: string, bytes: Uint8Array = TGZ): What => ({
  Revision: {
    RevisionType: "HTTPS",
    HttpsRevision: { Url, BundleType: "tgz", SHA256: sha256(bytes) },
  },
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What was unpacked as the revision's AppSpec. */
async function downloaded(what: What, source: Partial<BundleSource>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "sources-"));
  const places = layout(root);
  await mkdir(places.instructions, { recursive: true });
  try {
    await downloadBundle(
      { specification: { DeploymentGroupId: "g", DeploymentId: "d", ...what } },
      places,
      { s3Endpoint: "http://127.0.0.1:9", identity, retryAfter: [1, 1, 1], ...source },
      { onLine() {}, signal: new AbortController().signal },
    );
    return await readFile(join(places.deployment("g", "d").archive, "appspec.yml"), "utf8");
  } finally {
    await rm(root, { recursive: true });
  }
}

/** A server that gives one path these replies. */
async function serving(path: string, ...replies: Reply[]): Promise<SourceServer> {
  const server = await new SourceServer().listen();
  server.replies.set(path, replies);
  return server;
}

test("spec 6.1 GitHub: a commit's tarball is unpacked without its leading directory", async () => {
  await using server = await serving(TARBALL, { bytes: TGZ });
  assert.equal(await downloaded(github(), { githubEndpoint: server.url }), APPSPEC);
  assert.deepEqual(server.asked, [{ path: TARBALL, authorization: undefined, range: undefined }]);
});

test("spec 6.1 GitHub: BundleType zip asks for the zipball", async () => {
  await using server = await serving("/repos/owner/repo/zipball/c0ffee", { bytes: ZIP });
  const what = github({ BundleType: "zip" });
  assert.equal(await downloaded(what, { githubEndpoint: server.url }), APPSPEC);
});

test("spec 6.1 GitHub: another BundleType is refused before anything is asked", async () => {
  await assert.rejects(downloaded(github({ BundleType: "tgz" }), {}), {
    name: "BundleError",
    message: "GitHub revision specified with bundle_type other than zip or tar [bundle_type=tgz]",
  });
});

test("spec 6.1 GitHub: a token goes to GitHub, and to no host that it redirects to", async () => {
  await using codeload = await new SourceServer().listen("localhost");
  codeload.replies.set("/legacy.tar.gz?token=x", [{ bytes: TGZ }]);
  await using server = await serving(TARBALL, { to: "/renamed", status: 301 });
  server.replies.set("/renamed", [{ to: `${codeload.url}/legacy.tar.gz?token=x` }]);
  const what = { ...github(), GitHubAccessToken: "secret" };
  assert.equal(await downloaded(what, { githubEndpoint: server.url }), APPSPEC);
  const told = [...server.asked, ...codeload.asked].map(({ authorization }) => authorization);
  assert.deepEqual(told, ["token secret", "token secret", undefined]);
});

const tokens: [what: string, given: What, expected: string][] = [
  ["the specification's", { ...github(), GitHubAccessToken: "a" }, "token a"],
  ["the revision's", github({ Anonymous: false, OAuthToken: "b" }), "token b"],
  ["the configuration's", github(), "token from-file"],
];
for (const [what, given, expected] of tokens) {
  test(`of three tokens ${what} is sent when there is none before it`, async () => {
    await withTokenFile("from-file\n", 0o600, async (githubTokenFile) => {
      await using server = await serving(TARBALL, { bytes: TGZ });
      await downloaded(given, { githubEndpoint: server.url, githubTokenFile });
      assert.equal(server.asked[0]?.authorization, expected);
    });
  });
}

const badTokens: [what: string, text: string, mode: number, message: RegExp][] = [
  ["that others may read", "t", 0o644, /has mode 0644: chmod 600/],
  ["with two lines", "one\ntwo\n", 0o600, /must hold one token and nothing else/],
  ["that is empty", "", 0o600, /must hold one token and nothing else/],
];
for (const [what, text, mode, message] of badTokens) {
  test(`a token file ${what} is refused before anything is asked`, async () => {
    await withTokenFile(text, mode, async (githubTokenFile) => {
      await using server = await serving(TARBALL, { bytes: TGZ });
      const trial = downloaded(github(), { githubEndpoint: server.url, githubTokenFile });
      await assert.rejects(trial, message);
      assert.deepEqual(server.asked, []);
    });
  });
}

async function withTokenFile(text: string, mode: number, play: (file: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "token-"));
  const file = join(folder, "token");
  try {
    await writeFile(file, text);
    await chmod(file, mode);
    await play(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("spec 6.1 GitHub: refusals are met by three more attempts, and all codes are told", async () => {
  await using server = await serving(TARBALL, 404, 500, 403, 404);
  await assert.rejects(downloaded(github(), { githubEndpoint: server.url }), {
    name: "BundleError",
    message: `Could not download bundle at '${server.url}${TARBALL}' after 3 retries. Server ` +
      "returned codes: 404 'Not Found'; 500 'Internal Server Error'; 403 'Forbidden'; " +
      "404 'Not Found'. A private repository needs a token: give it to the server (runtime " +
      "github-token set OWNER), or name its file as github_token_file in codedeployagent.yml.",
  });
  assert.equal(server.asked.length, 4);
});

test("spec 6.1 GitHub: a refusal that passes is no failure", async () => {
  await using server = await serving(TARBALL, 502, 404, { bytes: TGZ });
  assert.equal(await downloaded(github(), { githubEndpoint: server.url }), APPSPEC);
});

test("spec 6.1 GitHub: the attempts are 10, 30 and 90 seconds apart, at GitHub's own address", async () => {
  const origin = await originOf(github(), { s3Endpoint: "http://127.0.0.1:9", identity });
  assert.deepEqual(origin.retryAfter, [10_000, 30_000, 90_000]);
  assert.equal(GITHUB_ENDPOINT, "https://api.github.com");
  assert.equal(origin.name, GITHUB_ENDPOINT + TARBALL);
});

for (const [member, name] of [["Account", ".."], ["Repository", "."], ["CommitId", ".."]]) {
  test(`GitHub's ${member} cannot lead out of its address as ${name}`, async () => {
    await assert.rejects(downloaded(github({ [member!]: name }), {}), /is no name of GitHub's/);
  });
}

let certificate: Promise<Certificate> | undefined;
async function secureServer(): Promise<[server: SourceServer, fetch: typeof globalThis.fetch]> {
  certificate ??= newCertificate();
  const own = await certificate;
  return [await new SourceServer(own).listen(), fetchVia({ ca: [own.cert] })];
}

test("a bundle of the right hash comes over TLS, by way of a redirect", async () => {
  const [server, fetch] = await secureServer();
  await using _ = server;
  server.replies.set("/x.tgz", [{ to: "/moved.tgz", status: 307 }]);
  server.replies.set("/moved.tgz", [{ bytes: TGZ }]);
  assert.equal(await downloaded(https(`${server.url}/x.tgz`), { fetch }), APPSPEC);
});

test("a bundle over TLS of an authority that the host does not trust is not taken", async () => {
  const [server] = await secureServer();
  await using _ = server;
  server.replies.set("/x.tgz", [{ bytes: TGZ }]);
  await assert.rejects(
    downloaded(https(`${server.url}/x.tgz`), {}),
    /^BundleError: The download of/,
  );
  assert.deepEqual(server.asked, []);
});

test("a redirect away from TLS is not followed, and nothing is asked there", async () => {
  await using plain = await serving("/x.tgz", { bytes: TGZ });
  const [server, fetch] = await secureServer();
  await using _ = server;
  server.replies.set("/x.tgz", [{ to: `${plain.url}/x.tgz` }]);
  await assert.rejects(downloaded(https(`${server.url}/x.tgz`), { fetch }), {
    name: "BundleError",
    message: `${server.url} redirected to ${plain.url}, which is not https: redirects are ` +
      "followed to https:// only",
  });
  assert.deepEqual(plain.asked, []);
});

const refusals: [what: string, replies: Reply[], message: RegExp, asked: number][] = [
  ["that is missing is told at once", [404], /cannot be downloaded: HTTP 404 Not Found$/, 1],
  ["of another hash is told at once", [{ bytes: ZIP }], /bundle sha256 \w+ but was actually/, 1],
  ["that leads in a circle is told", [{ to: "/x.tgz" }], /redirected more than 5 times$/, 6],
  ["that leads nowhere is told", [{ to: "http://" }], /redirected to no address: http:\/\/$/, 1],
  ["at a server in trouble is asked for again", [503], /HTTP 503 Service Unavailable$/, 4],
];
for (const [what, replies, message, asked] of refusals) {
  test(`a bundle at an address ${what}`, async () => {
    await using server = await serving("/x.tgz", ...replies);
    await assert.rejects(downloaded(https(`${server.url}/x.tgz`), {}), (error) => {
      assert.ok(error instanceof BundleError);
      assert.match(error.message, message);
      return true;
    });
    assert.equal(server.asked.length, asked);
  });
}

test("spec 6.1 S3: a redirect is not followed with the host's signature", async () => {
  await using server = await serving("/b/k", { to: "http://localhost:9/b/k", status: 307 });
  const S3Revision = {
    Bucket: "b",
    Key: "k",
    BundleType: "tgz",
    Version: null,
    ETag: null,
  } as const;
  const what: What = { Revision: { RevisionType: "S3", S3Revision } };
  await assert.rejects(downloaded(what, { s3Endpoint: server.url }), {
    name: "BundleError",
    message: "The bundle s3://b/k cannot be downloaded: HTTP 307: it redirects to " +
      "http://localhost:9/b/k",
  });
});

test("a download from an address that breaks off goes on where it stopped", async () => {
  await withStore(async (store) => {
    store.bytes = tgz({ name: "appspec.yml", body: APPSPEC }, { name: "x", body: noise(300_000) });
    store.tears.push(100_000);
    const got = await downloaded(https(`${store.url}/x.tgz`, store.bytes), {});
    assert.equal(got, APPSPEC);
    assert.deepEqual(store.asked.map(({ ifMatch }) => ifMatch), [undefined, '"e1"']);
  });
});

/** Bytes that do not get smaller when packed. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => (state = state * 48_271 % 0x7fffffff) & 0xff);
}

const addresses: [endpoint: string, bucket: string, version: string | null, address: string][] = [
  ["https://s3.eu-west-1.amazonaws.com", "b-1", null, "https://b-1.s3.eu-west-1.amazonaws.com/k/v"],
  [
    "https://s3.cn-north-1.amazonaws.com.cn",
    "bucket",
    "v1",
    "https://bucket.s3.cn-north-1.amazonaws.com.cn/k/v?versionId=v1",
  ],
  [
    "https://s3-fips.us-east-1.amazonaws.com",
    "bucket",
    null,
    "https://bucket.s3-fips.us-east-1.amazonaws.com/k/v",
  ],
  [
    "https://s3.eu-west-1.amazonaws.com",
    "dotted.name",
    null,
    "https://s3.eu-west-1.amazonaws.com/dotted.name/k/v",
  ],
  ["http://127.0.0.1:8080/", "bucket", "v 1", "http://127.0.0.1:8080/bucket/k/v?versionId=v+1"],
  ["https://minio.test/s3", "bucket", null, "https://minio.test/s3/bucket/k/v"],
];
for (const [endpoint, Bucket, Version, address] of addresses) {
  test(`spec 6.1 S3: bucket ${Bucket} at ${endpoint} is asked for as ${address}`, async () => {
    const asked: string[] = [];
    const revision = { Bucket, Key: "k/v", BundleType: "tgz" as const, Version, ETag: null };
    const origin = s3Origin(revision, { s3Endpoint: endpoint, identity }, (url) => {
      asked.push(url.href);
      return Promise.resolve(new Response("x"));
    });
    await origin.request(undefined, new AbortController().signal);
    assert.deepEqual(asked, [address]);
  });
}
