/**
 * Minimum healthy hosts by example (spec 3.2). The numbers of the rows marked "guide" stand in the
 * CodeDeploy user guide. Fleets are written as in `fleet_letters.ts`.
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PREDEFINED_CONFIGS, strategyOf } from "../../core/domain/deployment_config.ts";
import { orderHosts } from "../../core/rollout/host_order.ts";
import strategy from "../../strategies/minimum_healthy_hosts.ts";
import { INVALID, show, TOO_MANY, view } from "./fleet_letters.ts";

/** `one`, `half`, `all` (shipped with CodeDeploy), `6 hosts`, `40 %`, `2 at once`. */
function config(text: string) {
  const shipped = { one: "OneAtATime", half: "HalfAtATime", all: "AllAtOnce" }[text];
  const predefined = PREDEFINED_CONFIGS.get(`CodeDeployDefault.${shipped}`);
  if (predefined) return strategy.config.parse(strategyOf(predefined).config);
  const [number = "", unit = ""] = text.split(/ (.*)/);
  const type = { hosts: "HOST_COUNT", "%": "FLEET_PERCENT", "at once": "MOST_CONCURRENCY" }[unit];
  return strategy.config.parse({ minimumHealthyHosts: { type, value: Number(number) } });
}

const next = (letters: string, of: string) =>
  strategy.next({ fleet: view(letters), config: config(of) });

