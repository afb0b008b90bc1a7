import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type ArtifactServer, startArtifactServer } from "./artifact_server.ts";

let server: ArtifactServer;
const KEYS = ["a.zip", "web/1.zip", "web/2.zip", "web/old/0.zip", "zeta", "é", "😀"];
before(async () => {
  server = await startArtifactServer();
  for (const key of [...KEYS, "deleted", "web/2.zip"]) {
    await server.call("PUT", `/bundles/${encodeURIComponent(key)}`, { body: key });
  }
  await server.call("DELETE", "/bundles/deleted");
  await server.call("PUT", "/other/x", { body: "x" });
});
after(() => server.close());

/** Keys and folded prefixes of an answer, and the token of the next. */
async function list(query: string): Promise<{ names: string; next: string | undefined }> {
  const answer = await server.call("GET", `/bundles?list-type=2&${query}`);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const entry = /<(?:Key|CommonPrefixes><Prefix)>(.*?)</g;
  const names = [...text.matchAll(entry)].map(([, name]) => name).join(" ");
  return { names, next: /<NextContinuationToken>(.*?)</.exec(text)?.[1] };
}

const table: [what: string, query: string, names: string][] = [
  ["all, by the bytes of their keys", "", KEYS.join(" ")],
  ["under a prefix", "prefix=web/", "web/1.zip web/2.zip web/old/0.zip"],
  ["folded at the delimiter", "delimiter=/", "a.zip zeta é 😀 web/"],
  ["folded below a prefix", "delimiter=/&prefix=web/", "web/1.zip web/2.zip web/old/"],
  ["after a key", "start-after=web/2.zip", "web/old/0.zip zeta é 😀"],
  ["a prefix that looks like a pattern", "prefix=%25", ""],
  ["none", "max-keys=0", ""],
];
for (const [what, query, names] of table) {
  test(`a bucket lists ${what}`, async () => {
    assert.deepEqual(await list(query), { names, next: undefined });
  });
}

for (const delimiter of ["", "/"]) {
  test(`pages of one entry, delimiter "${delimiter}", together are the whole list`, async () => {
    const query = `delimiter=${delimiter}&max-keys=1`;
    const names: string[] = [];
    let page = await list(query);
    for (let pages = 1; page.next !== undefined; pages++) {
      assert.ok(pages <= KEYS.length, "the pages have an end");
      names.push(page.names);
      page = await list(`${query}&continuation-token=${encodeURIComponent(page.next)}`);
    }
    names.push(page.names);
    const whole = await list(`delimiter=${delimiter}`);
    assert.deepEqual(names.toSorted(), whole.names.split(" ").toSorted());
  });
}
