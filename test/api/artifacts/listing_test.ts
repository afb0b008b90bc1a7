import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { type ArtifactServer, startArtifactServer } from "./artifact_server.ts";

let server: ArtifactServer;
const KEYS = ["a.zip", "web/1.zip", "web/2.zip", "web/old/0.zip", "zeta", "é", "😀"];
before(async () => {
  server = await startArtifactServer();
  for (const key of [...KEYS, "web/2.zip"]) {
    await server.call("PUT", `/bundles/${encodeURIComponent(key)}`, { body: key });
  }
  await server.call("DELETE", "/bundles/zeta");
});
after(() => server.close());

async function text(path: string): Promise<string> {
  const answer = await server.call("GET", path);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return text;
}

function all(text: string, tag: string): string[] {
  return [...text.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, "g"))].map(([, value]) =>
    value ?? ""
  );
}

const first: [what: string, query: string, names: string, more: string][] = [
  ["all", "", "a.zip web/1.zip web/2.zip web/old/0.zip é 😀", ""],
  ["folded", "delimiter=/", "a.zip é 😀 web/", ""],
  ["after a key", "marker=web/1.zip", "web/2.zip web/old/0.zip é 😀", ""],
  ["after a folded prefix", "delimiter=/&marker=web/", "é 😀", ""],
  ["two, folded", "delimiter=/&max-keys=2", "a.zip web/", "web/"],
  ["two", "max-keys=2", "a.zip web/1.zip", ""],
  ["none", "max-keys=0", "", ""],
];
for (const [what, query, names, more] of first) {
  test(`ListObjects, version 1: ${what}`, async () => {
    const answer = await text(`/bundles?${query}`);
    const found = [...all(answer, "Key"), ...all(answer, "CommonPrefixes")]
      .map((name) => name.replace(/<\/?Prefix>/g, ""));
    assert.equal(found.join(" "), names);
    assert.deepEqual(all(answer, "NextMarker"), more === "" ? [] : [more]);
    assert.match(answer, new RegExp(`<IsTruncated>${query.includes("max-keys=2")}<`));
  });
}

for (
  const wrong of ["max-keys=x", "max-keys=-1", "encoding-type=base64", "list-type=2&max-keys=."]
) {
  test(`a listing with ${wrong} is refused by the parameter's name`, async () => {
    const answer = await server.call("GET", `/bundles?${wrong}`);
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /<Code>InvalidArgument<.*(max-keys|encoding-type)/s);
  });
}

/** `key:latest` or `key:old`, markers in brackets, in the order of pages of this many. */
async function versions(query: string, size: number): Promise<string[]> {
  const found: string[] = [];
  let marker = "";
  for (let pages = 0; pages < 50; pages++) {
    const page = await text(`/bundles?versions&${query}&max-keys=${size}${marker}`);
    for (const [, tag, body = ""] of page.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/g)) {
      const [key = ""] = all(body, "Key");
      const name = `${key}:${all(body, "IsLatest")[0] === "true" ? "latest" : "old"}`;
      found.push(tag === "Version" ? name : `[${name}]`);
    }
    const prefixes = all(page, "CommonPrefixes");
    found.push(...prefixes.map((prefix) => prefix.replace(/<\/?Prefix>/g, "")));
    if (!page.includes("<IsTruncated>true<")) return found;
    const [key = ""] = all(page, "NextKeyMarker");
    const [id] = all(page, "NextVersionIdMarker");
    marker = `&key-marker=${encodeURIComponent(key)}` + (id ? `&version-id-marker=${id}` : "");
  }
  throw new Error("the pages have no end");
}

const histories: [query: string, names: string][] = [
  [
    "",
    "a.zip:latest web/1.zip:latest web/2.zip:latest web/2.zip:old web/old/0.zip:latest " +
    "[zeta:latest] zeta:old é:latest 😀:latest",
  ],
  ["prefix=web/2", "web/2.zip:latest web/2.zip:old"],
  ["delimiter=/", "a.zip:latest [zeta:latest] zeta:old é:latest 😀:latest web/"],
  ["delimiter=/&prefix=web/", "web/1.zip:latest web/2.zip:latest web/2.zip:old web/old/"],
];
for (const [query, names] of histories) {
  for (const size of [1, 2, 3, 1000]) {
    test(`versions with "${query}" in pages of ${size} are the whole history`, async () => {
      const found = await versions(query, size);
      assert.deepEqual(found.toSorted(), names.split(" ").toSorted());
    });
  }
}

