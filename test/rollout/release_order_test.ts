/**
 * What a release does next. The properties take random releases through random histories: which
 * deployments fail, which groups are busy, when it is stopped, in which order things end.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DeploymentStatus } from "../../core/domain/deployment.ts";
import {
  entryFaults,
  type EntryState,
  type OnFailure,
  type ReleaseSpec,
  type ReleaseState,
  TERMINAL_RELEASE,
} from "../../core/domain/release.ts";
import {
  afterStep,
  needsAtAll,
  newRelease,
  nextStep,
  type SeenDeployment,
  takeIn,
} from "../../core/rollout/release_order.ts";
import { revision } from "./letters.ts";

/** `db`, `api<db`, `web<api,db`: an entry and what it needs. */
function spec(text: string, onFailure: OnFailure = "rollback"): ReleaseSpec {
  const entries = text.split(" ").map((word) => {
    const [name = "", needs = ""] = word.split("<");
    return {
      name,
      applicationName: name,
      deploymentGroupName: "prod",
      revision: revision(`${name}.zip`),
      needs: needs === "" ? [] : needs.split(","),
    };
  });
  return { entries, onFailure };
}

/**
 * A letter an entry: W waiting, R in progress, S succeeded, L and left, F failed, l and left, f without
 * touching anybody, b rolling back, B rolled back, X rollback failed, N not started.
 */
function state(names: string[], letters: string): ReleaseState {
  const made = (name: string, letter: string): EntryState => {
    const begun = { deploymentId: `d-${name}` };
    const back = { deploymentId: `d-${name}`, rollbackId: `r-${name}` };
    const states: Record<string, EntryState> = {
      W: { status: "Waiting" },
      R: { status: "InProgress", ...begun },
      S: { status: "Succeeded", ...begun },
      L: { status: "Succeeded", ...begun, left: "nothing before" },
      F: { status: "Failed", ...begun, cause: "broke", changed: true },
      l: { status: "Failed", ...begun, cause: "broke", changed: true, left: "nothing before" },
      f: { status: "Failed", cause: "no group", changed: false },
      b: { status: "RollingBack", ...back },
      B: { status: "RolledBack", ...back },
      X: { status: "RollbackFailed", ...back, cause: "broke" },
      N: { status: "NotStarted", cause: "other failed" },
    };
    return states[letter] ?? assert.fail(letter);
  };
  const entries = names.map((name, at) => [name, made(name, letters[at] ?? "")] as const);
  return { status: "InProgress", entries: Object.fromEntries(entries) };
}

function shown(step: ReturnType<typeof nextStep>): string {
  if ("names" in step) return `${step.kind} ${step.names.join(" ")}`;
  return step.kind === "end" ? `end ${step.status}` : step.kind;
}

const CHAIN = "db api<db web<api";
const table: [rule: string, spec: string, letters: string, next: string][] = [
  ["what needs nothing begins", CHAIN, "WWW", "begin db"],
  ["nobody begins before what it needs", CHAIN, "RWW", "wait"],
  ["what it needs has succeeded", CHAIN, "SWW", "begin api"],
  ["branches run side by side", "a b c<a,b", "WWW", "begin a b"],
  ["one of two needs is not enough", "a b c<a,b", "SRW", "wait"],
  ["all succeeded", CHAIN, "SSS", "end Succeeded"],
  ["who runs may finish first", "a b", "FR", "wait"],
  ["the failed one goes back first, as it needs the other", CHAIN, "SFN", "rollBack api"],
  ["then what it needs", CHAIN, "SBN", "rollBack db"],
  ["a failed one that touched nobody is left", CHAIN, "SfN", "rollBack db"],
  ["its group's own rule rolls it back: what it needs waits", CHAIN, "SbN", "wait"],
  ["branches go back side by side", "a b<a c<a d<b,c", "SSSF", "rollBack d"],
  ["both arms, not yet the root", "a b<a c<a d<b,c", "SSSB", "rollBack b c"],
  ["one arm is still at it", "a b<a c<a d<b,c", "SBbB", "wait"],
  ["a rollback that failed holds nothing up", CHAIN, "SXN", "rollBack db"],
  ["one that is left does not either", CHAIN, "SlN", "rollBack db"],
  ["a need at a distance counts, whoever is left between", CHAIN, "SLb", "wait"],
  ["all is taken back", CHAIN, "BBN", "end RolledBack"],
  ["something stays on the new revision", CHAIN, "LBN", "end Failed"],
  ["a failed rollback is no rollback", CHAIN, "BXN", "end Failed"],
  ["nothing was ever changed", CHAIN, "fNN", "end Failed"],
];
for (const [rule, text, letters, next] of table) {
  test(`release: ${rule}`, () => {
    const release = spec(text);
    const names = release.entries.map(({ name }) => name);
    assert.equal(shown(nextStep(release, state(names, letters))), next);
  });
}

