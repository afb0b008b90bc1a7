/**
 * Minimum healthy hosts, one letter a host: P waits and is healthy, u waits and is unhealthy,
 * R runs, S succeeded, F failed, k was left alone as it is current. Rules are those of spec 3.2; the numbers of the rows marked
 * "guide" stand in the CodeDeploy user guide. Rule 2 is tested with the order of hosts, rule 11
 * belongs to blue/green.
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PREDEFINED_CONFIGS } from "../../core/domain/deployment_config.ts";
import type { FleetStep, FleetView } from "../../core/plugin/contract.ts";
import strategy, { requiredHealthy } from "../../strategies/minimum_healthy_hosts.ts";

type Config = Parameters<typeof requiredHealthy>[1];

/** `one`, `half`, `all` (shipped with CodeDeploy), `6 hosts`, `40 %`, `2 at once`. */
function config(text: string): Config {
  const shipped = { one: "OneAtATime", half: "HalfAtATime", all: "AllAtOnce" }[text];
  if (shipped) {
    const { minimumHealthyHosts } = PREDEFINED_CONFIGS.get(`CodeDeployDefault.${shipped}`)!;
    return strategy.config.parse({ minimumHealthyHosts, predefined: true });
  }
  const [number = "", unit = ""] = text.split(/ (.*)/);
  const type = { hosts: "HOST_COUNT", "%": "FLEET_PERCENT", "at once": "MOST_CONCURRENCY" }[unit];
  return strategy.config.parse({ minimumHealthyHosts: { type, value: Number(number) } });
}

function view(letters: string): FleetView {
  const count = (of: string) => [...letters].filter((letter) => of.includes(letter)).length;
  return {
    size: letters.length,
    pending: count("Pu"),
    pendingUnhealthy: count("u"),
    running: count("R"),
    succeeded: count("S"),
    failed: count("F"),
    skipped: count("k"),
    zones: [],
    passed: new Set(),
  };
}

function show(step: FleetStep): string {
  switch (step.kind) {
    case "start":
      return `start ${step.hosts}`;
    case "fail":
      return `fail ${step.code}`;
    default:
      return step.kind;
  }
}

const next = (letters: string, of: Config) => strategy.next({ fleet: view(letters), config: of });

