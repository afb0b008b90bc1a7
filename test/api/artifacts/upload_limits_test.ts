import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { crc32 } from "node:zlib";
import { signable, signHeaders } from "../../../core/wire/sigv4.ts";
import { type ArtifactServer, REGION, secretOf, startArtifactServer } from "./artifact_server.ts";

let server: ArtifactServer;
before(async () => {
  server = await startArtifactServer();
});
after(() => server.close());

const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest();
const crcOf = (text: string) => {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(text));
  return sum;
};

interface Begun {
  path: string;
  id: string;
  headers: Headers;
}

async function begin(path: string, headers: Record<string, string> = {}): Promise<Begun> {
  const answer = await server.call("POST", `${path}?uploads`, { headers });
  const id = /<UploadId>(\w+)</.exec(await answer.text())?.[1] ?? "";
  return { path, id, headers: answer.headers };
}

async function part({ path, id }: Begun, number: number, body: string): Promise<Headers> {
  const answer = await server.call("PUT", `${path}?partNumber=${number}&uploadId=${id}`, { body });
  assert.equal(answer.status, 200, await answer.text());
  return answer.headers;
}

async function complete(
  { path, id }: Begun,
  parts: readonly string[],
  headers: Record<string, string> = {},
): Promise<string> {
  const list = parts.map((part) => `<Part>${part}</Part>`).join("\n");
  const body = `<CompleteMultipartUpload>\n${list}\n</CompleteMultipartUpload>`;
  const answer = await server.call("POST", `${path}?uploadId=${id}`, { body, headers });
  const text = await answer.text();
  return `${answer.status} ${/<Code>(\w+)</.exec(text)?.[1] ?? text}`;
}

const listed = (number: number, etag: string | null, more = "") =>
  `<PartNumber>${number}</PartNumber><ETag>${etag}</ETag>${more}`;

test("a thousand parts become one object", async () => {
  const upload = await begin("/limits/thousand");
  const parts: string[] = [];
  for (let number = 1; number <= 1000; number++) {
    const { etag } = Object.fromEntries(await part(upload, number, `part ${number},`));
    parts.push(listed(number, etag ?? ""));
  }
  assert.match(await complete(upload, parts), /^200 .*-1000&quot;/s);
  const read = await (await server.call("GET", "/limits/thousand")).text();
  assert.equal(read.split(",").length, 1001);
  assert.ok(read.endsWith("part 1000,"));
  assert.ok((await server.files()).every((file) => !file.startsWith("uploads/")));
});

test("parts but the last must have 5 MiB, and a refused upload goes on", async () => {
  const strict = await startArtifactServer({ partBytesMin: 5 << 20 });
  try {
    const begun = await (await strict.call("POST", "/limits/small?uploads")).text();
    const id = /<UploadId>(\w+)</.exec(begun)?.[1];
    const at = (number: number) => `/limits/small?uploadId=${id}&partNumber=${number}`;
    const small = await strict.call("PUT", at(1), { body: "small" });
    const last = await strict.call("PUT", at(2), { body: "last" });
    const body = (...parts: string[]) =>
      `<CompleteMultipartUpload>${parts.map((part) => `<Part>${part}</Part>`).join("")}` +
      "</CompleteMultipartUpload>";
    const [one, two] = [small, last].map((answer, index) =>
      listed(index + 1, answer.headers.get("etag"))
    );
    const end = `/limits/small?uploadId=${id}`;
    const refused = await strict.call("POST", end, { body: body(one ?? "", two ?? "") });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /<Code>EntityTooSmall<.*Part 1 has 5 bytes/s);
    const done = await strict.call("POST", end, { body: body(two ?? "") });
    assert.equal(done.status, 200, await done.text());
  } finally {
    await strict.close();
  }
});

