/** The examples that the S3 API reference prints for bodies signed chunk by chunk. @module */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { type ChunkPart, chunkSigner } from "../../core/api/chunk_signature.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const payload = (text: string): ChunkPart => ({ kind: "PAYLOAD", sha256: sha256(text) });
const LARGE = payload("a".repeat(65_536));
const SMALL = payload("a".repeat(1024));
const END = payload("");

function claimWith(signature: string) {
  return {
    kind: "header" as const,
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    region: "us-east-1",
    service: "s3",
    signedAt: Date.UTC(2013, 4, 24),
    signedHeaders: ["host"],
    signature,
  };
}

const examples: [what: string, seed: string, parts: [part: ChunkPart, signature: string][]][] = [
  ["without trailers", "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", [
    [LARGE, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"],
    [SMALL, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"],
    [END, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"],
  ]],
  ["with a trailer", "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", [
    [LARGE, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"],
    [SMALL, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"],
    [END, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"],
    [
      { kind: "TRAILER", sha256: sha256("x-amz-checksum-crc32c:sOO8/Q==\n") },
      "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
    ],
  ]],
];
for (const [what, seed, parts] of examples) {
  test(`the example of a body signed in chunks ${what} comes out as printed`, async () => {
    const sign = chunkSigner(claimWith(seed), SECRET);
    for (const [part, signature] of parts) assert.equal(await sign(part), signature);
  });
}
