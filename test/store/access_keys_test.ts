import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eq } from "drizzle-orm";
import { type AccessKey, AccessKeys } from "../../core/store/access_keys.ts";
import type { Tx } from "../../core/store/group_commit.ts";
import { deregisterInstance, registerInstance } from "../../core/store/instances.ts";
import { accessKeys } from "../../core/store/schema.ts";
import { openStore, type Store } from "../../core/store/store.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

const SECRETS_KEY = new Uint8Array(32).fill(7);
const KEY: AccessKey = {
  accessKeyId: "AKIAONE",
  secretAccessKey: "the-secret-that-must-not-lie-about",
  role: "deployer",
  arn: "arn:aws:iam::000000000000:user/one",
  createTime: 1,
};

test("a key is found again as it was put, and its secret is nowhere in the files", async () => {
  using directory = temporaryDirectory();
  const store = openStore(directory.path);
  const keys = new AccessKeys(store.read, SECRETS_KEY);
  await put(store, keys, KEY);
  assert.deepEqual(keys.find(KEY.accessKeyId), KEY);
  assert.deepEqual(new AccessKeys(store.read, SECRETS_KEY).find(KEY.accessKeyId), KEY);
  for (const file of ["runtime.db", "runtime.db-wal"]) {
    const bytes = readFileSync(join(directory.path, file));
    assert.equal(bytes.includes(KEY.secretAccessKey), false, `${file} holds the secret`);
  }
  store.close();
});

test("a key put again, or removed, is not answered from memory", async () => {
  using opened = openTemporary();
  const { store, keys } = opened;
  const agent = { ...KEY, role: "agent" as const };
  await put(store, keys, agent);
  assert.equal(keys.find(KEY.accessKeyId)?.secretAccessKey, KEY.secretAccessKey);
  await put(store, keys, { ...agent, secretAccessKey: "new" });
  assert.equal(keys.find(KEY.accessKeyId)?.secretAccessKey, "new");
  await store.commit((tx) => keys.removeAgentKeys(tx, KEY.arn));
  assert.equal(keys.find(KEY.accessKeyId), undefined);
});

test("a put that is rolled back leaves the old key", async () => {
  using opened = openTemporary();
  const { store, keys } = opened;
  await put(store, keys, KEY);
  const failing = store.commit((tx) => {
    keys.put(tx, { ...KEY, secretAccessKey: "new" }, randomBytes(12));
    throw new Error("refused");
  });
  await assert.rejects(failing, /refused/);
  assert.deepEqual(keys.find(KEY.accessKeyId), KEY);
});

test("removing a host's keys leaves those of people and of other hosts", async () => {
  using opened = openTemporary();
  const { store, keys } = opened;
  const rows: [string, AccessKey["role"], string][] = [
    ["AKIAA", "agent", "arn:host"],
    ["AKIAB", "admin", "arn:host"],
    ["AKIAC", "agent", "arn:other"],
  ];
  for (const [accessKeyId, role, arn] of rows) {
    await put(store, keys, { ...KEY, accessKeyId, role, arn });
  }
  await store.commit((tx) => keys.removeAgentKeys(tx, "arn:host"));
  assert.deepEqual(rows.map(([id]) => keys.find(id) !== undefined), [false, true, true]);
  assert.equal(keys.countOf(store.read, "admin"), 1);
  assert.equal(keys.countOf(store.read, "deployer"), 0);
});

test("a key that is not there is found once it is put", async () => {
  using opened = openTemporary();
  const { store, keys } = opened;
  assert.equal(keys.find(KEY.accessKeyId), undefined);
  await put(store, keys, KEY);
  assert.deepEqual(keys.find(KEY.accessKeyId), KEY);
});

type Damage = (secret: Buffer) => Buffer;
const damages: [title: string, damage: Damage][] = [
  ["a flipped bit", (secret) => Buffer.from(secret.map((byte, n) => n === 30 ? byte ^ 1 : byte))],
  ["a flipped tag", (secret) => Buffer.from(secret.map((byte, n) => n === 12 ? byte ^ 1 : byte))],
  ["a cut secret", (secret) => secret.subarray(0, -1)],
];
for (const [title, damage] of damages) {
  test(`${title} in the store is an error, not another secret`, async () => {
    using opened = openTemporary();
    const { store } = opened;
    await put(store, opened.keys, KEY);
    await store.commit((tx) => {
      const row = tx.select().from(accessKeys).get();
      const secret = damage(row?.secret ?? Buffer.alloc(0));
      tx.update(accessKeys).set({ secret }).where(eq(accessKeys.accessKeyId, KEY.accessKeyId))
        .run();
    });
    const keys = new AccessKeys(store.read, SECRETS_KEY);
    assert.throws(() => keys.find(KEY.accessKeyId), /AKIAONE cannot be decrypted/);
  });
}

