/** Canary steps and growing waves by example, written as in `fleet_letters.ts`. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import canary from "../../strategies/canary.ts";
import exponential from "../../strategies/exponential.ts";
import { INVALID, show, TOO_MANY, view } from "./fleet_letters.ts";

const STEPS = [{ hosts: 1 }, { bake: "5m" }, { hosts: "50%" }, { bake: "90s" }];
const config = (steps: readonly unknown[], more = {}) => canary.config.parse({ steps, ...more });
const next = (fleet: string, of: ReturnType<typeof config>, passed: readonly string[] = []) =>
  canary.next({ fleet: view(fleet, passed), config: of });

const of = (...steps: readonly unknown[]) => config(steps);
const minimum = (value: number) => ({
  maxFailures: 9,
  minimumHealthyHosts: { type: "HOST_COUNT", value },
});
const BAKED = ["2 bake"];
const ALL = ["2 bake", "4 bake"];

const table: [
  what: string,
  fleet: string,
  config: ReturnType<typeof config>,
  passed: readonly string[],
  expected: string,
][] = [
  ["one host first", "PPPPP", of(...STEPS), [], "start 1"],
  ["the canary runs", "RPPPP", of(...STEPS), [], "wait"],
  ["then it is watched", "SPPPP", of(...STEPS), [], "hold 2 bake 300000"],
  ["half of five is three, two more", "SPPPP", of(...STEPS), BAKED, "start 2"],
  ["nobody else while they run", "SSRPP", of(...STEPS), BAKED, "wait"],
  ["watched again, for another time", "SSSPP", of(...STEPS), BAKED, "hold 4 bake 90000"],
  ["the rest follows without being told", "SSSPP", of(...STEPS), ALL, "start 2"],
  ["the rest runs", "SSSRR", of(...STEPS), ALL, "wait"],
  ["the end", "SSSSS", of(...STEPS), ALL, "done"],
  [
    "started hosts of a step that broke off are not started again",
    "RPPPP",
    of({ hosts: 2 }),
    [],
    "start 1",
  ],

  ["a percentage is rounded up", "PPPPPPPPPPP", of({ hosts: "10%" }), [], "start 2"],
  ["a hundred percent", "PPP", of({ hosts: "100%" }), [], "start 3"],
  ["a number beyond the fleet is all of it", "PPP", of({ hosts: 7 }), [], "start 3"],
  [
    "a step that is reached starts nobody",
    "SP",
    of({ hosts: 1 }, { hosts: "10%" }, { bake: "1m" }),
    [],
    "hold 3 bake 60000",
  ],
  [
    "a smaller step than the last waits for that one",
    "SR",
    of({ hosts: 2 }, { hosts: 1 }, { bake: "1m" }),
    [],
    "wait",
  ],
  [
    "a wait behind the last host",
    "SS",
    of({ hosts: "100%" }, { bake: "1m" }),
    [],
    "hold 2 bake 60000",
  ],
  ["a wait before the first host", "PP", of({ approval: "go" }), [], "hold 1 approval go 86400000"],
  [
    "an approval in its time",
    "SP",
    of({ hosts: 1 }, { approval: "go", within: "2d" }),
    [],
    "hold 2 approval go 172800000",
  ],
  ["a pause", "SP", of({ hosts: 1 }, { pause: true }), [], "hold 2 pause"],
  [
    "a measurement",
    "SP",
    of({ hosts: 1 }, { analysis: "errors", max: 0.1 }),
    [],
    "hold 2 analysis errors",
  ],
  [
    "two waits of one kind are two",
    "SP",
    of({ hosts: 1 }, { bake: "1m" }, { bake: "1m" }),
    BAKED,
    "hold 3 bake 60000",
  ],

  ["no failure is borne", "FPPPP", of(...STEPS), [], TOO_MANY],
  ["not even the last host's", "SSSSF", of(...STEPS), ALL, TOO_MANY],
  ["while others run", "SFRPP", of({ hosts: 3 }), [], TOO_MANY],
  ["failures that are borne", "SFPPP", config([{ hosts: 2 }], { maxFailures: 1 }), [], "start 3"],
  ["one more", "SFFPP", config([{ hosts: 2 }], { maxFailures: 1 }), [], TOO_MANY],
  [
    "nothing to watch where none succeeded",
    "FPPP",
    config([{ hosts: 1 }, { bake: "1m" }], { maxFailures: 3 }),
    [],
    TOO_MANY,
  ],
  [
    "at the end one must have succeeded",
    "FFF",
    config([{ hosts: "100%" }], { maxFailures: 3 }),
    [],
    TOO_MANY,
  ],

  ["a minimum bounds a step", "PPPPP", config([{ hosts: "100%" }], minimum(3)), [], "start 2"],
  ["its slots refill", "SRPPP", config([{ hosts: "100%" }], minimum(3)), [], "start 1"],
  [
    "its slots refill in a later step too",
    "SSRPP",
    config([{ hosts: 1 }, { hosts: "100%" }], minimum(3)),
    [],
    "start 1",
  ],
  ["its slots are taken", "RRPPP", config([{ hosts: "100%" }], minimum(3)), [], "wait"],
  [
    "a minimum ends it before the failures that are borne",
    "FFPPP",
    config([{ hosts: "100%" }], minimum(3)),
    [],
    TOO_MANY,
  ],
  ["a minimum that nobody can keep", "PPP", config([{ hosts: 1 }], minimum(3)), [], INVALID],

  ["an unhealthy host is a canary as well", "uPPP", of({ hosts: 1 }), [], "start 1"],
  ["current hosts are no canaries", "PPPPkkkk", of(...STEPS), [], "start 1"],
  ["nor part of a percentage", "PPPPkkkk", of({ hosts: "50%" }), [], "start 2"],
];
for (const [what, fleet, of, passed, expected] of table) {
  test(`canary: ${what}: ${fleet}`, () => {
    assert.equal(show(next(fleet, of, passed)), expected);
  });
}

test("canary says how many failed, and how many are borne", () => {
  const message = (fleet: string, maxFailures: number) => {
    const step = next(fleet, config([{ hosts: 2 }], { maxFailures }));
    return step.kind === "fail" ? step.message : show(step);
  };
  assert.equal(message("FPPP", 0), "1 of 4 hosts failed, 0 are borne");
  assert.equal(message("FFPP", 1), "2 of 4 hosts failed, 1 is borne");
  assert.equal(message("FFPP", 2), "2 of 2 hosts failed, at least one must succeed");
});

test("a measurement's rules come to the hold, with what was left out", () => {
  const step = next("SP", of({ hosts: 1 }, { analysis: "errors", interval: "30s", max: 0.05 }));
  assert.deepEqual(step.kind === "hold" && step.hold, {
    kind: "analysis",
    rules: {
      name: "errors",
      count: 1,
      interval: 30_000,
      max: 0.05,
      failureLimit: 0,
      inconclusiveLimit: 3,
    },
  });
});

test("canary without a config is one host, half, all, with five minutes between", () => {
  const of = canary.config.parse({});
  assert.equal(show(next("PPPP", of)), "start 1");
  assert.equal(show(next("SPPP", of)), "hold 2 bake 300000");
  assert.equal(show(next("SPPP", of, BAKED)), "start 1");
  assert.equal(show(next("SSPP", of, BAKED)), "hold 4 bake 300000");
});

const refused: [what: string, step: unknown, path: string, message: RegExp][] = [
  ["of no kind", { wait: "5m" }, "steps.0", /must have one of hosts, bake, analysis/],
  ["with a member of another kind", { hosts: 1, bake: "5m" }, "steps.0", /bake/],
  ["of no hosts", { hosts: 0 }, "steps.0.hosts", /^Too small/],
  ["of more than all", { hosts: "101%" }, "steps.0.hosts", /a number of hosts from 1/],
  ["of no percent", { hosts: "0%" }, "steps.0.hosts", /a number of hosts from 1/],
  ["with a time without unit", { bake: "300" }, "steps.0.bake", /"90s", "5m"/],
  ["without limits", { analysis: "e" }, "steps.0", /min or max/],
  ["with limits the wrong way round", { analysis: "e", min: 2, max: 1 }, "steps.0", /min must not/],
  ["that no measurement can fail", { analysis: "e", max: 1, failureLimit: 1 }, "steps.0", /below/],
  ["that pauses or not", { pause: false }, "steps.0.pause", /true/],
  ["that is text", "5m", "steps.0", /record|object/],
];
for (const [what, step, path, message] of refused) {
  test(`canary refuses a step ${what}`, () => {
    const { error } = canary.config.safeParse({ steps: [step] });
    const [issue] = error?.issues ?? [];
    assert.equal(issue?.path.join("."), path);
    assert.match(issue?.message ?? "", message);
  });
}

const waves: [what: string, fleet: string, config: object, passed: string[], expected: string][] = [
  ["one first", "PPPPPPPP", {}, [], "start 1"],
  ["two more when it is over", "SPPPPPPP", {}, [], "start 2"],
  ["not before", "SSRPPPPP", {}, [], "wait"],
  ["then four", "SSSPPPPP", {}, [], "start 4"],
  ["the rest", "SSSSSSSP", {}, [], "start 1"],
  ["the end", "SSSSSSSS", {}, [], "done"],
  ["a first wave of three, then nine", "SSSPPPPPPPPPPPP", { first: 3, factor: 3 }, [], "start 9"],
  ["a fleet smaller than the first wave", "PP", { first: 5 }, [], "start 2"],
  ["a wait between", "SPPPPPPP", { bake: "1m" }, [], "hold 1 bake 60000"],
  ["each wave has its own", "SSSPPPPP", { bake: "1m" }, ["1 bake"], "hold 2 bake 60000"],
  ["none after the last", "SSS", { bake: "1m" }, ["1 bake"], "done"],
  ["no failure is borne", "SFPPPPPP", {}, [], TOO_MANY],
  ["but those that are", "SSFPPPPP", { maxFailures: 1 }, [], "start 4"],
  ["current hosts are not counted", "PPPPkkkk", { first: 3 }, [], "start 3"],
];
for (const [what, fleet, raw, passed, expected] of waves) {
  test(`exponential: ${what}: ${fleet}`, () => {
    const config = exponential.config.parse(raw);
    assert.equal(show(exponential.next({ fleet: view(fleet, passed), config })), expected);
  });
}
