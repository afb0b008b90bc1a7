import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  artifactFile,
  deleteVersion,
  findObject,
  findVersion,
  insertDeleteMarker,
  insertObject,
  isDeleteMarker,
  isReferenced,
  listObjects,
  type NewObject,
} from "../../core/store/objects.ts";
import { openStore, type Store } from "../../core/store/store.ts";

let directory: string;
let store: Store;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "objects-"));
  store = openStore(directory);
});
after(async () => {
  store.close();
  await rm(directory, { recursive: true });
});

function object(key: string, sha256: string, lastModified: number): NewObject {
  const none = { contentType: null, metadata: {}, headers: {}, checksums: {} };
  return { bucket: "b", key, etag: `e-${sha256}`, sha256, size: 1, lastModified, ...none };
}

test("versions are ordered by writing even when the clock goes back", async () => {
  const ids: string[] = [];
  for (const time of [5000, 5000, 1000, 9000]) {
    const version = await store.commit((tx) =>
      insertObject(tx, object("k", `s${time}`, time), "ab")
    );
    ids.push(version.versionId);
  }
  assert.deepEqual(ids, ids.toSorted());
  assert.equal(new Set(ids).size, 4);
  assert.equal(findObject(store.read, { bucket: "b", key: "k" })?.sha256, "s9000");
  const third = findObject(store.read, { bucket: "b", key: "k", versionId: ids[2]! });
  assert.equal(third?.sha256, "s1000");
});

test("a deleted key has no object, but its versions do", async () => {
  const { versionId } = await store.commit((tx) => insertObject(tx, object("d", "sd", 1), "ab"));
  await store.commit((tx) => insertDeleteMarker(tx, { bucket: "b", key: "d", at: 2 }, "cd"));
  const current = findVersion(store.read, { bucket: "b", key: "d" });
  assert.ok(current && isDeleteMarker(current));
  assert.equal(findObject(store.read, { bucket: "b", key: "d" }), undefined);
  assert.equal(findObject(store.read, { bucket: "b", key: "d", versionId })?.sha256, "sd");
  assert.equal(findObject(store.read, { bucket: "b", key: "absent" }), undefined);
  assert.ok(
    !listObjects(store.read, { bucket: "b", prefix: "", after: "", limit: 99 })
      .some(({ key }) => key === "d"),
  );
});

test("content is referenced as long as one version has it", async () => {
  const write = (key: string) =>
    store.commit((tx) => insertObject(tx, object(key, "same", 1), "ab"));
  const [one, two] = [await write("r1"), await write("r2")];
  const remove = (version: typeof one) => store.commit((tx) => deleteVersion(tx, version));
  assert.equal((await remove(one))?.sha256, "same");
  assert.equal(isReferenced(store.read, "same"), true);
  await remove(two);
  assert.equal(isReferenced(store.read, "same"), false);
  assert.equal(await remove(two), undefined);
});

test("artifactFile() spreads content over folders by its first two digits", () => {
  assert.equal(artifactFile("/data/artifacts", "ab12"), "/data/artifacts/ab/ab12");
});
