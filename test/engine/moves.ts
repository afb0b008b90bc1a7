/** Every status that the store has seen of a deployment, in order, whoever wrote it. @module */
import { sql } from "drizzle-orm";
import type { Fleet } from "./fleet.ts";

/** From now on; what was there before is not known. */
export async function recordMoves({ store }: Fleet): Promise<void> {
  await store.commit((tx) => {
    tx.run(sql`CREATE TABLE moves (id TEXT, status TEXT, complete_time INTEGER)`);
    tx.run(sql`CREATE TRIGGER created AFTER INSERT ON deployments
      BEGIN INSERT INTO moves VALUES (NEW.id, NEW.status, NEW.complete_time); END`);
    tx.run(sql`CREATE TRIGGER moved AFTER UPDATE ON deployments WHEN OLD.status <> NEW.status
      BEGIN INSERT INTO moves VALUES (NEW.id, NEW.status, NEW.complete_time); END`);
  });
}

/** `Created InProgress Succeeded+`: a plus where completeTime was set. */
export function movesOf({ store }: Fleet, id: string): string {
  const rows = store.read.all<{ status: string; completeTime: number | null }>(
    sql`SELECT status, complete_time AS completeTime FROM moves WHERE id = ${id} ORDER BY rowid`,
  );
  return rows.map(({ status, completeTime }) => completeTime === null ? status : `${status}+`)
    .join(" ");
}
