/** The agent's numbers for how an event ended, as the API names them (spec 4.4). @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lifecycleErrorCode } from "../../core/domain/lifecycle_event.ts";
import { deploymentTarget } from "../../core/api/deployment_info.ts";
import { DEFAULT_REALM } from "../../core/domain/identity.ts";
import type { Target } from "../../core/domain/target.ts";

/** Every name that an SDK of CodeDeploy knows (service model, LifecycleErrorCode). */
const SDK_NAMES: readonly unknown[] = [
  "Success",
  "ScriptMissing",
  "ScriptNotExecutable",
  "ScriptTimedOut",
  "ScriptFailed",
  "UnknownError",
];

const table: [code: number, meaning: string, name: string][] = [
  [0, "success", "Success"],
  [1, "a script is missing", "ScriptMissing"],
  [2, "a script cannot be executed", "ScriptNotExecutable"],
  [3, "a script ran too long", "ScriptTimedOut"],
  [4, "a script failed", "ScriptFailed"],
  [5, "download, AppSpec or install failed", "UnknownError"],
  [6, "trap 16: a script left its outputs open", "UnknownError"],
  [7, "trap 16: failed after an agent restart", "UnknownError"],
];
for (const [code, meaning, name] of table) {
  test(`spec 4.4 agent code ${code}, ${meaning}: the API says ${name}`, () => {
    assert.equal(lifecycleErrorCode(code), name);
    const shown = deploymentTarget("d-1", hostEndedWith(code), undefined, DEFAULT_REALM);
    const { errorCode } =
      JSON.parse(JSON.stringify(shown)).instanceTarget.lifecycleEvents[0].diagnostics;
    assert.equal(errorCode, name);
    assert.ok(SDK_NAMES.includes(errorCode));
  });
}

function hostEndedWith(error_code: number): Target {
  const diagnostics = { error_code, script_name: "", message: "", log: "" };
  const status = error_code === 0 ? "Succeeded" : "Failed";
  const events = [{ name: "Install", status, diagnostics } as const];
  return { id: "web-1", status, events, lastUpdated: 0 };
}
