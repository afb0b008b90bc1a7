/**
 * One order on a machine whose agent dies at its K-th line in the journal, and is started again to
 * the order's end; and what must be true then, whichever line it was.
 * @module
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { readConfig } from "../../core/agent/config.ts";
import { JournalState, type TakenOrder } from "../../core/agent/journal_record.ts";
import { machine } from "../../core/agent/lifecycle.ts";
import { AfterHookName } from "../../core/domain/after_hook.ts";
import { AGENT_EVENTS, IN_PLACE_EVENTS } from "../../core/domain/lifecycle_event.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import { deployment, revision, type Scripts } from "./hooked_revision.ts";
import { onStage, type Stage, until } from "./stage.ts";

const project = join(import.meta.dirname ?? "", "../..");

type Files = Record<string, string>;

interface Revision {
  files: Files;
  scripts: Scripts;
}

export interface KillScenario {
  name: string;
  /** Deployed to its end before. */
  before?: Revision;
  revision: Revision;
  /** The event that fails when nobody kills the agent, and the exit code of its script. */
  fails?: { event: string; exitCode: number };
}

/** `before:3`: about to make the third line; `after:3`: it has just been made. */
export type KillPoint = `${"before" | "after"}:${number}`;

/** Plays a scenario. Answers whether the agent died at all, or came to the order's end. */
export async function playKilled(scenario: KillScenario, at: KillPoint): Promise<"died" | "lived"> {
  let how: "died" | "lived" = "lived";
  await onStage(async (stage) => {
    const { before, revision: { files, scripts } } = scenario;
    if (before) await deployFirst(stage, before);
    const ranBefore = stage.lines().length;
    const given = deployment(stage, "new", revision(stage, "new", scripts, files));
    how = await dieAt(stage, given, at);
    const left = journalState(stage);
    const told = stage.server.completions.length;
    await goOn(stage, given, left);
    const expected = prediction(scenario, left.unreported.get(given.commandId));
    const ran = stage.lines().slice(ranBefore).map((line) => line.trim());
    checkEnd(stage, given, expected);
    checkTold(stage, given, { told, hasDied: how === "died" });
    checkRan(ran, scenario, expected);
    checkMachine(stage, scenario, expected);
    checkNothingLeft(stage);
  });
  return how;
}

async function start(stage: Stage) {
  const installRoot = join(stage.folder, "machine");
  return await stage.start(machine({ ...await readConfig(stage.config), installRoot }));
}

async function deployFirst(stage: Stage, { files, scripts }: Revision): Promise<void> {
  const agent = await start(stage);
  const given = deployment(stage, "old", revision(stage, "old", scripts, files));
  stage.server.give(given);
  assert.equal((await stage.end(given.commandId)).status, "Succeeded");
  await until(() => stage.journal().at(-1)?.kind === "reported", "the answer");
  await agent.stop();
  stage.server.completions.length = 0;
}

async function dieAt(stage: Stage, given: Order, at: KillPoint): Promise<"died" | "lived"> {
  const bootId = join(stage.folder, "boot_id");
  writeFileSync(bootId, "boot-1\n");
  const child = spawn(process.execPath, [
    "run",
    "-A",
    "--no-check",
    join(project, "test/agent/machine_process.ts"),
    stage.config,
    join(stage.folder, "machine"),
    bootId,
    at,
  ], { cwd: project, stdio: ["ignore", "pipe", "inherit"] });
  stage.processes.push(child);
  const gone = once(child, "exit");
  // Not before: the poll of an agent that has just ended could be given the order.
  await once(child.stdout ?? child, "data");
  stage.server.give(given);
  const hasGone = () => child.exitCode !== null || child.signalCode !== null;
  // Lines of an earlier order were made by another process and are not counted.
  const lived = () => {
    if (stage.server.completions.length === 0) return false;
    const made = linesOf(stage, given);
    return made.at(-1) === "reported" && made.length < Number(at.split(":")[1]);
  };
  await until(() => hasGone() || lived(), `the end of the agent killed ${at}`);
  if (!hasGone()) {
    await stage.kill(child);
    return "lived";
  }
  const [, signal] = await gone;
  assert.equal(signal, "SIGKILL", `the agent to be killed ${at} ended otherwise`);
  return "died";
}

/** The kinds of the lines about an order. */
function linesOf(stage: Stage, { commandId }: Order): string[] {
  return stage.journal().filter((record) =>
    record.kind !== "nonce" && record.commandId === commandId
  ).map(({ kind }) => kind);
}

async function goOn(stage: Stage, given: Order, left: JournalState): Promise<void> {
  // A server hands an order out again to a host that has not said it has it.
  if (left.lastNonce < given.nonce) stage.server.give(given);
  const agent = await start(stage);
  await until(() => stage.server.completions.length > 0, "the order's end");
  await until(() => journalState(stage).reported.has(given.commandId), "the answer");
  await agent.stop();
}

function journalState(stage: Stage): JournalState {
  const state = new JournalState();
  for (const record of stage.journal()) state.apply(record);
  return state;
}