test("a sum of sums is made of what the parts have, and compared with what the client says", async () => {
  const headers = { "x-amz-checksum-algorithm": "CRC32" };
  const upload = await begin("/limits/composite", headers);
  assert.equal(upload.headers.get("x-amz-checksum-algorithm"), "CRC32");
  assert.equal(upload.headers.get("x-amz-checksum-type"), "COMPOSITE");
  const parts: string[] = [];
  for (const [index, text] of ["aaa", "bbb"].entries()) {
    const answer = await part(upload, index + 1, text);
    const sum = crcOf(text).toString("base64");
    assert.equal(answer.get("x-amz-checksum-crc32"), sum, "computed though it was not sent");
    parts.push(listed(index + 1, answer.get("etag"), `<ChecksumCRC32>${sum}</ChecksumCRC32>`));
  }
  const sums = Buffer.concat([crcOf("aaa"), crcOf("bbb")]);
  const composite = Buffer.alloc(4);
  composite.writeUInt32BE(crc32(sums));
  const expected = `${composite.toString("base64")}-2`;
  const wrong = parts.with(1, parts[1]!.replace(/<ChecksumCRC32>.*?</, "<ChecksumCRC32>AAAAAA==<"));
  assert.equal(await complete(upload, wrong), "400 InvalidPart");
  const other = { "x-amz-checksum-crc32": "AAAAAA==-2" };
  assert.equal(await complete(upload, parts, other), "400 BadDigest");
  const done = await complete(upload, parts, { "x-amz-checksum-crc32": expected });
  assert.match(done, /<ChecksumType>COMPOSITE</);
  assert.ok(done.includes(`<ChecksumCRC32>${expected}<`), done);
  const read = await server.call("HEAD", "/limits/composite", {
    headers: { "x-amz-checksum-mode": "ENABLED" },
  });
  assert.equal(read.headers.get("x-amz-checksum-crc32"), expected);
  assert.equal(read.headers.get("x-amz-checksum-type"), "COMPOSITE");
});

test("a sum of the whole is computed over the whole", async () => {
  const headers = { "x-amz-checksum-algorithm": "CRC64NVME" };
  const upload = await begin("/limits/full", headers);
  assert.equal(upload.headers.get("x-amz-checksum-type"), "FULL_OBJECT");
  const parts = [];
  for (const [index, text] of ["12345", "6789"].entries()) {
    parts.push(listed(index + 1, (await part(upload, index + 1, text)).get("etag")));
  }
  // The check value of the catalogue of parametrised CRC algorithms for "123456789".
  const sum = Buffer.from("ae8b14860a799888", "hex").toString("base64");
  const done = await complete(upload, parts);
  assert.ok(done.includes(`<ChecksumCRC64NVME>${sum}<`), done);
  assert.match(done, /<ChecksumType>FULL_OBJECT</);
});

for (
  const [algorithm, type] of [
    ["SHA256", "FULL_OBJECT"],
    ["CRC64NVME", "COMPOSITE"],
    ["MD5", "COMPOSITE"],
    ["CRC32", "HALF"],
  ] as const
) {
  test(`an upload cannot have a ${type} sum by ${algorithm}`, async () => {
    const answer = await server.call("POST", "/limits/kinds?uploads", {
      headers: { "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": type },
    });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /<Code>InvalidRequest</);
  });
}

test("what HTTP is told with an object comes back, after an upload in parts as well", async () => {
  const kept = {
    "cache-control": "no-cache",
    "content-disposition": "inline",
    "content-encoding": "gzip",
    "content-language": "de",
    "content-type": "text/html",
    expires: "Thu, 01 Dec 2026 16:00:00 GMT",
  };
  await server.call("PUT", "/limits/kept", { body: "kept", headers: kept });
  const upload = await begin("/limits/kept-parts", kept);
  await complete(upload, [listed(1, (await part(upload, 1, "kept")).get("etag"))]);
  for (const path of ["/limits/kept", "/limits/kept-parts"]) {
    const head = await server.call("HEAD", path);
    for (const [name, value] of Object.entries(kept)) {
      assert.equal(head.headers.get(name), value, `${path} ${name}`);
    }
    assert.equal(head.headers.get("x-amz-checksum-sha256"), null, "nobody asked for sums");
  }
  const ranged = await server.call("HEAD", "/limits/kept", { headers: { range: "bytes=1-2" } });
  assert.equal(ranged.status, 206);
  assert.equal(ranged.headers.get("content-range"), "bytes 1-2/4");
});