test("a secret moved to another key's row does not decrypt, nor does one under another key file", async () => {
  using opened = openTemporary();
  const { store } = opened;
  await put(store, opened.keys, KEY);
  await put(store, opened.keys, { ...KEY, accessKeyId: "AKIATWO" });
  const other = new AccessKeys(store.read, new Uint8Array(32).fill(8));
  assert.throws(() => other.find("AKIATWO"), /key file/);
  await store.commit((tx) => {
    const row = tx.select().from(accessKeys).where(eq(accessKeys.accessKeyId, "AKIAONE")).get();
    tx.update(accessKeys).set({ secret: row?.secret ?? Buffer.alloc(0) })
      .where(eq(accessKeys.accessKeyId, "AKIATWO")).run();
  });
  assert.throws(() => new AccessKeys(store.read, SECRETS_KEY).find("AKIATWO"), /AKIATWO cannot/);
});

function openTemporary(): Disposable & { store: Store; keys: AccessKeys } {
  const directory = temporaryDirectory();
  const store = openStore(directory.path);
  return {
    store,
    keys: new AccessKeys(store.read, SECRETS_KEY),
    [Symbol.dispose]() {
      store.close();
      directory[Symbol.dispose]();
    },
  };
}

function put(store: Store, keys: AccessKeys, key: AccessKey): Promise<void> {
  return store.commit((tx) => keys.put(tx, key, randomBytes(12)));
}

test("a key without a role is a host's for as long as an instance is registered with its ARN", async () => {
  using opened = openTemporary();
  const { store, keys } = opened;
  await put(store, keys, { ...KEY, role: "none" });
  const roleNow = () => keys.find(KEY.accessKeyId)?.role;
  assert.equal(roleNow(), "none");
  const instance = {
    name: "web-1",
    arn: "arn:web-1",
    iamUserArn: KEY.arn,
    registerTime: 1,
    tags: [],
  };
  await store.commit((tx) => registerInstance(tx, instance));
  assert.equal(roleNow(), "agent");
  await store.commit((tx) => deregisterInstance(tx, "web-1", 2));
  assert.equal(roleNow(), "none");
});

test("a session ends with the key it was asked with, and is no lasting key", async () => {
  using opened = openTemporary();
  const { store, keys } = opened;
  const session = (accessKeyId: string) => ({
    ...KEY,
    accessKeyId,
    session: { tokenHash: "ab", expiresAt: 100, sourceKeyId: KEY.accessKeyId },
  });
  const begin = async () => {
    await put(store, keys, KEY);
    await put(store, keys, session("ASIAONE"));
    assert.deepEqual(keys.find("ASIAONE"), session("ASIAONE"));
    const afterRestart = new AccessKeys(store.read, SECRETS_KEY);
    assert.deepEqual(afterRestart.find("ASIAONE"), session("ASIAONE"));
  };
  await begin();
  assert.deepEqual(
    keys.lastingKeysOf(store.read, KEY.arn),
    [{ accessKeyId: KEY.accessKeyId, createTime: 1, status: "Active" }],
  );
  const ends: [string, (tx: Tx) => void][] = [
    ["removed", (tx) => keys.remove(tx, KEY.accessKeyId)],
    ["inactive", (tx) => keys.setStatus(tx, KEY.accessKeyId, "Inactive")],
    ["of another role", (tx) => keys.setRole(tx, KEY.arn, "viewer")],
    ["swept", (tx) => keys.sweepSessions(tx, 101)],
  ];
  for (const [title, end] of ends) {
    await begin();
    await store.commit(end);
    assert.equal(keys.find("ASIAONE"), undefined, title);
  }
  await begin();
  await store.commit((tx) => keys.sweepSessions(tx, 100));
  assert.ok(keys.find("ASIAONE"), "a session that has not ended is swept");
});

test("an inactive key says so until it is active again", async () => {
  using opened = openTemporary();
  const { store, keys } = opened;
  await put(store, keys, KEY);
  await store.commit((tx) => keys.setStatus(tx, KEY.accessKeyId, "Inactive"));
  assert.equal(keys.find(KEY.accessKeyId)?.status, "Inactive");
  await store.commit((tx) => keys.setStatus(tx, KEY.accessKeyId, "Active"));
  assert.deepEqual(keys.find(KEY.accessKeyId), KEY);
});