test("release: with `stop` nothing is rolled back, unless the stop asks for it", () => {
  const release = spec(CHAIN, "stop");
  const failed = state(["db", "api", "web"], "SFN");
  assert.equal(shown(nextStep(release, failed)), "end Failed");
  const stopped = { ...failed, stop: { at: 0, rollback: true } };
  assert.equal(shown(nextStep(release, stopped)), "rollBack api");
  const left = { ...failed, stop: { at: 0, rollback: false } };
  assert.equal(shown(nextStep(spec(CHAIN), left)), "end Stopped");
});

test("release: who waits when another fails is not started, and says because of whom", () => {
  const before = state(["db", "api", "web"], "RWW");
  const failed = { status: "Failed", changed: true, cause: "HEALTH_CONSTRAINTS" } as const;
  const after = takeIn(before, () => failed);
  assert.deepEqual(after.entries, {
    db: {
      status: "Failed",
      deploymentId: "d-db",
      cause: "d-db failed: HEALTH_CONSTRAINTS",
      changed: true,
    },
    api: { status: "NotStarted", cause: "db failed" },
    web: { status: "NotStarted", cause: "db failed" },
  });
});

test("release: a deployment that is gone counts as failed", () => {
  const after = takeIn(state(["db"], "R"), () => undefined);
  assert.equal(after.entries["db"]?.status, "Failed");
});

test("release: what changes nothing answers the same state", () => {
  const before = state(["db", "api"], "RW");
  assert.equal(takeIn(before, () => ({ status: "InProgress", changed: false })), before);
  const waits = afterStep(before, "api", { kind: "blocked", why: "busy" });
  assert.equal(afterStep(waits, "api", { kind: "blocked", why: "busy" }), waits);
});

/** Needs point to earlier entries, so that there is no circle; names are then shuffled. */
const anyRelease = fc.array(fc.array(fc.nat({ max: 20 }), { maxLength: 3 }), {
  minLength: 1,
  maxLength: 7,
}).chain((needs) => {
  const words = needs.map((wanted, at) => {
    const named = [...new Set(wanted.map((one) => one % Math.max(at, 1)))];
    return at === 0 || named.length === 0 ? `e${at}` : `e${at}<${named.map((n) => `e${n}`)}`;
  });
  return fc.record({
    words: fc.shuffledSubarray(words, { minLength: words.length }),
    onFailure: fc.constantFrom<OnFailure>("rollback", "stop"),
  });
});

/** What befalls an entry. */
const anyFate = fc.record({
  ends: fc.constantFrom<DeploymentStatus>(
    "Succeeded",
    "Succeeded",
    "Succeeded",
    "Failed",
    "Stopped",
  ),
  changed: fc.boolean(),
  ownRollback: fc.boolean(),
  refused: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
  rollbackEnds: fc.constantFrom<DeploymentStatus>("Succeeded", "Succeeded", "Failed"),
  left: fc.integer({ min: 0, max: 4 }).map((dice) => dice === 0),
});
type Fate = typeof anyFate extends fc.Arbitrary<infer Value> ? Value : never;

/** Takes a release to its end; `dice` says who ends next, who finds its group busy, when it is stopped. */
class History {
  readonly log: string[] = [];
  state: ReleaseState;
  readonly #seen = new Map<string, SeenDeployment>();
  readonly #spec: ReleaseSpec;
  readonly #fate: (name: string) => Fate;
  /** How often a group is found busy; one that always is would be nobody's fault here. */
  #patience = 20;

  constructor(release: ReleaseSpec, fate: (name: string) => Fate) {
    this.#spec = release;
    this.#fate = fate;
    this.state = newRelease(release);
  }

