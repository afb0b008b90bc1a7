import assert from "node:assert/strict";
import { test } from "node:test";
import { destinationOf, parseDomains } from "../../../core/api/artifacts/s3_hosts.ts";

const SIGNED =
  "AWS4-HMAC-SHA256 Credential=K/20261125/us-east-1/s3/aws4_request, SignedHeaders=host";
const ELSE = SIGNED.replace("/s3/", "/codedeploy/");
const DOMAINS = ["internal", "runtime.example.com", "s3.internal", "own.localhost"];

/** "other", "path", or the bucket. */
function destination(host: string, authorization = SIGNED, path = "/a/b"): string {
  const url = new URL(`http://${host}${path}`);
  const request = new Request(url, { headers: authorization ? { authorization } : {} });
  const to = destinationOf(request, url, DOMAINS);
  return to.kind === "other" ? "other" : to.bucket ?? "path";
}

const table: [host: string, expected: string][] = [
  ["bundles.s3.us-east-1.amazonaws.com", "bundles"],
  ["bundles.s3.amazonaws.com", "bundles"],
  ["dotted.name.s3.eu-central-1.amazonaws.com", "dotted.name"],
  ["bundles.s3-fips.us-gov-west-1.amazonaws.com", "bundles"],
  ["bundles.s3.dualstack.us-west-2.amazonaws.com", "bundles"],
  ["bundles.s3-fips.dualstack.us-west-2.amazonaws.com", "bundles"],
  ["bundles.s3-us-west-2.amazonaws.com", "bundles"],
  ["bundles.s3-accelerate.amazonaws.com", "bundles"],
  ["bundles.s3.cn-north-1.amazonaws.com.cn", "bundles"],
  ["s3.us-east-1.amazonaws.com", "path"],
  ["s3.amazonaws.com", "path"],
  ["s3-fips.us-east-1.amazonaws.com", "path"],
  ["s3.dualstack.us-east-1.amazonaws.com", "path"],
  ["s3.s3.us-east-1.amazonaws.com", "s3"],
  ["BUNDLES.s3.amazonaws.com", "bundles"],
  ["bundles.s3.us-east-1.amazonaws.com:8443", "bundles"],
  ["bundles.runtime.example.com", "bundles"],
  ["a.b.s3.internal:8080", "a.b"],
  ["runtime.example.com", "path"],
  ["s3.internal", "path"],
  ["x.internal", "x"],
  ["own.localhost:8080", "path"],
  ["bundles.own.localhost", "bundles"],
  ["bundles.localhost:8080", "bundles"],
  ["localhost:8080", "path"],
  ["127.0.0.1:8080", "path"],
  ["[::1]:8080", "path"],
  ["server", "path"],
  ["deploy.example.org", "path"],
  ["notruntime.example.com", "path"],
  ["bundles.s3.us-east-1.amazonaws.com.evil.example", "path"],
  ["xs3.amazonaws.com", "path"],
];
for (const [host, expected] of table) {
  test(`a request that is signed for S3 to ${host} means ${expected}`, () => {
    assert.equal(destination(host), expected);
  });
}

for (const authorization of ["", ELSE]) {
  const how = authorization === "" ? "not signed" : "signed for CodeDeploy";
  const others: [host: string, expected: string][] = [
    ["localhost:8080", "other"],
    ["runtime.localhost", "other"],
    ["runtime.example.com", "other"],
    ["codedeploy.us-east-1.amazonaws.com", "other"],
    ["iam.amazonaws.com", "other"],
    // Nobody but S3 is asked below these names: the refusal is S3's, too.
    ["bundles.s3.us-east-1.amazonaws.com", "bundles"],
    ["bundles.runtime.example.com", "bundles"],
  ];
  for (const [host, expected] of others) {
    test(`a request that is ${how} to ${host} means ${expected}`, () => {
      assert.equal(destination(host, authorization), expected);
    });
  }
}

test("the signature in the query of a presigned URL counts like one in the header", () => {
  const query = "/k?X-Amz-Credential=K%2F20261125%2Fus-east-1%2Fs3%2Faws4_request";
  assert.equal(destination("bundles.localhost", "", query), "bundles");
  assert.equal(destination("localhost", "", query), "path");
});

test("a request that names an operation of the JSON API is none of S3's, however it is signed", () => {
  const headers = { authorization: SIGNED, "x-amz-target": "CodeDeploy_20141006.GetApplication" };
  const url = new URL("http://localhost:8080/");
  const request = new Request(url, { method: "POST", headers });
  assert.equal(destinationOf(request, url, DOMAINS).kind, "other");
});

test("domains are host names, parted by commas", () => {
  assert.deepEqual(parseDomains(""), []);
  assert.deepEqual(parseDomains(" Runtime.Example.com, s3.internal,"), [
    "runtime.example.com",
    "s3.internal",
  ]);
  for (const wrong of ["*.example.com", ".example.com", "http://x", "a b", "x:80"]) {
    assert.throws(() => parseDomains(`good,${wrong}`), /is not a host name/, wrong);
  }
});
