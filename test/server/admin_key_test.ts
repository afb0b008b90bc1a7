import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { DEFAULT_REALM, type Realm } from "../../core/domain/identity.ts";
import { ensureAdmin } from "../../core/server/admin_key.ts";
import { AccessKeys } from "../../core/store/access_keys.ts";
import { DataDirectoryError } from "../../core/store/database.ts";
import { openStore, type Store } from "../../core/store/store.ts";
import { deleteUser, findUser } from "../../core/store/users.ts";
import { temporaryDirectory } from "../store/temporary_directory.ts";

type Env = Record<string, string>;
const preset = (id: string, secret: string): Env => ({
  RUNTIME_ADMIN_ACCESS_KEY_ID: id,
  RUNTIME_ADMIN_SECRET_ACCESS_KEY: secret,
});
const ARN = "arn:aws:iam::000000000000:user/admin";

interface Starts {
  store: Store;
  keys: AccessKeys;
  start(env?: Env, realm?: Realm): Promise<string[]>;
}

async function withStore(play: (starts: Starts) => Promise<void>): Promise<void> {
  using directory = temporaryDirectory();
  const store = openStore(directory.path);
  const keys = new AccessKeys(store.read, new Uint8Array(32));
  try {
    await play({
      store,
      keys,
      start: (env = {}, realm = DEFAULT_REALM) => ensureAdmin({ store, keys, realm, env, now: 1 }),
    });
  } finally {
    store.close();
  }
}

test("the first start shows a key of the user admin, later ones show nothing", async () => {
  await withStore(async ({ store, keys, start }) => {
    const lines = await start();
    const id = /AWS_ACCESS_KEY_ID=(AKIA[A-Z2-7]{16})$/.exec(lines[1] ?? "")?.[1] ?? "";
    assert.deepEqual([keys.find(id)?.role, keys.find(id)?.arn], ["admin", ARN]);
    assert.equal(findUser(store.read, "admin")?.arn, ARN);
    assert.deepEqual(await start(), []);
    assert.equal(keys.lastingKeysOf(store.read, ARN).length, 1);
  });
});

test("with another account the admin has its ARN", async () => {
  await withStore(async ({ store, keys, start }) => {
    await start(preset("AKIAOLD", "secret"));
    await start({}, { account: "123456789012", region: "eu-central-1" });
    const arn = "arn:aws:iam::123456789012:user/admin";
    assert.equal(keys.find("AKIAOLD")?.arn, arn);
    assert.equal(findUser(store.read, "admin")?.arn, arn);
  });
});

test("a preset key rescues who has made the admin's inactive, and is shown to nobody", async () => {
  await withStore(async ({ store, keys, start }) => {
    await start(preset("AKIAONE", "secret"));
    await store.commit((tx) => keys.setStatus(tx, "AKIAONE", "Inactive"));
    assert.deepEqual(await start(preset("AKIAONE", "secret")), []);
    assert.equal(keys.find("AKIAONE")?.status, undefined);
  });
});

test("sessions outlive a start with the same secret, and end with another one", async () => {
  await withStore(async ({ store, keys, start }) => {
    await start(preset("AKIAONE", "secret"));
    const session = { tokenHash: "ab", expiresAt: 9e12, sourceKeyId: "AKIAONE" };
    const key = { accessKeyId: "ASIAONE", secretAccessKey: "x", arn: ARN, createTime: 1, session };
    await store.commit((tx) => keys.put(tx, { ...key, role: "admin" }, randomBytes(12)));
    await start(preset("AKIAONE", "secret"));
    assert.ok(keys.find("ASIAONE"));
    await start(preset("AKIAONE", "another"));
    assert.equal(keys.find("ASIAONE"), undefined);
    assert.equal(keys.find("AKIAONE")?.secretAccessKey, "another");
  });
});

test("an admin who was replaced and removed does not come back", async () => {
  await withStore(async ({ store, keys, start }) => {
    await start(preset("AKIAONE", "secret"));
    const other = { accessKeyId: "AKIATWO", secretAccessKey: "x", arn: "arn:joe", createTime: 1 };
    await store.commit((tx) => {
      keys.put(tx, { ...other, role: "admin" }, randomBytes(12));
      keys.remove(tx, "AKIAONE");
      deleteUser(tx, "admin");
    });
    assert.deepEqual(await start(), []);
    assert.equal(findUser(store.read, "admin"), undefined);
  });
});

test("half a preset key is refused in a sentence", async () => {
  await withStore(async ({ start }) => {
    const half = { RUNTIME_ADMIN_ACCESS_KEY_ID: "AKIAONE" };
    await assert.rejects(start(half), DataDirectoryError);
  });
});
