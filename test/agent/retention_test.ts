import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readFolders } from "../../core/agent/config.ts";
import { AgentFailure } from "../../core/agent/failure.ts";
import { layout } from "../../core/agent/layout.ts";
import { writePointer } from "../../core/agent/pointer_file.ts";
import { pruneRevisions } from "../../core/agent/retention.ts";

/** Folders of a group from the oldest to the newest; `*` marks the last successful Install, `+` a needed one. */
const rows: [rule: string, there: string, max: number, left: string][] = [
  ["nothing to do on a new host", "", 5, ""],
  ["fewer than allowed", "a b", 5, "a b"],
  ["as many as allowed, the current one included", "a b c d", 5, "a b c d"],
  [
    "trap 48: five are four and the current one, not five and the current one",
    "a b c d e",
    5,
    "b c d e",
  ],
  ["the current folder is not counted twice", "a b c d NEW", 5, "a b c d NEW"],
  ["the current folder stays even as the oldest", "NEW a b c d e", 5, "NEW b c d e"],
  ["many that are too many go at once", "a b c d e f g h", 3, "g h"],
  ["the oldest by time, whatever their names", "z y x", 3, "y x"],
  ["the last successful one stays", "a* b c", 2, "a"],
  ["the last successful one stays, the next oldest goes in its place", "a* b c d", 4, "a c d"],
  ["a last successful one that is not too old changes nothing", "a b c* d", 4, "b c* d"],
  ["the one that the current one is made of stays", "a+ b c d", 3, "a d"],
  ["max 1: the current one, and the last successful one beside it", "a b*", 1, "b"],
  ["max 1: without a successful one, the current one alone", "a b", 1, ""],
];
for (const [rule, there, max, left] of rows) {
  test(`spec 6.2 ${rule}`, async () => {
    const paths = layout(mkdtempSync(join(tmpdir(), "runtime-retention-")));
    try {
      for (const [age, mark] of there.split(" ").filter(Boolean).entries()) {
        const { root, archive } = paths.deployment("g", mark.replace(/[*+]/, ""));
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
        needed: there.includes("+") ? ["a"] : [],
      });
      const names = there === "" ? [] : readdirSync(paths.group("g")).sort();
      assert.equal(names.join(" "), left.replace("*", "").split(" ").sort().join(" "));
    } finally {
      rmSync(paths.root, { recursive: true });
    }
  });
}

test("spec 6.2 a pointer to a folder that is gone protects nobody, and other groups are left alone", async () => {
  const paths = layout(mkdtempSync(join(tmpdir(), "runtime-retention-")));
  try {
    for (const group of ["g", "other"]) {
      for (const [age, id] of ["a", "b", "c"].entries()) {
        const { root } = paths.deployment(group, id);
        mkdirSync(root, { recursive: true });
        utimesSync(root, age + 1, age + 1);
      }
    }
    writePointer(paths.lastSuccessfulInstall("g"), paths.deployment("g", "gone").root);
    const given = { layout: paths, groupId: "g", currentDeploymentId: "NEW", maxRevisions: 2 };
    const gone = await pruneRevisions(given);
    assert.deepEqual(gone, ["a", "b"].map((id) => paths.deployment("g", id).root));
    assert.deepEqual(readdirSync(paths.group("other")), ["a", "b", "c"]);
  } finally {
    rmSync(paths.root, { recursive: true });
  }
});

for (const value of ["0", "-1", "1.5", "many"]) {
  test(`spec 6.2 max_revisions ${value}: the agent does not start, and says why`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "runtime-retention-"));
    try {
      const file = join(folder, "codedeployagent.yml");
      writeFileSync(file, `:max_revisions: ${value}\n`);
      await assert.rejects(readFolders(file), (error) => {
        assert.ok(error instanceof AgentFailure, String(error));
        assert.match(error.render(), /max_revisions/);
        assert.ok(error.render().includes(file));
        return true;
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
