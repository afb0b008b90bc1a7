/** Mutants of the strategies and of the arithmetic that they share. @module */
import type { Mutant } from "./trial.ts";

const TABLES = [
  "test/strategies/minimum_healthy_hosts_test.ts",
  "test/strategies/zonal_test.ts",
  "test/strategies/canary_test.ts",
  "test/strategies/model_test.ts",
  "test/strategies/laws_test.ts",
];

type Change = readonly [text: string, becomes: string];

function mutants(file: string, changes: readonly Change[]): Mutant[] {
  return changes.map(([text, becomes]) => ({ file, text, becomes, tests: TABLES }));
}

export const STRATEGY_MUTANTS: readonly Mutant[] = [
  ...mutants("core/plugin/healthy_hosts.ts", [
    ["Math.ceil((size * value) / 100)", "Math.floor((size * value) / 100)"],
    ["Math.ceil((size * value) / 100)", "Math.round((size * value) / 100)"],
    ["Math.max(size - value, 0)", "Math.max(size - value - 1, 0)"],
    ["size - required - running - failed", "size - required - running"],
    ["size - required - running - failed", "size - required - failed"],
    ["size - required - running - failed", "size - running - failed"],
    ["succeeded + skipped + pending - pendingUnhealthy", "succeeded + pending - pendingUnhealthy"],
    ["succeeded + skipped + pending - pendingUnhealthy", "succeeded + skipped + pending"],
    ["Math.max(healthy - required, 0)", "Math.max(healthy - required + 1, 0)"],
    [
      "Math.min(...rooms.map((room) => room.slots))",
      "Math.max(...rooms.map((room) => room.slots))",
    ],
    [
      "Math.min(...rooms.map((room) => room.spare))",
      "Math.max(...rooms.map((room) => room.spare))",
    ],
    ["Math.min(slots, counts.pendingUnhealthy)", "0"],
    ["Math.min(slots, counts.pendingUnhealthy)", "counts.pendingUnhealthy"],
    ["counts.pendingUnhealthy) + spare", "counts.pendingUnhealthy) + slots"],
    ["if (required >= size) {", "if (required > size) {"],
    ["failed >= size - required ?", "failed > size - required ?"],
    ["if (running > 0) return undefined;", ""],
    ["succeeded > 0 && size - failed >= required", "size - failed >= required"],
    ["succeeded > 0 && size - failed >= required", "succeeded > 0"],
    ["succeeded > 0 && size - failed >= required", "succeeded > 0 && size - failed > required"],
  ]),
  ...mutants("core/plugin/stepped.ts", [
    ["return fleet.size - fleet.skipped;", "return fleet.size;"],
    ["Math.ceil((all * share.percent) / 100)", "Math.floor((all * share.percent) / 100)"],
    ["if (broken) return broken;", ""],
    ["fleet.failed > maxFailures", "fleet.failed >= maxFailures"],
    ["fleet.failed > maxFailures", "fleet.failed > maxFailures && fleet.pending > 0"],
    ["if (attempted > upTo) return undefined;", ""],
    ["if (fleet.running > 0) return wait();", ""],
    ["attempted > 0 && fleet.succeeded === 0", "false"],
    ["startable(fleet, ...room)", "fleet.pending"],
    ["Math.min(upTo - attempted, startable(fleet, ...room))", "startable(fleet, ...room)"],
  ]),
  ...mutants("strategies/minimum_healthy_hosts.ts", [
    ["if (size === 1 && config.predefined) return 0;", ""],
    ["size === 1 && config.predefined", "size === 1"],
    ["size === 1 && config.predefined", "config.predefined"],
  ]),
  ...mutants("strategies/zonal.ts", [
    ["?? zoneBroken(zones, config)", ""],
    ["zones.filter((zone) => zone.skipped < zone.size)", "zones.filter(() => true)"],
    ["if (index === zones.length - 1) return done();", ""],
    ["1000 * monitorSeconds(index, config)", "monitorSeconds(index, config)"],
    ["return index === 0 ? first : each;", "return each;"],
    ["return index === 0 ? first : each;", "return first;"],
    [" && !fleet.passed.has(key)", ""],
    ["const key = `monitor ${zone.name}`;", 'const key = "monitor";'],
    ["requiredHealthy(zone.size, config.minimumHealthyHostsPerZone)", "0"],
    ["return fleet.running > 0 ? [] : later;", "return later;"],
    ["return fleet.running > 0 ? [] : later;", "return [];"],
    ["roomOf(fleet, required), roomOf", "roomOf"],
    ["return start(hosts, zone.name);", "return start(hosts);"],
  ]),
  ...mutants("strategies/canary.ts", [
    ["planStep(step, index + 1, fleet)", "planStep(step, index, fleet)"],
    ["key: `${number} ${key}`", "key"],
    ["ms: step.within", "ms: 0"],
    ["failureLimit < count", "failureLimit <= count"],
    ["min <= max", "min <= max + 1"],
  ]),
  ...mutants("strategies/exponential.ts", [
    ["upTo + wave < hosts", "upTo + wave <= hosts"],
    ["number++, wave *= factor", "number++"],
    ["let wave = first;", "let wave = 1;"],
  ]),
];
