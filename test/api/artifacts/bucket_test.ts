import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type ArtifactServer, type CallOptions, startArtifactServer } from "./artifact_server.ts";

let server: ArtifactServer;
before(async () => {
  server = await startArtifactServer();
});
after(() => server.close());

/** Status and code, or the text of a good answer. */
async function ask(method: string, path: string, options?: CallOptions): Promise<string> {
  const answer = await server.call(method, path, options);
  const text = await answer.text();
  return `${answer.status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? text}`;
}

async function names(path = "/"): Promise<string[]> {
  const text = await ask("GET", path);
  return [...text.matchAll(/<Name>(.*?)<\/Name>/g)].map(([, name]) => name ?? "");
}

test("a bucket is made by CreateBucket or by the first write, and by no read", async () => {
  assert.deepEqual(await names(), []);
  assert.equal(await ask("HEAD", "/made-1"), "404 ");
  assert.equal(await ask("GET", "/made-1/k"), "404 NoSuchBucket");
  assert.equal(await ask("GET", "/made-1"), "404 NoSuchBucket");
  assert.equal(await ask("GET", "/made-1?versions"), "404 NoSuchBucket");
  assert.equal(await ask("DELETE", "/made-1/k"), "404 NoSuchBucket");
  assert.equal(await ask("DELETE", "/made-1"), "404 NoSuchBucket");
  assert.deepEqual(await names(), []);
  assert.equal(await ask("PUT", "/made-1"), "200 ");
  assert.equal(await ask("PUT", "/made-2/k", { body: "x" }), "200 ");
  assert.match(await ask("POST", "/made-3/k?uploads"), /^200 /);
  assert.deepEqual(await names(), ["made-1", "made-2", "made-3"]);
  assert.deepEqual(await names("/?prefix=made-2"), ["made-2"]);
  const page = await ask("GET", "/?max-buckets=2");
  assert.match(page, /<ContinuationToken>made-2<\/ContinuationToken>/);
  assert.deepEqual(await names("/?max-buckets=2&continuation-token=made-2"), ["made-3"]);
  assert.equal(await ask("HEAD", "/made-1"), "200 ");
  assert.equal(await ask("GET", "/made-1/k"), "404 NoSuchKey");
});

test("only an empty bucket goes: versions, markers and uploads count", async () => {
  const put = await server.call("PUT", "/full/k", { body: "x" });
  const marker = await server.call("DELETE", "/full/k");
  assert.equal(await ask("DELETE", "/full"), "409 BucketNotEmpty");
  for (const { headers } of [put, marker]) {
    await server.call("DELETE", `/full/k?versionId=${headers.get("x-amz-version-id")}`);
  }
  const begun = await ask("POST", "/full/k?uploads");
  assert.equal(await ask("DELETE", "/full"), "409 BucketNotEmpty");
  const id = /<UploadId>(\w+)</.exec(begun)?.[1];
  await server.call("DELETE", `/full/k?uploadId=${id}`);
  assert.equal(await ask("DELETE", "/full"), "204 ");
  assert.equal(await ask("HEAD", "/full"), "404 ");
});

test("who may only read makes and deletes no bucket", async () => {
  await server.call("PUT", "/owned");
  assert.equal(await ask("PUT", "/viewed", { as: "VIEW" }), "403 AccessDenied");
  assert.equal(await ask("DELETE", "/owned", { as: "VIEW" }), "403 AccessDenied");
  assert.equal(await ask("HEAD", "/owned", { as: "VIEW" }), "200 ");
  assert.match(await ask("GET", "/", { as: "VIEW" }), /<Name>owned</);
  assert.equal(await ask("GET", "/", { as: "NOBODY" }), "403 InvalidAccessKeyId");
});

test("versioning is Enabled and stays so", async () => {
  await server.call("PUT", "/kept");
  const wish = (status: string) =>
    `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
    `<Status>${status}</Status></VersioningConfiguration>`;
  assert.equal(await ask("PUT", "/kept?versioning", { body: wish("Enabled") }), "200 ");
  assert.equal(
    await ask("PUT", "/kept?versioning", { body: wish("Suspended") }),
    "501 NotImplemented",
  );
  assert.equal(await ask("PUT", "/kept?versioning", { body: "<x/>" }), "400 MalformedXML");
  assert.equal(await ask("PUT", "/kept?versioning", { body: "<x" }), "400 MalformedXML");
  assert.match(await ask("GET", "/kept?versioning"), /<Status>Enabled<\/Status>/);
});

test("in us-east-1 a bucket may be created again, and its location is said by nothing", async () => {
  for (let time = 0; time < 2; time++) assert.equal(await ask("PUT", "/again"), "200 ");
  const location = await ask("GET", "/again?location");
  assert.match(location, /<LocationConstraint xmlns="[^"]+"><\/LocationConstraint>$/);
  const body = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>" +
    "</CreateBucketConfiguration>";
  assert.equal(await ask("PUT", "/configured", { body }), "200 ");
  assert.equal(await ask("PUT", "/broken", { body: "<Create" }), "400 MalformedXML");
  assert.equal(await ask("HEAD", "/broken"), "404 ");
});

test("elsewhere a bucket is created once, and its location is the server's region", async () => {
  const other = await startArtifactServer({ region: "eu-west-1" });
  try {
    assert.equal((await other.call("PUT", "/once")).status, 200);
    const again = await other.call("PUT", "/once");
    assert.equal(again.status, 409);
    assert.match(await again.text(), /<Code>BucketAlreadyOwnedByYou<\/Code>/);
    const location = await other.call("GET", "/once?location");
    assert.match(await location.text(), />eu-west-1<\/LocationConstraint>$/);
    const head = await other.call("HEAD", "/once");
    assert.equal(head.headers.get("x-amz-bucket-region"), "eu-west-1");
  } finally {
    await other.close();
  }
});
