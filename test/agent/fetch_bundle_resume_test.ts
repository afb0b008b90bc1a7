import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fetchBundle, type Fetched, type Pace } from "../../core/agent/fetch_bundle.ts";
import { s3Origin } from "../../core/agent/s3_origin.ts";
import type { S3Revision } from "../../core/wire/bundle_revision.ts";
import { type BundleStore, identity, withStore } from "./bundle_store.ts";

const BYTES = randomBytes(300_000);
const OTHER = randomBytes(200_000);

interface Fetching {
  store: BundleStore;
  fetch(changes?: Partial<S3Revision>, pace?: Pace): Promise<Fetched>;
  /** The file that was written. */
  saved(): Promise<Uint8Array>;
  /** What the reader was shown since it last began. */
  shown(): Uint8Array;
  /** Milliseconds that the reader takes for the first chunk. */
  firstChunkMs: number;
}

async function whileFetching(play: (fetching: Fetching) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "resume-"));
  const file = join(folder, "bundle.tar");
  let shown: Uint8Array[] = [];
  let fetching: Fetching | undefined;
  const reader = {
    async take(chunk: Uint8Array) {
      shown.push(chunk.slice());
      if (shown.length === 1) await setTimeout(fetching?.firstChunkMs);
    },
    restart: () => Promise.resolve(void (shown = [])),
  };
  try {
    await withStore(async (store) => {
      store.bytes = BYTES;
      fetching = {
        store,
        firstChunkMs: 0,
        fetch: (changes, pace) =>
          fetchBundle(
            s3Origin(
              { Bucket: "b", Key: "k", BundleType: "tgz", Version: null, ETag: null, ...changes },
              { s3Endpoint: store.url, identity },
              globalThis.fetch,
            ),
            file,
            { retryAfter: [1, 1, 1], ...pace },
            new AbortController().signal,
            reader,
          ),
        saved: async () => new Uint8Array(await readFile(file)),
        shown: () => new Uint8Array(shown.flatMap((chunk) => [...chunk])),
      };
      await play(fetching);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function assertHolds(fetching: Fetching, fetched: Fetched, bytes: Uint8Array) {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  assert.deepEqual([fetched.bytes, fetched.sha256], [bytes.length, sha256]);
  assert.deepEqual(await fetching.saved(), new Uint8Array(bytes));
  assert.deepEqual(fetching.shown(), new Uint8Array(bytes));
}

test("a download that breaks off twice goes on after what came, for the same object only", async () => {
  await whileFetching(async (fetching) => {
    const { store, fetch } = fetching;
    store.tears.push(100_000, 50_000);
    await assertHolds(fetching, await fetch(), BYTES);
    const starts = store.asked.map(({ range }) =>
      Number(range?.replace(/bytes=(\d+)-/, "$1") ?? 0)
    );
    assert.equal(starts.length, 3, String(starts));
    const [, second = 0, third = 0] = starts;
    assert.ok(
      0 < second && second <= 100_000 && second < third && third <= 150_000,
      String(starts),
    );
    for (const { ifMatch, signed } of store.asked.slice(1)) {
      assert.equal(ifMatch, '"e1"');
      assert.ok(signed.includes("range") && signed.includes("if-match"), signed.join());
    }
  });
});

const fromZero: [what: string, spoil: (store: BundleStore) => void, asked: string][] = [
  [
    "the store refuses with 412, because the object changed",
    changeWith("answered"),
    "all rest all",
  ],
  ["the object changed and the store ignores conditions", changeWith("ignored"), "all rest all"],
  ["the store ignores ranges", (store) => store.ranges = "ignored", "all rest"],
  ["the store answers another range", (store) => store.ranges = "shifted", "all rest all"],
  ["the object has no entity tag", (store) => store.eTag = undefined, "all all"],
  ["the object has a weak entity tag", (store) => store.eTag = 'W/"e1"', "all all"],
];
for (const [what, spoil, asked] of fromZero) {
  test(`a download starts over when ${what}`, async () => {
    await whileFetching(async (fetching) => {
      const { store, fetch } = fetching;
      store.tears.push(100_000);
      spoil(store);
      await assertHolds(fetching, await fetch(), store.bytes);
      const ranges = store.asked.map(({ range }) => range === undefined ? "all" : "rest");
      assert.equal(ranges.join(" "), asked);
    });
  });
}

/** Another object lies in the first one's place from the second request on. */
function changeWith(conditions: BundleStore["conditions"]): (store: BundleStore) => void {
  return (store) => {
    store.conditions = conditions;
    store.beforeAnswer = (answer) => {
      if (answer === 1) return;
      store.bytes = OTHER;
      store.eTag = '"e2"';
    };
  };
}

test("an object that shrank below what came is fetched anew", async () => {
  await whileFetching(async (fetching) => {
    const { store, fetch } = fetching;
    store.tears.push(100_000);
    store.conditions = "ignored";
    store.beforeAnswer = (answer) => {
      if (answer === 2) store.bytes = OTHER.subarray(0, 10);
    };
    await assertHolds(fetching, await fetch(), OTHER.subarray(0, 10));
  });
});

test("a changed object is refused by the order's entity tag before its bytes are fetched", async () => {
  await whileFetching(async ({ store, fetch }) => {
    store.tears.push(100_000);
    changeWith("answered")(store);
    await assert.rejects(fetch({ ETag: "e1" }), {
      name: "BundleError",
      message: "Expected deployment artifact bundle etag e1 but was actually e2",
    });
  });
});

test("attempts that bring something new do not use up the three further ones", async () => {
  await whileFetching(async (fetching) => {
    const { store, fetch } = fetching;
    store.tears.push(...Array.from({ length: 9 }, () => 20_000));
    await assertHolds(fetching, await fetch(), BYTES);
    assert.equal(store.asked.length, 10);
  });
});

test("attempts that bring nothing new are given up after three more", async () => {
  await whileFetching(async ({ store, fetch }) => {
    store.ranges = "ignored";
    store.tears.push(...Array.from({ length: 9 }, () => 20_000));
    await assert.rejects(
      fetch(),
      /^BundleError: The download of s3:\/\/b\/k from http.* broke off: /,
    );
    assert.ok(store.asked.length >= 4 && store.asked.length <= 7, String(store.asked.length));
  });
});

test("a line that breaks after every byte is given up after a hundred attempts", async () => {
  await whileFetching(async ({ store, fetch }) => {
    store.tears.push(...Array.from({ length: 200 }, () => 1));
    await assert.rejects(fetch(), /^BundleError: The download .* broke off: /);
    assert.equal(store.asked.length, 100);
  });
});

test("a store that falls silent in the middle is asked for the rest", async () => {
  await whileFetching(async (fetching) => {
    const { store, fetch } = fetching;
    const silent = new Promise<void>(() => {});
    store.beforeAnswer = (answer) => store.lastByte = answer === 1 ? silent : Promise.resolve();
    await assertHolds(fetching, await fetch({}, { silenceMs: 400 }), BYTES);
    assert.deepEqual(store.asked.map(({ range }) => range), [undefined, "bytes=299999-"]);
  });
});

test("a host that is slow to take what comes does not hold the store for silent", async () => {
  await whileFetching(async (fetching) => {
    const { store, fetch } = fetching;
    fetching.firstChunkMs = 900;
    await assertHolds(fetching, await fetch({}, { silenceMs: 600 }), BYTES);
    assert.equal(store.asked.length, 1);
  });
});

test("a rate is not exceeded", async () => {
  await whileFetching(async (fetching) => {
    const began = performance.now();
    const fetched = await fetching.fetch({}, { maxRate: 600_000 });
    // 300,000 bytes, of which a quarter second's worth may come at once.
    const elapsed = performance.now() - began;
    assert.ok(elapsed >= 249, `took ${elapsed} ms`);
    await assertHolds(fetching, fetched, BYTES);
  });
});
