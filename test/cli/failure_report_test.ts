import { test } from "node:test";
import assert from "node:assert/strict";
import { type DeploymentView, newView, record } from "../../core/cli/deployment_view.ts";
import { renderReport } from "../../core/cli/failure.ts";
import { failureReport, timeoutReport } from "../../core/cli/failure_report.ts";
import type { Cause } from "../../core/domain/cause.ts";
import type { ExplainDeploymentOutput } from "../../core/wire/explain_api.ts";
import type { StreamEvent } from "../../core/wire/event_stream.ts";
import { deployment, host, log, OLD, scriptFailed } from "./story.ts";

function view(id: string, events: StreamEvent[]): DeploymentView {
  const seen = newView(id);
  for (const event of events) record(seen, event);
  return seen;
}

const failed = view("d-FAILED000", [
  deployment("d-FAILED000", "Failed"),
  host("d-FAILED000", "web-1", "Failed", [scriptFailed("ApplicationStart", 500, 1500)]),
]);
const back = (status: "Succeeded" | "Failed") =>
  view("d-BACK00000", [deployment("d-BACK00000", status, { revision: OLD })]);

const SCRIPT: Cause = {
  kind: "script",
  text: "Script at specified location: scripts/start.sh failed with exit code 7",
  evidence: ["starting", "\x1b[31mport 80 is taken\x1b[0m"],
};
const explained: ExplainDeploymentOutput = {
  deploymentId: "d-FAILED000",
  status: "Failed",
  cause: {
    kind: "rule",
    text: "3 of 5 hosts failed, 4 must stay healthy",
    because: [
      {
        kind: "host",
        text: "ApplicationStart failed on 2 hosts: web-1, web-2",
        because: [{
          kind: "event",
          text: "ApplicationStart failed on web-1 after 1.0 s: exit code 7",
          because: [SCRIPT, { ...SCRIPT, evidence: ["once more"] }],
        }],
      },
      { kind: "host", text: "web-3 failed Install", evidence: ["no space left on device"] },
    ],
  },
  state: ["2 hosts not touched", "rolled back by d-BACK00000: 5 of 5 hosts on s3://b/old.zip"],
  next: ["runtime logs d-FAILED000 --host web-1"],
};

const text = `Deployment d-FAILED000 failed: 3 of 5 hosts failed, 4 must stay healthy
  evidence  ApplicationStart failed on 2 hosts: web-1, web-2
            └─ ApplicationStart failed on web-1 after 1.0 s: exit code 7
               ├─ Script at specified location: scripts/start.sh failed with exit code 7
               │  │ starting
               │  │ port 80 is taken
               └─ Script at specified location: scripts/start.sh failed with exit code 7
                  │ once more
            web-3 failed Install
            │ no space left on device
  state     2 hosts not touched; rolled back by d-BACK00000: 5 of 5 hosts on s3://b/old.zip
  next      runtime logs d-FAILED000 --host web-1
`;

const cases: [
  name: string,
  rollback: DeploymentView | undefined,
  explained: ExplainDeploymentOutput | Error,
  exit: number,
  text: string,
][] = [
  ["a failure that was rolled back", back("Succeeded"), explained, 3, text],
  ["a failure whose rollback failed as well", back("Failed"), explained, 1, text],
  ["a failure without a rollback", undefined, explained, 1, text],
  [
    "a deployment that was stopped, with a cause alone",
    undefined,
    {
      ...explained,
      status: "Stopped",
      cause: { kind: "person", text: "somebody asked to stop it before it began" },
      state: ["no host was touched", "nothing was rolled back"],
    },
    1,
    `Deployment d-FAILED000 was stopped: somebody asked to stop it before it began
  state     no host was touched; nothing was rolled back
  next      runtime logs d-FAILED000 --host web-1
`,
  ],
  [
    "a failure that nobody can explain, as the server has gone since",
    back("Succeeded"),
    new Error("http://deploy:8080 does not answer"),
    3,
    `Deployment d-FAILED000 failed
  state     the server could not tell more: http://deploy:8080 does not answer
  next      runtime explain d-FAILED000
`,
  ],
];
for (const [name, rollback, explained, exit, text] of cases) {
  test(`the report of ${name}`, () => {
    const report = failureReport(failed, rollback, explained);
    assert.equal(renderReport(report), text);
    assert.equal(report.exitCode, exit);
  });
}

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
    deployment("d-FAILED000", "Failed"),
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
  assert.deepEqual(failureReport(seen, undefined, explained).evidence.slice(-3), [
    "│ no space left on device",
    "web-1 | OnFailure | tidied up",
    "web-1 | OnFailure | OnFailure failed: exit code 3",
  ]);
});