interface Prediction {
  /** The event whose script was cut off, if it was one. */
  cutOff?: string;
  /** The event that ends the order, and the exit code that the hooks are told. */
  failed?: { event: string; exitCode?: number };
  /** Hooks that were begun and not over. */
  hooksCutOff: string[];
}

/** How the order ends is decided by what the dead agent left in its journal. */
function prediction({ fails }: KillScenario, left: TakenOrder | undefined): Prediction {
  const hooksCutOff = [...left?.hooks ?? []].filter(([, { over }]) => !over).map(([name]) => name);
  const cutOff = left?.events.find(({ name, status }) =>
    status === "InProgress" && !AGENT_EVENTS.has(name)
  )?.name;
  if (cutOff) return { cutOff, failed: { event: cutOff }, hooksCutOff };
  return { ...(fails && { failed: fails }), hooksCutOff };
}

function checkEnd(stage: Stage, given: Order, { failed, cutOff }: Prediction): void {
  const [told] = stage.server.completions;
  assert.ok(told);
  assert.equal(told.commandId, given.commandId);
  assert.equal(told.status, failed ? "Failed" : "Succeeded");
  assert.equal(told.completion.error_code, cutOff ? 7 : failed ? 4 : 0);
  const all: readonly string[] = IN_PLACE_EVENTS;
  const names = failed ? all.slice(0, all.indexOf(failed.event) + 1) : all;
  assert.deepEqual(told.completion.events.map(({ name }) => name), names, "events in order");
  const expected = names.map((name) => name === failed?.event ? "Failed" : "Succeeded");
  assert.deepEqual(told.completion.events.map(({ status }) => status), expected);
}

/**
 * Counted once: an agent that dies before it knows that the server has heard it tells the same again,
 * and only then.
 */
function checkTold(
  stage: Stage,
  given: Order,
  { told, hasDied }: { told: number; hasDied: boolean },
): void {
  const { completions } = stage.server;
  const [first] = completions;
  assert.ok(told <= 1, "one agent tells it once");
  assert.ok(completions.length <= (hasDied ? 2 : 1), `told ${completions.length} times`);
  for (const again of completions) assert.deepEqual(again, first, "told again, it is the same");
  const kinds = linesOf(stage, given);
  for (const kind of ["order", "completed", "reported"] as const) {
    assert.equal(kinds.filter((one) => one === kind).length, 1, `${kind}, once in the journal`);
  }
}

function checkRan(ran: string[], scenario: KillScenario, expected: Prediction): void {
  const { failed, cutOff, hooksCutOff } = expected;
  const names: string[] = [];
  for (const name of IN_PLACE_EVENTS) {
    const from = name === "ApplicationStop" ? scenario.before : scenario.revision;
    if (from?.scripts[name] !== undefined) names.push(name);
    if (name === failed?.event) break;
  }
  // Of a deployment that failed before its revision was unpacked, the old one's hooks run.
  const hooks = failed?.event === "ApplicationStop" ? scenario.before : scenario.revision;
  const status = failed ? ` Failed ${failed.event} ${failed.exitCode ?? ""}` : " Succeeded";
  for (const hook of AfterHookName.options) {
    if (hook === "OnRollback" || (hook === "OnFailure" && !failed)) continue;
    if (hooks?.scripts[hook] !== undefined) names.push(hook);
  }
  const whole = names.map((name) => {
    const revision = name === "ApplicationStop" || hooks === scenario.before ? "old" : "new";
    const isHook = AfterHookName.safeParse(name).success;
    return `${revision} ${name}${isHook ? status.trimEnd() : ""}`;
  });
  // What was cut off may have left its line or not; all the rest ran exactly once.
  const maybe = new Set([cutOff, ...hooksCutOff]);
  const certain = whole.filter((line) => !maybe.has(line.split(" ")[1]) || ran.includes(line));
  assert.deepEqual(ran, certain);
}

function checkMachine(stage: Stage, scenario: KillScenario, { failed }: Prediction): void {
  const all: readonly string[] = IN_PLACE_EVENTS;
  const isOld = failed && all.indexOf(failed.event) < all.indexOf("Install");
  const expected = isOld ? scenario.before?.files ?? {} : scenario.revision.files;
  assert.deepEqual(filesBelow(join(stage.folder, "machine/srv/www")), expected);
}

/** Nothing half-made of the agent's or of an Install's, and nothing that says it is at work. */
function checkNothingLeft(stage: Stage): void {
  const paths = Object.keys(filesBelow(stage.root));
  const kept = /^(g-1\/d-(old|new)\/|journal\.jsonl$|deployment-logs\/)/;
  const state = /^deployment-instructions\/g-1(-install\.json|-cleanup|_[a-z_]+_install)$/;
  const strangers = paths.filter((path) => !kept.test(path) && !state.test(path));
  assert.deepEqual(strangers, []);
  const drafts = [...paths, ...Object.keys(filesBelow(join(stage.folder, "machine")))]
    .filter((path) => /\.(new|part|draft|tmp)$|journal(?!\.jsonl$)/.test(path));
  assert.deepEqual(drafts, []);
}

function filesBelow(folder: string): Files {
  const found: Files = {};
  if (!existsSync(folder)) return found;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[relative(folder, path)] = readFileSync(path, "utf8");
  }
  return found;
}