test("a page of versions that goes on within a key needs that key", async () => {
  const answer = await server.call("GET", "/bundles?versions&version-id-marker=x");
  assert.equal(answer.status, 400);
});

test("any keys come back from every kind of listing, byte by byte, in the order of their bytes", async () => {
  const unit = fc.constantFrom(
    "a",
    "b",
    "/",
    ".",
    "..",
    " ",
    "%2F",
    "é",
    "😀",
    "\\",
    "&",
    "<",
    "\r",
  );
  const keys = fc.uniqueArray(fc.string({ unit, minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 8,
  });
  let number = 0;
  await fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: 3 }), async (wanted, size) => {
      const bucket = `any-${number++}`;
      // A segment of dots is taken for the way to another path by clients and servers alike.
      const sound = wanted.filter((key) => !/(^|\/)\.\.?(\/|$)/.test(key.replaceAll("\\", "/")));
      for (const key of sound) {
        const path = `/${bucket}/${encodeURIComponent(key)}`;
        assert.equal((await server.call("PUT", path, { body: key })).status, 200);
        assert.equal(await (await server.call("GET", path)).text(), key);
      }
      if (sound.length === 0) return;
      const order = sound.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const decoded = (answer: string) => all(answer, "Key").map(decodeURIComponent);
      const query = "encoding-type=url";
      assert.deepEqual(decoded(await text(`/${bucket}?${query}`)), order);
      const paged: string[] = [];
      for (let token: string | undefined = ""; token !== undefined;) {
        const more = token === "" ? "" : `&continuation-token=${token}`;
        const page: string = await text(`/${bucket}?list-type=2&max-keys=${size}&${query}${more}`);
        paged.push(...decoded(page));
        token = all(page, "NextContinuationToken")[0];
      }
      assert.deepEqual(paged, order);
      assert.deepEqual(decoded(await text(`/${bucket}?versions&${query}`)), order);
    }),
    { numRuns: 25 },
  );
});

test("uploads under way and their parts are listed in pages", async () => {
  const ids: string[] = [];
  for (const key of ["up/1", "up/1", "up/2", "other"]) {
    const begun = await server.call("POST", `/uploads-bucket/${key}?uploads`);
    ids.push(all(await begun.text(), "UploadId")[0] ?? "");
  }
  const found: string[] = [];
  let marker = "";
  do {
    const page = await text(`/uploads-bucket?uploads&prefix=up/&max-uploads=1${marker}`);
    found.push(...all(page, "UploadId"));
    marker = page.includes("<IsTruncated>true<")
      ? `&key-marker=${all(page, "NextKeyMarker")[0]}&upload-id-marker=${
        all(page, "NextUploadIdMarker")[0]
      }`
      : "";
  } while (marker !== "" && found.length < 9);
  assert.deepEqual(found.toSorted(), ids.slice(0, 3).toSorted());
  const folded = await text("/uploads-bucket?uploads&delimiter=/");
  assert.deepEqual(all(folded, "CommonPrefixes"), ["<Prefix>up/</Prefix>"]);
  const at = `/uploads-bucket/up/2?uploadId=${ids[2]}`;
  for (const number of [3, 1, 2]) {
    await server.call("PUT", `${at}&partNumber=${number}`, { body: "x".repeat(number) });
  }
  const page = await text(`${at}&max-parts=2`);
  assert.deepEqual(all(page, "PartNumber"), ["1", "2"]);
  assert.deepEqual(all(page, "NextPartNumberMarker"), ["2"]);
  const rest = await text(`${at}&part-number-marker=2`);
  assert.deepEqual([all(rest, "PartNumber"), all(rest, "Size")], [["3"], ["3"]]);
  const none = await server.call("GET", "/uploads-bucket/up/2?uploadId=none");
  assert.match(await none.text(), /<Code>NoSuchUpload</);
});
