/**
 * Folders below the root that a collection leaves alone: of deployments that the agent has not
 * reported yet, as it goes on with them, and of those whose bundle one of them or its rollback takes.
 * @module
 */
import { join } from "node:path";
import { readJournal } from "./journal.ts";
import { JournalState } from "./journal_record.ts";
import type { Layout } from "./layout.ts";
import { isDeploymentId } from "./reuse_bundle.ts";

export async function busyDeployments(places: Layout): Promise<Set<string>> {
  const state = new JournalState();
  for (const record of await readJournal(join(places.root, "journal.jsonl"))) state.apply(record);
  return new Set(
    [...state.unreported.values()].flatMap(({ order: { specification } }) => {
      const { DeploymentGroupId, DeploymentId } = specification;
      const { ReuseArchiveFromDeploymentId: from, KeepArchiveOfDeploymentId: kept } = specification;
      // What names no folder is told when the order runs.
      const ids = [DeploymentId, ...[from, kept].filter(isDeploymentId)];
      return ids.map((id) => places.deployment(DeploymentGroupId, id).root);
    }),
  );
}