const TOO_MANY = "fail HEALTH_CONSTRAINTS";
const INVALID = "fail HEALTH_CONSTRAINTS_INVALID";
const table: [rule: string, fleet: string, config: string, expected: string][] = [
  ["1: as many as there are must stay healthy", "PPPP", "4 hosts", INVALID],
  ["1: more than there are must stay healthy", "PPPP", "7 hosts", INVALID],
  ["1: guide, 95 % of 10 is 10", "PPPPPPPPPP", "95 %", INVALID],
  ["1: unhealthy hosts do not save it", "uuuu", "4 hosts", INVALID],
  ["1: one less than there are can be kept", "PPPP", "3 hosts", "start 1"],

  ["3: guide, nine hosts, six must stay", "PPPPPPPPP", "6 hosts", "start 3"],
  ["3: guide, nine hosts, 40 % is four", "PPPPPPPPP", "40 %", "start 5"],
  ["3: guide, half of nine is five", "PPPPPPPPP", "half", "start 4"],
  ["3: guide, ten hosts, eight must stay", "PPPPPPPPPP", "8 hosts", "start 2"],
  ["3: guide, none must stay", "PPPPPPPPPP", "all", "start 10"],
  ["3: guide, one at a time", "PPPPPPPPPP", "one", "start 1"],
  ["3: a third is rounded up, not to the nearest", "PPPPPPPPPP", "31 %", "start 6"],
  ["3: a percentage that is a whole number of hosts", "PPPPPPPPPP", "30 %", "start 7"],
  ["3: no more than wait", "PPSSSSSSSS", "2 hosts", "start 2"],
  ["3: unhealthy hosts are capped too", "uuuuPPPPPP", "8 hosts", "start 2"],
  ["3: an unhealthy host leaves the healthy ones to be spent", "uPPPPPPPPP", "8 hosts", "start 2"],

  ["4: no slot is free", "RRPPPPPPPP", "8 hosts", "wait"],
  ["4: a slot is refilled while another runs", "SRPPPPPPPP", "8 hosts", "start 1"],
  ["4: there are no waves", "SSRRRPPPP", "5 hosts", "start 1"],
  ["4: a failed host keeps its slot", "FRPPPPPPPP", "8 hosts", "wait"],
  ["4: one failed, one slot is left", "FPPPPPPPPP", "8 hosts", "start 1"],

  ["5: the failure that reaches the minimum, hosts remain", "FFPPPPPPPP", "8 hosts", TOO_MANY],
  ["5: at the very last host that remains", "SSSSSSSFFP", "8 hosts", TOO_MANY],
  ["5: while others run", "FFFRRPPPP", "6 hosts", TOO_MANY],
  ["5: one at a time stops at the first failure", "SFP", "one", TOO_MANY],
  ["5: unhealthy hosts that remain change nothing", "Fuu", "one", TOO_MANY],

  ["6: guide, ten hosts, nine must stay, the last fails", "SSSSSSSSSF", "9 hosts", "done"],
  ["6: guide, eight must stay, the second failure is the last", "SSSSSSSFSF", "8 hosts", "done"],
  ["6: one at a time, the last fails", "SSF", "one", "done"],
  ["6: everybody succeeded", "SSSS", "half", "done"],
  ["6: the last is still running", "SSSR", "half", "wait"],
  ["6: the last runs beside a failed one", "SSFR", "half", "wait"],
  ["6: one success is needed beside the minimum", "FF", "0 %", TOO_MANY],

  ["7: all run at once", "RRRR", "all", "wait"],
  ["7: guide, one success is enough", "FFFS", "all", "done"],
  ["7: guide, no success is too few", "FFFF", "all", TOO_MANY],
  ["7: failures do not stop the others", "FFFR", "all", "wait"],
  ["7: a host count of none is the same", "FFFS", "0 hosts", "done"],

  ["8: guide, one host, one at a time", "P", "one", "start 1"],
  ["8: guide, one host must succeed", "F", "one", TOO_MANY],
  ["8: guide, one host succeeded", "S", "one", "done"],
  ["8: one host, half at a time", "P", "half", "start 1"],
  ["8: one host, half at a time, must succeed", "F", "half", TOO_MANY],
  ["8: one host, all at once", "u", "all", "start 1"],
  ["8: one host, a config of one's own, half", "P", "50 %", INVALID],
  ["8: one host, a config of one's own, one", "P", "1 hosts", INVALID],
  ["8: one host, a config of one's own, none", "P", "0 hosts", "start 1"],

  ["9: below the minimum only unhealthy hosts start", "uuPPP", "4 hosts", "start 1"],
  ["9: exactly at the minimum only unhealthy hosts start", "uuuPPP", "3 hosts", "start 3"],
  ["9: above the minimum healthy hosts join the unhealthy one", "uPPPP", "2 hosts", "start 3"],
  ["9: at the minimum, no healthy host joins an unhealthy one", "uuPP", "2 hosts", "start 2"],
  ["9: the last unhealthy host runs, the healthy ones wait", "RPPP", "3 hosts", "wait"],
  ["9: none was ever deployed to", "uuuu", "half", "start 2"],

  ["10: hosts that do not answer have failed", "FFuuuu", "4 hosts", TOO_MANY],
  ["10: a host that does not answer, the last one", "SSSSSF", "5 hosts", "done"],

  ["6.3: current hosts are healthy ones", "PPkkkkkkkk", "8 hosts", "start 2"],
  ["6.3: and lend nobody their slot", "PPPkkkkkkk", "8 hosts", "start 2"],
  ["6.3: the only outdated host may go", "Pk", "one", "start 1"],
  ["6.3: at the end they count as healthy", "SFkkkkkkkk", "9 hosts", "done"],
  ["6.3: they are no success of this deployment", "Fkkk", "all", TOO_MANY],

  ["trap 24: one at a time is not 99 %, two hosts work", "PP", "one", "start 1"],
  ["trap 24: 99 % of two hosts is two", "PP", "99 %", INVALID],
  ["trap 24: two at once of three", "PPP", "2 at once", "start 2"],
  ["trap 24: more at once than there are", "PPP", "5 at once", "start 3"],
];
for (const [rule, fleet, of, expected] of table) {
  test(`next() keeps rule ${rule}: ${fleet}, ${of}`, () => {
    assert.equal(show(next(fleet, config(of))), expected);
  });
}

test("next() says the numbers when it gives up", () => {
  const said: [fleet: string, config: string, message: string][] = [
    ["FPP", "one", "1 of 3 hosts failed, 2 must stay healthy"],
    ["FFFF", "all", "4 of 4 hosts failed, at least one must succeed"],
    ["F", "all", "1 of 1 host failed, at least one must succeed"],
    ["P", "1 hosts", "1 of 1 host must stay healthy, so none may be deployed to"],
    ["PPP", "3 hosts", "3 of 3 hosts must stay healthy, so none may be deployed to"],
  ];
  for (const [fleet, of, message] of said) {
    const step = next(fleet, config(of));
    assert.equal(step.kind === "fail" && step.message, message);
  }
});

test("the config refuses what no fleet can keep, and completes what is left out", () => {
  const parse = (minimumHealthyHosts: unknown) =>
    strategy.config.safeParse({ minimumHealthyHosts });
  assert.equal(parse({ type: "FLEET_PERCENT", value: 100 }).success, false);
  assert.equal(parse({ type: "FLEET_PERCENT", value: -1 }).success, false);
  assert.equal(parse({ type: "HOST_COUNT", value: 1.5 }).success, false);
  assert.equal(parse({ type: "MOST_CONCURRENCY", value: 0 }).success, false);
  assert.equal(parse(undefined).success, false);
  assert.equal(parse({ type: "HOST_COUNT", value: 1 }).data?.predefined, false);
});

