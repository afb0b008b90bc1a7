import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { layout } from "../../core/agent/layout.ts";
import { runLocalHooks } from "../../core/agent/local_hooks.ts";
import { order } from "./stage.ts";

/** Runs the hooks of a failed run whose OnFailure is `script`; the lines a watcher saw. */
async function afterFailure(script: string, limitMs?: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "local-hooks-"));
  try {
    const { specification } = order();
    const places = layout(folder);
    const { archive } = places.deployment(
      specification.DeploymentGroupId,
      specification.DeploymentId,
    );
    mkdirSync(archive, { recursive: true });
    writeFileSync(
      join(archive, "appspec.yml"),
      "version: 0.0\nos: linux\nhooks:\n  OnFailure:\n    - { location: sorry.sh }\n",
    );
    writeFileSync(join(archive, "sorry.sh"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const lines: string[] = [];
    const watcher = { line: ({ text }: { text: string }) => void lines.push(text) };
    const hooks = { specification, layout: places, watcher };
    await runLocalHooks(
      { status: "Failed", failedEvent: "BeforeInstall" },
      { ...hooks, ...(limitMs !== undefined && { limitMs }) },
    );
    return lines;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("a hook after a local run is told of the failed event, and says nothing more when it ends well", async () => {
  assert.deepEqual(await afterFailure('echo "$FAILED_EVENT"'), ["BeforeInstall"]);
});

test("a hook after a local run that takes too long is ended by the hooks' time limit, with a line", async () => {
  const lines = await afterFailure("sleep 60", 300);
  assert.match(lines.at(-1) ?? "", /^OnFailure failed: .*; the result stays what it was$/);
});
