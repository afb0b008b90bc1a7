import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { asc } from "drizzle-orm";
import fc from "fast-check";
import { connect } from "../../core/store/database.ts";
import type { Tx } from "../../core/store/group_commit.ts";
import { atGroupEnd, notAtGroupEnd } from "../../core/store/group_end.ts";
import { meta } from "../../core/store/schema.ts";
import { openStore, type Store } from "../../core/store/store.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

test("a write that throws rolls back alone; the others of its group are committed", async () => {
  using opened = openTemporary();
  const { store } = opened;
  const results = await Promise.allSettled([
    store.commit((tx) => put(tx, "a")),
    store.commit((tx) => {
      put(tx, "half");
      throw new Error("refused");
    }),
    store.commit((tx) => put(tx, "b")),
  ]);
  assert.deepEqual(results.map((result) => result.status), ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(keys(store), ["a", "b"]);
});

test("what is asked for at a group's end is written once, and not for a write that threw", async () => {
  using opened = openTemporary();
  const { store } = opened;
  const ask = (tx: Tx, key: string, value: string) =>
    atGroupEnd(tx, key, (tx) => put(tx, `${key} ${value}`));
  await Promise.allSettled([
    store.commit((tx) => ask(tx, "a", "old")),
    store.commit((tx) => {
      ask(tx, "a", "new");
      ask(tx, "b", "old");
    }),
    store.commit((tx) => {
      ask(tx, "a", "of a write that threw");
      notAtGroupEnd(tx, "b");
      throw new Error("refused");
    }),
    store.commit((tx) => {
      ask(tx, "c", "old");
      notAtGroupEnd(tx, "c");
    }),
  ]);
  assert.deepEqual(keys(store), ["a new", "b old"]);
  // The next group knows nothing of it.
  await store.commit((tx) => put(tx, "d"));
  assert.deepEqual(keys(store), ["a new", "b old", "d"]);
});

test("a constraint broken by one write rejects that write alone", async () => {
  using opened = openTemporary();
  const { store } = opened;
  const [first, second, third] = await Promise.allSettled([
    store.commit((tx) => put(tx, "a")),
    store.commit((tx) => put(tx, "a")),
    store.commit((tx) => put(tx, "b")),
  ]);
  assert.equal(first.status, "fulfilled");
  assert.match(String(second.status === "rejected" && second.reason), /UNIQUE/);
  assert.equal(third.status, "fulfilled");
  assert.deepEqual(keys(store), ["a", "b"]);
});

test("writes run in the order they were queued and see those before them", async () => {
  using opened = openTemporary();
  const { store } = opened;
  const seen = await Promise.all(
    ["a", "b", "c"].map((key) =>
      store.commit((tx) => {
        const before = tx.select().from(meta).all().length;
        put(tx, key);
        return before;
      })
    ),
  );
  assert.deepEqual(seen, [0, 1, 2]);
});

test("no reader sees a write before its group is committed", async () => {
  using opened = openTemporary();
  const { store } = opened;
  const seen: string[][] = [];
  await Promise.all([
    store.commit((tx) => {
      put(tx, "a");
      seen.push(keys(store));
    }),
    store.commit((tx) => {
      put(tx, "b");
      seen.push(keys(store));
    }),
  ]);
  seen.push(keys(store));
  assert.deepEqual(seen, [[], [], ["a", "b"]]);
});

test("a write queued by an answer goes into a later group and is not forgotten", async () => {
  using opened = openTemporary();
  const { store } = opened;
  await store.commit((tx) => put(tx, "a")).then(() => store.commit((tx) => put(tx, "b")));
  assert.deepEqual(keys(store), ["a", "b"]);
});

test("more writes than one group holds are all committed, in order", async () => {
  using opened = openTemporary();
  const { store } = opened;
  const count = 5_000;
  const order = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      store.commit((tx) => {
        put(tx, String(n).padStart(5, "0"));
        return n;
      })),
  );
  assert.deepEqual(order, Array.from({ length: count }, (_, n) => n));
  assert.equal(keys(store).length, count);
});

test("what was answered is on disk for whoever opens the file next", async () => {
  using directory = temporaryDirectory();
  const store = openStore(directory.path);
  await store.commit((tx) => put(tx, "a"));
  const other = connect(join(directory.path, "runtime.db"));
  assert.deepEqual(other.db.select().from(meta).all().map((row) => row.key), ["a"]);
  other.client.close();
  store.close();
});

test("whatever mixture of writes succeeds and throws, exactly the successful ones remain", async () => {
  const writes = fc.array(fc.record({ key: fc.nat({ max: 12 }), throws: fc.boolean() }));
  await fc.assert(
    fc.asyncProperty(writes, async (all) => {
      using opened = openTemporary();
      const { store } = opened;
      const results = await Promise.allSettled(all.map(({ key, throws }) =>
        store.commit((tx) => {
          put(tx, String(key));
          if (throws) throw new Error("refused");
          return String(key);
        })
      ));
      const answered = results.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
      assert.deepEqual(keys(store), answered.toSorted());
    }),
    { numRuns: 25 },
  );
});

test("closing writes what is queued; a later write is refused and says why", async () => {
  using directory = temporaryDirectory();
  const store = openStore(directory.path);
  const queued = store.commit((tx) => put(tx, "last"));
  store.close();
  await queued;
  await assert.rejects(store.commit((tx) => put(tx, "late")), { name: "StoreClosed" });
  const again = openStore(directory.path);
  assert.deepEqual(keys(again), ["last"]);
  again.close();
});

function openTemporary(): Disposable & { store: Store } {
  const directory = temporaryDirectory();
  const store = openStore(directory.path);
  return {
    store,
    [Symbol.dispose]() {
      store.close();
      directory[Symbol.dispose]();
    },
  };
}

function put(tx: Tx, key: string): void {
  tx.insert(meta).values({ key, value: "" }).run();
}

function keys(store: Store): string[] {
  return store.read.select().from(meta).orderBy(asc(meta.key)).all().map((row) => row.key);
}