  run(dice: () => number): void {
    for (let round = 0; round < 200; round++) {
      this.state = takeIn(this.state, (id) => this.#seen.get(id));
      this.#takeSteps(dice);
      if (TERMINAL_RELEASE.has(this.state.status)) return;
      if (dice() % 40 === 0 && !this.state.stop) {
        this.state = { ...this.state, stop: { at: 0, rollback: dice() % 2 === 0 } };
        this.log.push("stop");
      }
      this.#endOne(dice);
    }
    assert.fail(`no end: ${this.log.join(", ")} ${JSON.stringify(this.state)}`);
  }

  #takeSteps(dice: () => number): void {
    const busy = new Set<string>();
    while (true) {
      const step = nextStep(this.#spec, this.state);
      if (step.kind === "end") this.state = { ...this.state, status: step.status };
      const name = "names" in step ? step.names.find((one) => !busy.has(one)) : undefined;
      if (name === undefined || !("names" in step)) return;
      const fate = this.#fate(name);
      if (dice() % 4 === 0 && this.#patience-- > 0) {
        busy.add(name);
        this.state = afterStep(this.state, name, { kind: "blocked", why: "busy" });
      } else if (step.kind === "begin") {
        this.#checkNeeds(name);
        const begun = { kind: "begun", deploymentId: `d-${name}` } as const;
        const refused = { kind: "refused", cause: "no group" } as const;
        this.log.push(fate.refused ? `refused ${name}` : `begin ${name}`);
        if (!fate.refused) this.#seen.set(`d-${name}`, { status: "Created", changed: false });
        this.state = afterStep(this.state, name, fate.refused ? refused : begun);
        if (fate.refused) this.state = takeIn(this.state, (id) => this.#seen.get(id));
      } else {
        this.#checkOrder(name);
        this.log.push(fate.left ? `left ${name}` : `back ${name}`);
        if (!fate.left) this.#seen.set(`r-${name}`, { status: "Created", changed: false });
        this.state = afterStep(
          this.state,
          name,
          fate.left
            ? { kind: "left", why: "nothing before" }
            : { kind: "rollingBack", rollbackId: `r-${name}` },
        );
      }
    }
  }

  #endOne(dice: () => number): void {
    const running = [...this.#seen].filter(([, { status }]) => status === "Created");
    const [id = ""] = running[dice() % Math.max(running.length, 1)] ?? [];
    if (id === "") return;
    const name = id.slice(2);
    const { ends, changed, ownRollback, rollbackEnds } = this.#fate(name);
    this.log.push(`end ${id}`);
    if (id.startsWith("r-")) {
      this.#seen.set(id, { status: rollbackEnds, changed: true });
      return;
    }
    const rolls = ends !== "Succeeded" && changed && ownRollback;
    this.#seen.set(id, { status: ends, changed, ...(rolls && { rollbackId: `r-${name}` }) });
    if (rolls) this.#seen.set(`r-${name}`, { status: "Created", changed: false });
  }

  #checkNeeds(name: string): void {
    assert.ok(!this.state.stop, `${name} began after the stop`);
    const entry = this.#spec.entries.find((one) => one.name === name);
    for (const needed of entry?.needs ?? []) {
      assert.equal(
        this.state.entries[needed]?.status,
        "Succeeded",
        `${name} began before ${needed}`,
      );
    }
    for (const [other, { status }] of Object.entries(this.state.entries)) {
      const fine = ["Waiting", "InProgress", "Succeeded"].includes(status);
      assert.ok(fine, `${name} began though ${other} is ${status}`);
    }
    assert.ok(!this.log.includes(`begin ${name}`), `${name} began twice`);
  }

  /** Who needs it is through: taken back, left, failed at it, or never there. */
  #checkOrder(name: string): void {
    assert.ok(!this.log.includes(`back ${name}`), `${name} went back twice`);
    for (const { name: other } of this.#spec.entries) {
      const state = this.state.entries[other];
      assert.notEqual(state?.status, "InProgress", `${other} still runs`);
      if (!state || !needsAtAll(this.#spec, other, name)) continue;
      const through = "left" in state || (state.status === "Failed" && !state.changed) ||
        ["RolledBack", "RollbackFailed", "NotStarted"].includes(state.status);
      assert.ok(through, `${name} went back before ${other}, which is ${state.status}`);
    }
  }
}

test("release: needs first, back in reverse, and always an end that tells the truth", () => {
  const fates = fc.array(anyFate, { minLength: 7, maxLength: 7 });
  const rolls = fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(anyRelease, fates, rolls, ({ words, onFailure }, list, numbers) => {
      const release = spec(words.join(" "), onFailure);
      assert.deepEqual(entryFaults(release.entries), []);
      const history = new History(release, (name) => list[Number(name.slice(1))] ?? assert.fail());
      let at = 0;
      history.run(() => (numbers[at++ % numbers.length] ?? 0) + at);
      const { status, entries } = history.state;
      const states = Object.values(entries);
      const open = states.filter((one) =>
        ["Waiting", "InProgress", "RollingBack"].includes(one.status)
      );
      assert.deepEqual(open, []);
      const all = states.every((one) => one.status === "Succeeded" && one.left === undefined);
      assert.equal(status === "Succeeded", all);
      const none = states.every((one) =>
        one.status === "RolledBack" || one.status === "NotStarted" ||
        (one.status === "Failed" && !one.changed)
      );
      assert.equal(
        status === "RolledBack",
        none && states.some((one) => one.status === "RolledBack"),
      );
    }),
    { numRuns: 2000 },
  );
});
