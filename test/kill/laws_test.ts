/** The witnesses' stories that break a law are told apart from those that do not. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { IN_PLACE } from "../binary/deployments.ts";
import type { JournalLine } from "../binary/fleet.ts";
import { complaintsOf, overlaps, type Testimony } from "./laws.ts";
import type { Mark } from "./marked_bundle.ts";

const ID = "d-1";
const commandId = `${ID}/web-1`;
const SILENT = new Set(["DownloadBundle", "Install"]);

/** A host that was well until an event, if any, and whose agent wrote that down. */
function testimony(failed?: string): Testimony {
  const at = failed === undefined ? IN_PLACE.length : IN_PLACE.indexOf(failed);
  const begun = IN_PLACE.slice(0, at + 1);
  const statusOf = (index: number) =>
    index < at ? "Succeeded" : index === at ? "Failed" : "Skipped";
  const status = failed === undefined ? "Succeeded" : "Failed";
  const event = (name: string, what: string, status?: string): JournalLine => (
    { kind: "event", commandId, deploymentId: ID, event: name, what, ...(status && { status }) }
  );
  return {
    deploymentId: ID,
    history: {
      targetId: "web-1",
      status,
      lifecycleEvents: IN_PLACE.map((lifecycleEventName, index) => (
        { lifecycleEventName, status: statusOf(index) }
      )),
    },
    journal: [
      { kind: "order", commandId },
      ...begun.flatMap((name, index) => [
        event(name, "started"),
        event(name, "finished", statusOf(index)),
      ]),
      { kind: "completed", commandId, status },
    ],
    marks: begun.filter((name) => !SILENT.has(name)).flatMap((name): Mark[] => {
      const begin = { deploymentId: ID, event: name, what: "begin" } as const;
      return name === failed ? [begin] : [begin, { ...begin, what: "end" }];
    }),
  };
}

const well: [name: string, story: Testimony][] = [
  ["every event succeeded", testimony()],
  ["an event failed and the rest was skipped", testimony("AfterInstall")],
  ["a download began again after a kill", {
    ...testimony(),
    journal: testimony().journal.flatMap((line) => {
      const isStart = line.event === "DownloadBundle" && line.what === "started";
      return isStart ? [line, { ...line, what: "resumed" }] : [line];
    }),
  }],
];

for (const [name, story] of well) {
  test(`no law is broken: ${name}`, () => assert.deepEqual(complaintsOf(story), []));
}

/** A story in which something is changed. */
function changed(change: (story: Testimony) => Partial<Testimony>, failed?: string): Testimony {
  const story = testimony(failed);
  return { ...story, ...change(story) };
}

const isStart = (event: string) => (line: JournalLine) =>
  line.event === event && line.what === "started";

const broken: [name: string, story: Testimony, complaint: RegExp][] = [
  [
    "a script ran twice",
    changed(({ marks }) => ({ marks: [...marks, ...marks.slice(0, 1)] })),
    /scripts began as .*,ApplicationStop$/m,
  ],
  [
    "an event was started twice",
    changed(({ journal }) => ({ journal: [...journal, ...journal.filter(isStart("Install"))] })),
    /the journal started .*Install$/,
  ],
  [
    "a script's event was begun again",
    changed(({ journal }) => ({
      journal: [
        ...journal,
        ...journal.filter(isStart("AfterInstall")).map((line) => ({ ...line, what: "resumed" })),
      ],
    })),
    /AfterInstall was begun again/,
  ],
  [
    "an event was left out",
    changed(({ journal }) => ({
      journal: journal.filter(({ event }) => event !== "BeforeInstall"),
    })),
    /the journal started/,
  ],
  [
    "scripts ran in another order",
    changed(({ marks }) => ({ marks: [...marks.slice(2, 4), ...marks.slice(0, 2)] })),
    /scripts began as BeforeInstall,ApplicationStop/,
  ],
  [
    "a script succeeded without its end",
    changed(({ marks }) => ({
      marks: marks.filter(({ event, what }) => event !== "ApplicationStart" || what === "begin"),
    })),
    /ApplicationStart succeeded without its end/,
  ],
  [
    "the server has forgotten a report",
    changed(() => ({ history: testimony("ValidateService").history })),
    /ValidateService is Failed, in the journal Succeeded/,
  ],
  [
    "what was skipped has run",
    changed(() => ({ history: testimony("Install").history })),
    /AfterInstall is skipped, and began/,
  ],
  [
    "an event succeeded after a failure",
    changed(({ history }) => ({
      history: {
        ...history,
        lifecycleEvents: history.lifecycleEvents.map((event, at) => (
          at === 6 ? { ...event, status: "Succeeded" } : event
        )),
      },
    }), "Install"),
    /its events are .*Skipped,Succeeded/,
  ],
  [
    "the end was told otherwise",
    changed(({ journal }) => ({
      journal: journal.map((line) => (
        line.kind === "completed" ? { ...line, status: "Failed" } : line
      )),
    })),
    /it is Succeeded, and ended as Failed/,
  ],
];

for (const [name, story, complaint] of broken) {
  test(`a law is broken: ${name}`, () => assert.match(complaintsOf(story).join("\n"), complaint));
}

test("a law is broken: a script goes on when the next deployment has begun", () => {
  const mark = (deploymentId: string, what: Mark["what"]): Mark => (
    { deploymentId, event: "ApplicationStart", what }
  );
  assert.deepEqual(overlaps("web-1", [mark("d-1", "begin"), mark("d-2", "begin")]), []);
  const [complaint] = overlaps("web-1", [
    mark("d-1", "begin"),
    mark("d-2", "begin"),
    mark("d-1", "end"),
  ]);
  assert.match(complaint ?? "", /d-1 ApplicationStart left "end" after d-2/);
});
