import { test } from "node:test";
import assert from "node:assert/strict";
import { type DeploymentView, newView, record } from "../../core/cli/deployment_view.ts";
import { renderReport } from "../../core/cli/failure.ts";
import { failureReport, timeoutReport } from "../../core/cli/failure_report.ts";
import type { StreamEvent } from "../../core/wire/event_stream.ts";
import { deployment, host, log, NEW, OLD, ran, scriptFailed } from "./story.ts";

function view(id: string, events: StreamEvent[]): DeploymentView {
  const seen = newView(id);
  for (const event of events) record(seen, event);
  return seen;
}

const unhealthy = {
  error: { code: "HEALTH_CONSTRAINTS", message: "too many individual instances failed" },
} as const;

const failed = view("d-FAILED000", [
  deployment("d-FAILED000", "Failed", unhealthy),
  log("d-FAILED000", "web-1", 1, "starting", "\x1b[31mport 80 is taken\x1b[0m"),
  host("d-FAILED000", "web-1", "Failed", [
    ran("Install", 0, 500),
    scriptFailed("ApplicationStart", 500, 1500),
  ]),
  host("d-FAILED000", "web-2", "Failed", [scriptFailed("ApplicationStart", 500, 1800)]),
  host("d-FAILED000", "web-3", "Skipped"),
]);

const head =
  `Deployment d-FAILED000 failed: web-1 ApplicationStart scripts/start.sh exit code 7 (1 more failed)
  evidence  HEALTH_CONSTRAINTS: too many individual instances failed
            web-1: Script at specified location: scripts/start.sh failed with exit code 7
            web-1 | ApplicationStart | starting
            web-1 | ApplicationStart | port 80 is taken
`;

const cases: [
  name: string,
  seen: DeploymentView,
  rollback: DeploymentView | undefined,
  exit: number,
  text: string,
][] = [
  [
    "a failed script that was rolled back",
    failed,
    view("d-BACK00000", [
      deployment("d-BACK00000", "Succeeded", { revision: OLD, creator: "codeDeployRollback" }),
      ...["web-1", "web-2", "web-3"].map((name) => host("d-BACK00000", name, "Succeeded")),
    ]),
    3,
    head +
    `  state     rolled back: 3 of 3 hosts on ${OLD} (d-BACK00000)
  next      runtime logs d-FAILED000 --host web-1
`,
  ],
  [
    "a failed script and no rollback",
    failed,
    undefined,
    1,
    head +
    `  state     web-1, web-2 left where it failed, 1 host not touched; nothing was rolled back
  next      runtime logs d-FAILED000 --host web-1
            runtime rollback d-FAILED000
`,
  ],
  [
    "a rollback that failed as well",
    failed,
    view("d-BACK00000", [
      deployment("d-BACK00000", "Failed", { revision: OLD }),
      host("d-BACK00000", "web-1", "Failed", [scriptFailed("ValidateService", 0, 1)]),
      host("d-BACK00000", "web-2", "Succeeded"),
    ]),
    1,
    head +
    `  state     the rollback failed: web-1 ValidateService scripts/start.sh exit code 7; 1 of 2 hosts on ${OLD} (d-BACK00000)
  next      runtime logs d-BACK00000 --host web-1
`,
  ],
  [
    "a deployment that found no hosts",
    view("d-EMPTY0000", [
      deployment("d-EMPTY0000", "Failed", {
        error: { code: "NO_INSTANCES", message: "no hosts match" },
      }),
    ]),
    undefined,
    1,
    `Deployment d-EMPTY0000 failed: NO_INSTANCES: no hosts match
  state     no host was touched; nothing was rolled back
  next      runtime status d-EMPTY0000
`,
  ],
  [
    "a stopped deployment whose rollback was impossible; output from the report alone",
    view("d-STOPPED00", [
      deployment("d-STOPPED00", "Stopped", { rollback: { rollbackMessage: "no earlier success" } }),
      host("d-STOPPED00", "web-1", "Succeeded"),
      host("d-STOPPED00", "web-2", "Failed", [scriptFailed("ApplicationStart", 0, 9)]),
    ]),
    undefined,
    1,
    `Deployment d-STOPPED00 was stopped: web-2 ApplicationStart scripts/start.sh exit code 7
  evidence  web-2: Script at specified location: scripts/start.sh failed with exit code 7
            web-2 | ApplicationStart | no port
  state     1 host on ${NEW}, web-2 left where it failed; no rollback: no earlier success
  next      runtime logs d-STOPPED00 --host web-2
            runtime rollback d-STOPPED00
`,
  ],
];
for (const [name, seen, rollback, exit, text] of cases) {
  test(`the report of ${name}`, () => {
    const report = failureReport(seen, rollback);
    assert.ok(report);
    assert.equal(renderReport(report), text);
    assert.equal(report.exitCode, exit);
  });
}

test("a deployment that succeeded has no report", () => {
  assert.equal(failureReport(view("d-A", [deployment("d-A", "Succeeded")])), undefined);
});

test("a wait that ran out says what runs still", () => {
  const seen = view("d-A", [
    deployment("d-A", "InProgress"),
    host("d-A", "web-1", "InProgress", [{ name: "ApplicationStart", status: "InProgress" }]),
  ]);
  assert.equal(
    renderReport(timeoutReport(seen, 60)),
    `Deployment d-A is still InProgress after 60 s
  evidence  web-1 runs ApplicationStart
  state     d-A goes on; only the waiting has ended
  next      runtime logs d-A -f
            runtime stop d-A
`,
  );
});

test("the report tells what the hooks after the failure printed, below the failed script", () => {
  const seen = view("d-FAILED000", [
    deployment("d-FAILED000", "Failed", unhealthy),
    log("d-FAILED000", "web-1", 1, "starting"),
    {
      ...log("d-FAILED000", "web-1", 2),
      lines: [
        { event: "OnFailure", stream: "stdout", at: 0, text: "tidied \x1b[31mup" },
        { event: "OnFailure", stream: "agent", at: 0, text: "OnFailure failed: exit code 3" },
      ],
    },
    host("d-FAILED000", "web-1", "Failed", [scriptFailed("ApplicationStart", 500, 1500)]),
  ]);
  assert.deepEqual([failureReport(seen)?.evidence].flat().slice(-3), [
    "web-1 | ApplicationStart | starting",
    "web-1 | OnFailure | tidied up",
    "web-1 | OnFailure | OnFailure failed: exit code 3",
  ]);
});
