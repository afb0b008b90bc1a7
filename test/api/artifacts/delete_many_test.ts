import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { type ArtifactServer, type CallOptions, startArtifactServer } from "./artifact_server.ts";

let server: ArtifactServer;
before(async () => {
  server = await startArtifactServer();
});
after(() => server.close());

function list(keys: readonly string[], inside = ""): string {
  const objects = keys.map((key) => `<Object>${key}</Object>`).join("\n  ");
  return `<?xml version="1.0"?>\n<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\n` +
    `  ${objects}\n  ${inside}</Delete>`;
}

async function remove(body: string, options: CallOptions = {}): Promise<string> {
  const answer = await server.call("POST", "/many?delete", { body, ...options });
  const text = await answer.text();
  return `${answer.status} ${/^.*?<Error><Code>(\w+)/s.exec(text)?.[1] ?? text}`;
}

async function status(key: string): Promise<number> {
  return (await server.call("HEAD", `/many/${encodeURIComponent(key)}`)).status;
}

test("keys and versions are deleted together, and each is told", async () => {
  const put = await server.call("PUT", "/many/a", { body: "a" });
  for (const key of ["b", " c ", "d&e", "f\r"]) {
    await server.call("PUT", `/many/${encodeURIComponent(key)}`, { body: key });
  }
  const version = put.headers.get("x-amz-version-id");
  const body = list([
    `<Key>a</Key><VersionId>${version}</VersionId>`,
    "<Key>b</Key>",
    "<Key> c </Key>",
    "<Key>d&amp;e</Key>",
    "<Key>f&#13;</Key>",
    "<Key>never there</Key>",
    "<Key></Key>",
    `<Key>${"k".repeat(1025)}</Key>`,
  ]);
  const answer = await remove(body);
  assert.match(answer, /^200 /);
  assert.equal([...answer.matchAll(/<Deleted>/g)].length, 6);
  assert.equal([...answer.matchAll(/<DeleteMarker>true</g)].length, 5);
  assert.match(answer, new RegExp(`<Key>a</Key><VersionId>${version}</VersionId></Deleted>`));
  assert.match(answer, /<Error><Key><\/Key><Code>InvalidArgument</);
  assert.match(answer, /<Code>KeyTooLongError</);
  for (const key of ["a", "b", " c ", "d&e", "f\r"]) assert.equal(await status(key), 404, key);
});

test("a quiet delete tells of failures only", async () => {
  await server.call("PUT", "/many/q", { body: "q" });
  const quiet = "<Quiet>true</Quiet>";
  const answer = await remove(list(["<Key>q</Key>"], quiet));
  assert.doesNotMatch(answer, /<Deleted>|<Error>/);
  assert.equal(await status("q"), 404);
  assert.match(await remove(list(["<Key></Key>"], quiet)), /<Error><Key><\/Key>/);
});

const md5 = (text: string) => createHash("md5").update(text).digest("base64");
const refusals: [what: string, body: string, options: CallOptions, expected: string][] = [
  ["no object", list([]), {}, "400 MalformedXML"],
  ["no key", list(["<Name>x</Name>"]), {}, "400 MalformedXML"],
  ["no XML", "Delete", {}, "400 MalformedXML"],
  ["1001 keys", list(Array(1001).fill("<Key>kept</Key>")), {}, "400 MalformedXML"],
  [
    "another MD5",
    list(["<Key>kept</Key>"]),
    { headers: { "content-md5": md5("other") } },
    "400 BadDigest",
  ],
  ["a viewer", list(["<Key>kept</Key>"]), { as: "VIEW" }, "403 AccessDenied"],
  [
    "entities that grow",
    `<!DOCTYPE x [<!ENTITY a "aaaa">]>${list(["<Key>kept</Key>"])}`,
    {},
    "400 MalformedXML",
  ],
  ["more than 4 MiB", list(["<Key>kept</Key>"], " ".repeat(5 << 20)), {}, "400 EntityTooLarge"],
];
for (const [what, body, options, expected] of refusals) {
  test(`a delete of many is refused and deletes nothing: ${what}`, async () => {
    await server.call("PUT", "/many/kept", { body: "kept" });
    assert.equal(await remove(body, options), expected);
    assert.equal(await status("kept"), 200);
  });
}

test("a thousand keys go in one request", async () => {
  const keys = Array.from({ length: 1000 }, (_, number) => `<Key>n${number}</Key>`);
  const answer = await remove(list(keys));
  assert.equal([...answer.matchAll(/<Deleted>/g)].length, 1000);
});
