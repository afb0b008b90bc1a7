/**
 * Requests to the artifact store: methods, hosts, paths, queries, headers and bodies that are each
 * right or wrong, put together by chance.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { DOMAIN } from "./front.ts";

/** What there is to ask for. */
export interface S3Known {
  bucket: string;
  key: string;
  versionId: string;
  uploadId: string;
  etag: string;
}

export interface S3Draft {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer> | undefined;
}

const text = (...texts: string[]) => fc.constantFrom(...texts);

/** Names a host can have; those that no URL takes are left out. */
const HOSTS = text(
  ...Array(12).fill("runtime.test"),
  ...[
    DOMAIN,
    `bundles.${DOMAIN}`,
    `a.b.${DOMAIN}`,
    `xn--.${DOMAIN}`,
    `${"a".repeat(63)}.${DOMAIN}`,
  ],
  ...["bundles.localhost", "s3.amazonaws.com", "bundles.s3.eu-central-1.amazonaws.com", "[::1]:1"],
  ...["..s3.amazonaws.com", `__proto__.${DOMAIN}`, "127.1", "a".repeat(5_000)],
).filter((host) => URL.canParse(`http://${host}/`));

function pathsOf({ bucket, key }: S3Known): fc.Arbitrary<string> {
  const good = [`/${bucket}/${key}`, `/${bucket}/${key}`, `/${bucket}`, `/${bucket}/`, "/"];
  return fc.oneof(
    { arbitrary: text(...good, `/${bucket}/new`, `/${bucket}/a/b//c`, `/${key}`), weight: 8 },
    {
      arbitrary: text(
        ...["//", "/../etc", "/b/%2e%2e/%2e%2e/x", "/bundles/%00", "/bundles/%ff", "/%ff", "/%zz"],
        ...["/bundles/%ed%a0%80", "/BUNDLES/k", "/__proto__/k", "/bundles/__proto__", "/b", "/%2f"],
        ...[`/bundles/${"k".repeat(1_025)}`, `/bundles/${"%C3%A9".repeat(600)}`, "/bundles/%0d%0a"],
        ...["/bundles/\u202e", "/bundles/;x=y", "/bundles/%EF%BF%BF", "/bundles/%01", "/a/./../b"],
      ),
      weight: 3,
    },
  );
}

function queryOf({ uploadId, versionId }: S3Known): fc.Arbitrary<string> {
  const numbers = ["0", "1", "-1", "1e3", "10000", "10001", "99999999999999999999", "", "x", "0x1"];
  const names = text(
    ...["list-type", "max-keys", "prefix", "delimiter", "marker", "start-after", "versionId"],
    ...["continuation-token", "encoding-type", "fetch-owner", "key-marker", "version-id-marker"],
    ...["upload-id-marker", "max-uploads", "max-parts", "part-number-marker", "max-buckets"],
    ...["partNumber", "uploadId", "acl", "policy", "x-id", "X-Amz-Expires", "response-expires"],
    ...["response-content-type", "response-content-disposition", "__proto__", "", "attributes"],
  );
  const values = text(
    ...numbers,
    "2",
    "url",
    "/",
    "%00",
    "%ff",
    "%0d%0a",
    uploadId,
    versionId,
    "null",
  );
  return fc.oneof(
    { arbitrary: fc.constant(""), weight: 4 },
    {
      arbitrary: text(
        ...["list-type=2", "list-type=2&max-keys=1", "versions", "uploads", "delete", "versioning"],
        ...["location", "tagging", "attributes", `versionId=${versionId}`, "acl", "uploads=&x=y"],
        ...[`uploadId=${uploadId}`, `uploadId=${uploadId}&partNumber=2`, "uploadId=x&partNumber=1"],
      ),
      weight: 6,
    },
    {
      arbitrary: fc.array(fc.tuple(names, values), { maxLength: 4 })
        .map((pairs) => pairs.map((pair) => pair.join("=")).join("&")),
      weight: 4,
    },
  );
}

