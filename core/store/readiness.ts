/** Proof that the store can be written and read, by writing and reading. @module */
import { eq } from "drizzle-orm";
import { meta } from "./schema.ts";
import type { Store } from "./store.ts";

const KEY = "ready_at";

/** Writes a mark (`at` in milliseconds) and reads it back; throws what the store throws. */
export async function noteReady(store: Store, at: number): Promise<void> {
  const value = String(at);
  await store.commit((tx) =>
    tx.insert(meta).values({ key: KEY, value })
      .onConflictDoUpdate({ target: meta.key, set: { value } }).run()
  );
  const row = store.read.select().from(meta).where(eq(meta.key, KEY)).get();
  if (row === undefined) throw new Error("the store lost a row it had committed");
}