test("a host is told of no encoding, as it compares the bytes that are stored", async () => {
  const headers = { "content-encoding": "gzip" };
  await server.call("PUT", "/limits/encoded", { body: "no gzip at all", headers });
  const read = await server.call("GET", "/limits/encoded", { as: "HOST" });
  assert.equal(read.headers.get("content-encoding"), null);
  assert.equal(await read.text(), "no gzip at all");
});

test("the attributes of an object are those that were asked for", async () => {
  await server.call("PUT", "/limits/attributes", { body: "12345" });
  const ask = async (names: string) => {
    const headers = { "x-amz-object-attributes": names };
    const answer = await server.call("GET", "/limits/attributes?attributes", { headers });
    return `${answer.status} ${(await answer.text()).replace(/^.*?\n/, "")}`;
  };
  const sum = sha256("12345").toString("base64");
  assert.match(
    await ask("ObjectSize"),
    /<GetObjectAttributesResponse [^>]+><ObjectSize>5<\/ObjectSize></,
  );
  assert.ok((await ask("Checksum,ETag")).includes(`<ChecksumSHA256>${sum}<`));
  assert.match(await ask("Colour"), /^400 .*InvalidArgument/);
  assert.match(await ask(""), /^400 .*InvalidArgument/);
});

/** Sends the head of a signed PUT and a part of its body, then breaks off or goes on. */
async function broken(key: string, sent: string, announced: number): Promise<void> {
  const url = new URL(`${server.url}/limits/${key}`);
  const headers = await signHeaders(
    signable("PUT", url, { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }),
    { accessKeyId: "DEPLOY", secretAccessKey: secretOf("DEPLOY") },
    REGION,
    "s3",
  );
  const lines = Object.entries({ ...headers, "content-length": String(announced) })
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const socket = connect(Number(url.port), "127.0.0.1");
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.write(`PUT ${url.pathname} HTTP/1.1\r\n${lines}\r\n${sent}`, () => resolve());
  });
  const arrived = async () => (await server.files()).some((file) => file.startsWith("incoming/"));
  await until(arrived);
  socket.destroy();
  await until(async () => !(await arrived()));
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, "not within ten seconds");
    await new Promise((next) => setTimeout(next, 5));
  }
}

test("a body that breaks off leaves nothing behind", async () => {
  const files = await server.files();
  await broken("broken", "half of", 1_000_000);
  assert.deepEqual(await server.files(), files);
  assert.equal((await server.call("HEAD", "/limits/broken")).status, 404);
});

const keys: [what: string, path: string, status: number][] = [
  ["1024 bytes", `/limits/${"k".repeat(1024)}`, 200],
  ["1025 bytes", `/limits/${"k".repeat(1025)}`, 400],
  ["1024 bytes of two-byte letters", `/limits/${"%C3%BC".repeat(512)}`, 200],
  ["one letter more", `/limits/${"%C3%BC".repeat(512)}x`, 400],
  ["a zero byte", "/limits/a%00b", 400],
  ["half a letter", "/limits/%C3", 400],
  ["slashes alone", "/limits///", 200],
];
for (const [what, path, status] of keys) {
  test(`a key of ${what} is answered ${status}`, async () => {
    const answer = await server.call("PUT", path, { body: "x" });
    assert.equal(answer.status, status, await answer.text());
  });
}

test("more than 5 GiB in one request are refused before a byte is read", async () => {
  const answer = await server.call("PUT", "/limits/giant", {
    headers: {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": String(5 * 1024 ** 3 + 1),
    },
    body: "x",
  });
  assert.match(await answer.text(), /<Code>EntityTooLarge</);
});