const BIG = "99999999999999999999";
function headersOf({ bucket, key, etag, versionId }: S3Known): fc.Arbitrary<[string, string]> {
  const options: [string, string[]][] = [
    ["range", ["bytes=0-0", "bytes=-1", "bytes=5-1", `bytes=${BIG}-`, "bytes=0-1,2-3", "bits=1"]],
    ["if-match", [etag, "*", '"x"', "\u00e9", '"'.repeat(5_000)]],
    ["if-none-match", [etag, "*", '"x", "y"', ""]],
    ["if-modified-since", ["Thu, 01 Jan 1970 00:00:00 GMT", "x", "9".repeat(50)]],
    ["if-unmodified-since", ["Thu, 01 Jan 1970 00:00:00 GMT", "x"]],
    ["content-md5", ["x", "1B2M2Y8AsgTpgAmY7PhCfg==", "=".repeat(100)]],
    ["x-amz-checksum-crc32", ["AAAAAA==", "x", ""]],
    ["x-amz-checksum-sha256", ["x", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]],
    ["x-amz-sdk-checksum-algorithm", ["CRC32", "SHA1", "__proto__", "CRC64NVME", "MD5"]],
    ["x-amz-checksum-algorithm", ["CRC32", "__proto__", "SHA256"]],
    ["x-amz-checksum-type", ["FULL_OBJECT", "COMPOSITE", "x"]],
    ["x-amz-checksum-mode", ["ENABLED", "x"]],
    ["x-amz-trailer", ["x-amz-checksum-crc32", "x", "__proto__"]],
    ["x-amz-decoded-content-length", ["0", "5", "-1", "x", BIG]],
    ["x-amz-copy-source", [
      ...[
        `/${bucket}/${key}`,
        `${bucket}/${key}?versionId=${versionId}`,
        `${bucket}/${key}?versionId=`,
      ],
      ...["x", "/", "%ff/%ff", "//", `${bucket}/%00`, "__proto__/x", `${bucket}/none`],
    ]],
    ["x-amz-copy-source-range", ["bytes=0-0", "bytes=1-0", "x", `bytes=0-${BIG}`]],
    ["x-amz-copy-source-if-match", [etag, "x"]],
    ["x-amz-metadata-directive", ["COPY", "REPLACE", "x"]],
    ["x-amz-meta-a", ["\u00e9", "x".repeat(3_000), "", "=?UTF-8?B?/w==?="]],
    ["x-amz-meta-__proto__", ["x"]],
    ["x-amz-acl", ["private", "public-read", "x"]],
    ["x-amz-storage-class", ["STANDARD", "GLACIER", "x"]],
    ["x-amz-tagging", ["a=b"]],
    ["x-amz-object-attributes", ["ETag,ObjectSize", "ObjectParts,Checksum,StorageClass", "x", ""]],
    ["x-amz-server-side-encryption", ["AES256"]],
    ["x-amz-mp-object-size", ["0", "-1", "x", BIG]],
    ["content-type", [
      "text/html",
      "\u00e9",
      "x".repeat(5_000),
      "application/x-www-form-urlencoded",
    ]],
    ["content-encoding", ["aws-chunked", "gzip", "aws-chunked,gzip"]],
    ["expect", ["100-continue"]],
    ["content-length", ["0", "1", BIG]],
    ["x-amz-content-sha256", [
      ...["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x", "", "0".repeat(64)],
      ...["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"],
      ...["STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", createHash("sha256").digest("hex")],
    ]],
  ];
  return fc.constantFrom(...options)
    .chain(([name, values]) => text(...values).map((value): [string, string] => [name, value]));
}

/** Bodies that are documents, chunks of a signed body, or neither. */
function bodiesOf({ key, versionId, etag }: S3Known): fc.Arbitrary<string | Buffer> {
  const part = `<Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part>`;
  const object = `<Object><Key>${key}</Key><VersionId>${versionId}</VersionId></Object>`;
  const sound = [
    `<Delete>${object}</Delete>`,
    "<Delete><Quiet>true</Quiet><Object><Key>none</Key></Object></Delete>",
    `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`,
    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
    "<CreateBucketConfiguration><LocationConstraint>x</LocationConstraint></CreateBucketConfiguration>",
  ];
  const signature = `chunk-signature=${"0".repeat(64)}`;
  return fc.oneof(
    fc.constantFrom(...sound),
    text(
      ...[
        "",
        "x",
        "<",
        "<a>",
        "<Delete/>",
        "<Delete><Object/></Delete>",
        "<Delete></Delet>",
        "<?xml",
      ],
      `<!DOCTYPE a [<!ENTITY b "${"c".repeat(99)}">]><Delete><Object><Key>${
        "&b;".repeat(999)
      }</Key></Object></Delete>`,
      '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&b;</Key></Object></Delete>',
      `<Delete>${object.repeat(1_001)}</Delete>`,
      `<CompleteMultipartUpload>${part.repeat(10_001)}</CompleteMultipartUpload>`,
      `${"<Delete>".repeat(5_000)}`,
      "<Delete><__proto__><Key>x</Key></__proto__><Object><Key>&#0;&#xD800;&#x110000;</Key></Object></Delete>",
      `<Delete><Object><Key><![CDATA[${key}]]></Key></Object><!-- -- --></Delete>`,
      `<Delete ${"a='b' ".repeat(1_000)}><Object><Key>1e400</Key></Object></Delete>`,
      ...["5\r\nhello\r\n0\r\n\r\n", "5\r\nhell", "-1\r\n\r\n", "ffffffffffff\r\nx", "zz\r\n"],
      "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
      "0\r\n" + "x:y\r\n".repeat(100) + "\r\n",
      "0".repeat(10_000),
      ...[`5;${signature}\r\nhello\r\n0;${signature}\r\n\r\n`, `0;${signature}\r\n\r\n`],
      ...["5;chunk-signature=\r\nhello\r\n", "5;x=y;chunk-signature=0\r\nhello\r\n0\r\n\r\n"],
    ),
    fc.constantFrom(
      Buffer.from("<Delete/>", "utf16le"),
      Buffer.from([0xff, 0xfe, 0, 0x80]),
      Buffer.alloc(200_000, "x"),
    ),
  );
}

/** Any request, as far as a URL and headers can be made of it. */
export function anyS3(known: S3Known): fc.Arbitrary<S3Draft> {
  const methods = text(
    ...["GET", "GET", "HEAD", "PUT", "PUT", "PUT", "POST", "POST", "DELETE", "PATCH", "OPTIONS"],
    "FOO",
  );
  return fc.record({
    method: methods,
    host: HOSTS,
    path: pathsOf(known),
    query: queryOf(known),
    headers: fc.array(headersOf(known), { maxLength: 3 }),
    body: bodiesOf(known),
  }).map(({ method, host, path, query, headers, body }) => ({
    method,
    url: new URL(`http://${host}${path}${query && `?${query}`}`),
    headers: Object.fromEntries(headers),
    body: method === "GET" || method === "HEAD" ? undefined : new Uint8Array(Buffer.from(body)),
  }));
}
