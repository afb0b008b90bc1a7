import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { layout } from "../../core/agent/layout.ts";
import { writePointer } from "../../core/agent/pointer_file.ts";
import { pruneRevisions } from "../../core/agent/retention.ts";

/** Folders from the oldest to the newest; `*` marks the last successful Install. */
const rows: [rule: string, there: string, max: number, left: string][] = [
  ["nothing to do on a new host", "", 5, ""],
  ["as many as allowed, the current one included", "a b c d", 5, "a b c d"],
  ["the oldest goes for the current one", "a b c d e", 5, "b c d e"],
  ["the current folder is not counted twice", "a b c d NEW", 5, "a b c d NEW"],
  ["the last successful one stays", "a* b c", 2, "a"],
  ["of one, only the current", "a b*", 1, "b"],
];
for (const [rule, there, max, left] of rows) {
  test(`pruneRevisions: ${rule}`, async () => {
    const paths = layout(mkdtempSync(join(tmpdir(), "runtime-retention-")));
    try {
      for (const [age, mark] of there.split(" ").filter(Boolean).entries()) {
        const { root, archive } = paths.deployment("g", mark.replace("*", ""));
        mkdirSync(archive, { recursive: true });
        writeFileSync(join(archive, "file"), "");
        utimesSync(root, age + 1, age + 1);
        if (mark.endsWith("*")) writePointer(paths.lastSuccessfulInstall("g"), root);
      }
      await pruneRevisions({
        layout: paths,
        groupId: "g",
        currentDeploymentId: "arn:aws:codedeploy:eu-west-1:1:deployment/NEW",
        maxRevisions: max,
      });
      const names = there === "" ? [] : readdirSync(paths.group("g")).sort();
      assert.equal(names.join(" "), left.split(" ").sort().join(" "));
    } finally {
      rmSync(paths.root, { recursive: true });
    }
  });
}