/** The smallest number of hosts that is at least the percentage: by counting, not dividing. */
function naiveRequired(size: number, { minimumHealthyHosts: of, predefined }: Config): number {
  if (predefined && size === 1) return 0;
  if (of.type === "HOST_COUNT") return of.value;
  let required = 0;
  if (of.type === "MOST_CONCURRENCY") { while (required + of.value < size) required++; }
  else while (required * 100 < size * of.value) required++;
  return required;
}

/** The rules read one by one, host by host, in the order of their numbers. */
function naive(letters: string, of: Config): string {
  const fleet = [...letters];
  const count = (letter: string) => fleet.filter((host) => host === letter).length;
  const required = naiveRequired(fleet.length, of);
  const mayBeDown = fleet.length - required;
  if (required > 0 && required >= fleet.length) return INVALID;
  if (count("P") + count("u") === 0) {
    if (count("R") > 0) return "wait";
    const healthy = fleet.length - count("F");
    return count("S") >= 1 && healthy >= required ? "done" : TOO_MANY;
  }
  if (count("F") >= mayBeDown) return TOO_MANY;
  let started = 0;
  while (count("R") + count("F") < mayBeDown) {
    const unhealthy = fleet.indexOf("u");
    const healthy = fleet.indexOf("P");
    if (unhealthy === -1 && (healthy === -1 || count("P") + count("S") <= required)) break;
    fleet[unhealthy === -1 ? healthy : unhealthy] = "R";
    started++;
  }
  return started > 0 ? `start ${started}` : "wait";
}

const anyConfig = fc.oneof(
  fc.constantFrom("one", "half", "all"),
  fc.nat({ max: 45 }).map((value) => `${value} hosts`),
  fc.nat({ max: 99 }).map((value) => `${value} %`),
  fc.integer({ min: 1, max: 45 }).map((value) => `${value} at once`),
);
// Letters, not hosts, are generated: a counterexample is ready to paste into the table.
const fleetOf = (...unit: string[]) =>
  fc.string({ unit: fc.constantFrom(...unit), minLength: 1, maxLength: 40 });
const anyFleet = fleetOf("P", "u", "R", "S", "F");

test("next() agrees with the rules read one by one on any fleet", () => {
  fc.assert(
    fc.property(anyFleet, anyConfig, (fleet, of) => {
      assert.equal(show(next(fleet, config(of))), naive(fleet, config(of)));
    }),
    { numRuns: 2000 },
  );
});

test("law 2: a start never takes the fleet below its minimum, and wait waits for somebody", () => {
  fc.assert(
    fc.property(anyFleet, anyConfig, (fleet, of) => {
      const step = next(fleet, config(of));
      if (step.kind === "wait") assert.ok(fleet.includes("R"), "waits for nobody");
      if (step.kind !== "start") return;
      const { size, pending, pendingUnhealthy, succeeded, running, failed } = view(fleet);
      const required = requiredHealthy(size, config(of));
      assert.ok(step.hosts >= 1 && step.hosts <= pending, `starts ${step.hosts}`);
      assert.ok(step.hosts + running + failed <= size - required, "more are down than may be");
      const healthyStarted = Math.max(step.hosts - pendingUnhealthy, 0);
      const healthyAfter = succeeded + pending - pendingUnhealthy - healthyStarted;
      assert.ok(healthyStarted === 0 || healthyAfter >= required, `${healthyAfter} stay healthy`);
    }),
    { numRuns: 2000 },
  );
});

/** Runs a fleet to its end; each outcome says which running host ends next and how. */
function run(start: string, of: Config, outcomes: { pick: number; ends: string }[]) {
  const fleet = [...start];
  const running: number[] = [];
  for (let steps = 0; steps <= 3 * fleet.length; steps++) {
    const step = next(fleet.join(""), of);
    if (step.kind === "done" || step.kind === "fail") return { step, fleet: fleet.join("") };
    if (step.kind === "start") {
      for (let i = 0; i < step.hosts; i++) {
        const host = fleet.includes("u") ? fleet.indexOf("u") : fleet.indexOf("P");
        fleet[host] = "R";
        running.push(host);
      }
      continue;
    }
    const { pick, ends } = outcomes.shift()!;
    const [host] = running.splice(pick % running.length, 1);
    fleet[host!] = ends;
  }
  throw new assert.AssertionError({ message: `no end: ${fleet.join("")}` });
}

test("every run ends; done means a success and no more failures than may be", () => {
  const outcome = fc.record({ pick: fc.nat(), ends: fc.constantFrom("S", "S", "F") });
  const outcomes = fc.array(outcome, { minLength: 40, maxLength: 40 });
  fc.assert(
    fc.property(fleetOf("P", "u"), anyConfig, outcomes, (start, text, outcomes) => {
      const of = config(text);
      const { step, fleet } = run(start, of, outcomes);
      const { size, succeeded, failed, pending, running } = view(fleet);
      const mayBeDown = size - requiredHealthy(size, of);
      if (step.kind === "done") {
        assert.equal(pending + running, 0);
        assert.ok(succeeded >= 1 && failed <= mayBeDown, fleet);
      } else if (mayBeDown > 0) {
        assert.ok(failed >= mayBeDown, `gave up too early: ${fleet}`);
      }
    }),
    { numRuns: 1000 },
  );
});
