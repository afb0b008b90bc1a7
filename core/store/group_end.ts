/**
 * What a group of writes writes once, at its end, however many of them ask for it: the counts of a
 * fleet, which every report of a host changes. A write that is rolled back takes back what it asked.
 * @module
 */
import type { Db } from "./database.ts";

/** Runs right before the commit, on the writing connection; it must not fail. */
type LastWrite = (tx: Db) => void;

/** By key; undefined where nothing of that key is to be written any more. */
type LastWrites = Map<string, LastWrite | undefined>;

const OF_WRITE = new WeakMap<Db, LastWrites>();
const OF_GROUP = new WeakMap<Db, LastWrites>();

/** Asks for a write at the group's end; of those with one key the last counts. */
export function atGroupEnd(tx: Db, key: string, write: LastWrite): void {
  mapOf(OF_WRITE, tx).set(key, write);
}

/** What was asked for under the key is not written: it stands already, or something newer does. */
export function notAtGroupEnd(tx: Db, key: string): void {
  mapOf(OF_WRITE, tx).set(key, undefined);
}

/** The write that is under way has come to its end, or was rolled back. */
export function endOfWrite(tx: Db, how: "done" | "undone"): void {
  const asked = OF_WRITE.get(tx);
  if (!asked) return;
  OF_WRITE.delete(tx);
  if (how === "undone") return;
  const group = mapOf(OF_GROUP, tx);
  for (const [key, write] of asked) group.set(key, write);
}

/** Everything that was asked for, and is then forgotten: the group is committed, or none of it is. */
export function takeGroupEnd(tx: Db): LastWrite[] {
  const group = OF_GROUP.get(tx);
  if (!group) return [];
  OF_GROUP.delete(tx);
  return [...group.values()].filter((write) => write !== undefined);
}

function mapOf(all: WeakMap<Db, LastWrites>, tx: Db): LastWrites {
  let map = all.get(tx);
  if (!map) all.set(tx, map = new Map());
  return map;
}
