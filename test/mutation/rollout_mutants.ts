/** Mutants of the decisions of a rollout. @module */
import type { Mutant } from "./trial.ts";

type Change = readonly [text: string, becomes: string];

function mutants(file: string, tests: readonly string[], changes: readonly Change[]): Mutant[] {
  const files = tests.map((name) => `test/rollout/${name}_test.ts`);
  return changes.map(([text, becomes]) => ({
    file: `core/rollout/${file}.ts`,
    text,
    becomes,
    tests: files,
  }));
}

const COURSE = ["advance", "hold", "corner", "silent_host", "host_report", "history"];

const BLUE_GREEN = ["blue_green", "corner"];

export const ROLLOUT_MUTANTS: readonly Mutant[] = [
  ...mutants("host_order", ["host_order"], [
    ["if (!known?.healthy) return 0;", "if (!known?.healthy) return 4;"],
    ["if (known.revision === undefined) return 1;", ""],
    ["known.revision === target ? 3 : 2", "known.revision === target ? 2 : 3"],
    ["numeric: true", "numeric: false"],
  ]),
  ...mutants("out_of_traffic", ["out_of_traffic"], [
    [`if (wasDone(events, "AllowTraffic")) out.delete(id);`, ""],
    [`status === "Succeeded" || (status`, "(status"],
    ["diagnostics?.message === STOPPED", "true"],
  ]),
  ...mutants("host_clock", ["host_clock", "corner"], [
    ["target.lastUpdated + clocks.notStarted", "target.lastUpdated + clocks.notFinished"],
    ["target.lastUpdated + clocks.notFinished", "clocks.notFinished"],
    ["notStarted / timeLapse", "notStarted"],
  ]),
  ...mutants("failure_cause", ["failure_cause", "cause"], [
    ['code === "HEALTH_CONSTRAINTS" ?', 'code !== "HEALTH_CONSTRAINTS" ?'],
    ["failed.length > 0 &&", ""],
    ["failed.every(", "failed.some("],
    ['said?.script_name === "" && ', "said !== undefined && "],
    ["message === AGENT_SILENT_MESSAGE", "false"],
    ["APPSPEC_FAULT.test(message)", "false"],
    ["if (first) return lastSeen(first);", ""],
    ["at === -1 ? own : own.slice(0, at)", "own"],
  ]),
  ...mutants("analysis", ["analysis"], [
    ["failed > rules.failureLimit", "failed >= rules.failureLimit"],
    ["inconclusive > rules.inconclusiveLimit", "inconclusive > rules.failureLimit"],
    ["passed + failed >= rules.count", "passed + failed + inconclusive >= rules.count"],
    ["passed + failed >= rules.count", "passed >= rules.count"],
    ["measurements.at(-1)?.at ?? since", "since"],
    ["Math.min(due, now + rules.interval)", "due"],
    ["failureLimit >= count", "failureLimit > count"],
    [
      'value === undefined || !Number.isFinite(value)) return "inconclusive"',
      'value === undefined) return "inconclusive"',
    ],
  ]),
  ...mutants("alarms", ["alarms"], [
    ["!alarms?.enabled || rollbackOf !== undefined", "!alarms?.enabled"],
    ["!alarms?.enabled || rollbackOf !== undefined", "rollbackOf !== undefined"],
    ["request.alarms?.ignorePollAlarmFailure", "!request.alarms?.ignorePollAlarmFailure"],
    ['state === "ALARM");', 'state !== "OK");'],
  ]),
  ...mutants("rollback", ["rollback"], [
    ['request.creator === "codeDeployRollback" || !wanted(ended)', "!wanted(ended)"],
    ["overview.Succeeded + overview.Failed === 0", "overview.Succeeded === 0"],
    ["overview.Succeeded + overview.Failed === 0", "overview.Failed === 0"],
    ["? noWayToBlue(targets)", "? undefined"],
    ["if (request.restartOf !== undefined) {", "if (false) {"],
    ["artifact: _broken, ", ""],
    ["fileExistsBehavior: before.request.fileExistsBehavior,", ""],
    ["zonalConfig: _zones, ...config", "...config"],
    ['status === "Stopped" && stop?.rollback', 'status === "Stopped"'],
    ['stop.error?.code === "ALARM_ACTIVE"', "false"],
    ["rules?.enabled === true && ", ""],
  ]),
  ...mutants("advance", COURSE, [
    ["if (TERMINAL_DEPLOYMENT.has(state.status)) return NOTHING;", ""],
    ["if (target.command?.id !== command) return target;", ""],
    ['input.verdict.kind === "stop" && !state.error', 'input.verdict.kind === "stop"'],
    ["if (at > now) continue;", "if (at >= now) continue;"],
    ['if (target.status !== "InProgress") continue;', ""],
    ["if (state.stop) return undefined;", ""],
    ['status === "Pending" || status === "Ready") targets', 'status === "Ready") targets'],
    ['if (status === "InProgress" && target.command) cancel.push(id);', ""],
    ["if (progress.paused) return undefined;", ""],
    ["passed: [...going.passed, hold.key]", "passed: going.passed"],
    ["hold?.key !== input.key || hold.hold.kind", "hold?.hold.kind"],
    [
      "measurements = [...hold.measurements, input.measurement]",
      "measurements = [input.measurement]",
    ],
    ['hold?.hold.kind === "approval" ?', "hold ?"],
    [
      'if (target.status !== "InProgress" || target.command) continue;',
      'if (target.status !== "InProgress") continue;',
    ],
    ["state.progress.checkedAt !== undefined || state.error", "state.error"],
  ]),
  ...mutants("go_on", COURSE, [
    ["if (state.error) {", "if (false) {"],
    ["overview.Skipped === state.order.length) return", "false) return"],
    ["rules.checksFirst && state.progress.checkedAt === undefined", "false"],
    ["if (state.progress.paused) return whilePaused(state, step, now, rules);", ""],
    [
      'step.kind !== "hold" || step.hold.kind !== "analysis") return NOTHING',
      "true) return NOTHING",
    ],
    ['step.kind !== "hold" || step.hold.kind !== "analysis"', 'step.kind !== "hold"'],
    ["...(hold && { progress }),", ""],
    ['...(state.status === "Baking" && { status: "InProgress" }),', ""],
    ["targets: leftBehind(state, now),\n    error,", "targets: [],\n    error,"],
    ['return running > 0 ? step : misstep("waits', 'return left > 0 ? step : misstep("waits'],
    ["return left === 0 ? step : misstep", "return pending === 0 ? step : misstep"],
    ["view.passed.has(step.key) ? misstep", "false ? misstep"],
    ["step.zone !== undefined && !zone?.pending", "false"],
    ["nextWaiting(state, step.hosts, step.zone)", "nextWaiting(state, step.hosts)"],
  ]),
  ...mutants("hold_on", COURSE, [
    ["if (progress.promoted) return over(progress, key);", ""],
    ["progress.hold?.key !== key", "!progress.hold"],
    ["end !== undefined && now >= end", "end !== undefined && now > end"],
    ["since + hold.ms / timeLapse", "since + hold.ms"],
    ["if (!isLate) return", "if (true) return"],
    ['if (next?.kind !== "failed") return', "if (true) return"],
    ["rules.interval / timeLapse", "rules.interval"],
  ]),
  ...mutants("waiting_for", ["waiting_for"], [
    ["TERMINAL_DEPLOYMENT.has(status) ||", ""],
    ["if (error || stop) {", "if (stop) {"],
    ["overview.Pending > 0", "overview.Pending > 1"],
    ["verdicts.length - without", "verdicts.length"],
    ["terminationWait.skippedAt !== undefined", "false"],
    ["holdEnd(held, timeLapse)", "holdEnd(held, 1)"],
  ]),
  ...mutants("state", COURSE, [
    ["if (before) count(state.tallies, before, -1, state.unhealthy);", ""],
    ["target?.status === stage.from) waiting", "target) waiting"],
    ["waiting.length < hosts", "waiting.length <= hosts"],
    ["if (decision.stop) state.stop = decision.stop;", ""],
    ["zone === undefined ? stage.label ?? EVERYBODY : zoneKey(zone)", "EVERYBODY"],
  ]),
  ...mutants("tally", COURSE, [
    [
      'target.status === "Unknown" ? "Failed" : target.status',
      'target.status === "Unknown" ? "Skipped" : target.status',
    ],
    [
      'target.status === "Pending" && unhealthy.has(target.id) ? by : 0',
      "unhealthy.has(target.id) ? by : 0",
    ],
    ["...(zone !== undefined ? [zoneKey(zone)] : []),", ""],
  ]),
  ...mutants("fleet_view", COURSE, [
    ["skipped: Skipped,", "skipped: 0,"],
    ["running: InProgress,", "running: InProgress + Ready,"],
    ["passed: new Set(state.progress.passed),", "passed: new Set(),"],
    ['Number(a === "") - Number(b === "")', 'Number(b === "") - Number(a === "")'],
  ]),
  ...mutants("host_report", COURSE, [
    ["RANK[next.status] <= RANK[event.status]", "RANK[next.status] < RANK[event.status]"],
    ["target.command.takenAt !== undefined) return target;", "false) return target;"],
    ['if (report.kind === "waiting") {', "if (false) {"],
    ["const passed = report.succeeded &&", "const passed ="],
    ["code || 5", "code"],
    ["context.stopped && open > 0", "context.stopped"],
    [
      "context.ignoreStopFailures &&\n    IGNORABLE_EVENTS.includes(event.name)",
      "context.ignoreStopFailures",
    ],
    [
      "context.ignoreStopFailures &&\n    IGNORABLE_EVENTS.includes(event.name)",
      "IGNORABLE_EVENTS.includes(event.name)",
    ],
    ['if (index !== at) return { ...event, status: "Skipped" };', ""],
    ["!context.stopped || leg.to === target.events.length || !last", "true"],
  ]),
  ...mutants("stage_wait", BLUE_GREEN, [
    ['actionOnTimeout !== "STOP_DEPLOYMENT"', "false"],
    ["progress.continuedAt !== undefined ||", ""],
    ['...(status === "Ready" && { change: { status: "InProgress" } })', ""],
    ["now < readyEnd(", "now <= readyEnd("],
    ["skippedAt !== undefined ||", ""],
    ["now >= terminationEnd(", "now > terminationEnd("],
  ]),
  ...mutants("stages", BLUE_GREEN, [
    ["if (rollbackOf !== undefined) return BACK_TO_BLUE;", ""],
    ["endsBlue(request) ? END_BLUE : KEEP_BLUE", "KEEP_BLUE"],
    ['=== "TERMINATE"', '!== "TERMINATE"'],
    ['until: STAGE_BORDER.Green,\n    pace: "strategy",', 'pace: "strategy",'],
    ['from: "Ready", pace: "strategy", before: "ready"', 'from: "Ready", pace: "strategy"'],
    [
      'name: "block", label: "Blue", from: "Pending", pace: "together"',
      'name: "block", label: "Blue", from: "Pending", pace: "strategy"',
    ],
  ]),
  ...mutants("leg", BLUE_GREEN, [
    ["&& !isBorder(name, label)", ""],
    ["leg.index === (command.leg ?? 0)", "leg.index === 0"],
  ]),
  ...mutants("look_ahead", [...BLUE_GREEN, ...COURSE], [
    ["cursors: new Map(state.cursors),", "cursors: state.cursors,"],
    ["tallies: new Map(state.tallies),", "tallies: state.tallies,"],
    ["for (const target of second) changed.set(target.id, target);", ""],
    ["super.get(id) ?? this.#below.get(id)", "this.#below.get(id)"],
  ]),
  ...mutants("go_on", BLUE_GREEN, [
    ["if (failed > 0) {", "if (failed > size) {"],
    ["index > progress.stage &&", "index >= progress.stage &&"],
    [
      'target.status === "Pending" || target.status === "Ready") left',
      'target.status === "Pending") left',
    ],
  ]),
  ...mutants("fleet_view", BLUE_GREEN, [
    ['pending: from === "Ready" ? Ready : Pending,', "pending: Pending,"],
    ["Succeeded + (until === undefined ? 0 : Ready)", "Succeeded"],
    ["hostCounts(state, stage.label ?? EVERYBODY, stage)", "hostCounts(state, EVERYBODY, stage)"],
  ]),
];