const table: [rule: string, fleet: string, config: string, expected: string][] = [
  ["3.2 rule 1: as many as there are must stay healthy", "PPPP", "4 hosts", INVALID],
  ["3.2 rule 1: more than there are must stay healthy", "PPPP", "7 hosts", INVALID],
  ["3.2 rule 1: guide, 95 % of 10 is 10", "PPPPPPPPPP", "95 %", INVALID],
  ["3.2 rule 1: unhealthy hosts do not save it", "uuuu", "4 hosts", INVALID],
  ["3.2 rule 1: one less than there are can be kept", "PPPP", "3 hosts", "start 1"],

  ["3.2 rule 3: guide, nine hosts, six must stay", "PPPPPPPPP", "6 hosts", "start 3"],
  ["3.2 rule 3: guide, nine hosts, 40 % is four", "PPPPPPPPP", "40 %", "start 5"],
  ["3.2 rule 3: guide, half of nine is five", "PPPPPPPPP", "half", "start 4"],
  ["3.2 rule 3: guide, ten hosts, eight must stay", "PPPPPPPPPP", "8 hosts", "start 2"],
  ["3.2 rule 3: guide, none must stay", "PPPPPPPPPP", "all", "start 10"],
  ["3.2 rule 3: guide, one at a time", "PPPPPPPPPP", "one", "start 1"],
  ["3.2 rule 3: a third is rounded up, not to the nearest", "PPPPPPPPPP", "31 %", "start 6"],
  ["3.2 rule 3: a percentage that is a whole number of hosts", "PPPPPPPPPP", "30 %", "start 7"],
  ["3.2 rule 3: no more than wait", "PPSSSSSSSS", "2 hosts", "start 2"],
  ["3.2 rule 3: unhealthy hosts are capped too", "uuuuPPPPPP", "8 hosts", "start 2"],
  [
    "3.2 rule 3: an unhealthy host leaves the healthy ones to be spent",
    "uPPPPPPPPP",
    "8 hosts",
    "start 2",
  ],

  ["3.2 rule 4: no slot is free", "RRPPPPPPPP", "8 hosts", "wait"],
  ["3.2 rule 4: a slot is refilled while another runs", "SRPPPPPPPP", "8 hosts", "start 1"],
  ["3.2 rule 4: there are no waves", "SSRRRPPPP", "5 hosts", "start 1"],
  ["3.2 rule 4: a failed host keeps its slot", "FRPPPPPPPP", "8 hosts", "wait"],
  ["3.2 rule 4: a failed host keeps its slot from unhealthy ones", "FRuuuuuuuu", "8 hosts", "wait"],
  ["3.2 rule 4: no slot is free for unhealthy hosts either", "RRuuuuuuuu", "8 hosts", "wait"],
  ["3.2 rule 4: one failed, one slot is left", "FPPPPPPPPP", "8 hosts", "start 1"],

  [
    "3.2 rule 5: the failure that reaches the minimum, hosts remain",
    "FFPPPPPPPP",
    "8 hosts",
    TOO_MANY,
  ],
  ["3.2 rule 5: at the very last host that remains", "SSSSSSSFFP", "8 hosts", TOO_MANY],
  ["3.2 rule 5: while others run", "FFFRRPPPP", "6 hosts", TOO_MANY],
  ["3.2 rule 5: one at a time stops at the first failure", "SFP", "one", TOO_MANY],
  ["3.2 rule 5: unhealthy hosts that remain change nothing", "Fuu", "one", TOO_MANY],

  ["3.2 rule 6: guide, ten hosts, nine must stay, the last fails", "SSSSSSSSSF", "9 hosts", "done"],
  [
    "3.2 rule 6: guide, eight must stay, the second failure is the last",
    "SSSSSSSFSF",
    "8 hosts",
    "done",
  ],
  ["3.2 rule 6: one at a time, the last fails", "SSF", "one", "done"],
  ["3.2 rule 6: everybody succeeded", "SSSS", "half", "done"],
  ["3.2 rule 6: the last is still running", "SSSR", "half", "wait"],
  ["3.2 rule 6: the last runs beside a failed one", "SSFR", "half", "wait"],
  ["3.2 rule 6: one success is needed beside the minimum", "FF", "0 %", TOO_MANY],

  ["3.2 rule 7: all run at once", "RRRR", "all", "wait"],
  ["3.2 rule 7: guide, one success is enough", "FFFS", "all", "done"],
  ["3.2 rule 7: guide, no success is too few", "FFFF", "all", TOO_MANY],
  ["3.2 rule 7: failures do not stop the others", "FFFR", "all", "wait"],
  ["3.2 rule 7: a host count of none is the same", "FFFS", "0 hosts", "done"],

  ["3.2 rule 8: guide, one host, one at a time", "P", "one", "start 1"],
  ["3.2 rule 8: guide, one host must succeed", "F", "one", TOO_MANY],
  ["3.2 rule 8: guide, one host succeeded", "S", "one", "done"],
  ["3.2 rule 8: one host, half at a time", "P", "half", "start 1"],
  ["3.2 rule 8: one host, half at a time, must succeed", "F", "half", TOO_MANY],
  ["3.2 rule 8: one host, all at once", "u", "all", "start 1"],
  ["3.2 rule 8: one host, a config of one's own, half", "P", "50 %", INVALID],
  ["3.2 rule 8: one host, a config of one's own, one", "P", "1 hosts", INVALID],
  ["3.2 rule 8: one host, a config of one's own, none", "P", "0 hosts", "start 1"],

  ["3.2 rule 9: below the minimum only unhealthy hosts start", "uuPPP", "4 hosts", "start 1"],
  ["3.2 rule 9: exactly at the minimum only unhealthy hosts start", "uuuPPP", "3 hosts", "start 3"],
  [
    "3.2 rule 9: above the minimum healthy hosts join the unhealthy one",
    "uPPPP",
    "2 hosts",
    "start 3",
  ],
  [
    "3.2 rule 9: at the minimum, no healthy host joins an unhealthy one",
    "uuPP",
    "2 hosts",
    "start 2",
  ],
  ["3.2 rule 9: the last unhealthy host runs, the healthy ones wait", "RPPP", "3 hosts", "wait"],
  ["3.2 rule 9: none was ever deployed to", "uuuu", "half", "start 2"],

  ["3.2 rule 10: hosts that are off are attempted and have failed", "FFuuuu", "4 hosts", TOO_MANY],
  ["3.2 rule 10: a host that does not answer, the last one", "SSSSSF", "5 hosts", "done"],

  [
    "3.2 rule 11: the green hosts alone are the fleet, none of which serves yet",
    "uuuu",
    "3 hosts",
    "start 1",
  ],

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
test("spec 3.2 rule 2: unhealthy hosts are taken first, then unknown, old, current ones", () => {
  const health = new Map([
    ["a", { healthy: true, revision: "v2" }],
    ["b", { healthy: true, revision: "v1" }],
    ["c", { healthy: true }],
    ["d", { healthy: false, revision: "v2" }],
  ]);
  assert.deepEqual(orderHosts(["a", "b", "c", "d"], health, "v2"), ["d", "c", "b", "a"]);
});

for (const [rule, fleet, of, expected] of table) {
  test(`spec ${rule}: ${fleet}, ${of}`, () => {
    assert.equal(show(next(fleet, of)), expected);
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
    const step = next(fleet, of);
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
