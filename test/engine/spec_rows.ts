/**
 * Which test plays which row of the specification of deployments to hosts: sections 2, 4, 7 and 8, and
 * the traps about them. A row has the file of its test below `test/` and words of that test's title
 * (or of its row in a table); one that cannot be on hosts has the reason. The codes of 2.6 stand in
 * `error_codes_test.ts`.
 * @module
 */

export type SpecRow = [row: string, file: string, words: string] | [row: string, reason: string];

const MOVES = "engine/status_moves_test.ts";
const TARGETS = "engine/target_status_test.ts";
const STOP = "engine/stop_test.ts";
const ORDER = "engine/event_order_test.ts";
const LEGS = "engine/leg_clock_test.ts";
const CLOCK = "engine/clock_test.ts";
const FIELDS = "engine/blue_green_fields_test.ts";
const BLUE_GREEN = "engine/blue_green_test.ts";
const ALARMS = "engine/alarm_rules_test.ts";
const TRAFFIC = "engine/traffic_rollback_test.ts";
const ROLLBACK = "engine/rollback_test.ts";
const CREATE = "engine/create_deployment_test.ts";
const MINIMUM = "strategies/minimum_healthy_hosts_test.ts";
const CONTINUE = "api/continue_deployment_test.ts";
const CODES = "engine/error_codes_test.ts";

const NO_SCALING = "Auto Scaling is not asked for hosts, so it launches and terminates none";
const OTHER_PLATFORM = "deployments to ECS and Lambda are refused at creation";

export const SPEC_ROWS: readonly SpecRow[] = [
  ["2.1 – to Created", MOVES, "– to Created: accepted"],
  ["2.1 Created to Queued", MOVES, "Created to Queued: it waits"],
  ["2.1 Created to InProgress", MOVES, "Created to InProgress: targets resolved"],
  ["2.1 Queued to InProgress", MOVES, "Queued to InProgress: its turn"],
  ["2.1 Created to Failed", MOVES, "Created to Failed: no host"],
  ["2.1 Queued to Failed, each code", CODES, "Queued Created Failed+"],
  ["2.1 Created to Stopped, alarm", MOVES, "Created to Stopped: an alarm is active already"],
  ["2.1 Queued to Stopped, request", MOVES, "Queued to Stopped: by request"],
  ["2.1 InProgress to Ready", MOVES, "InProgress to Ready: green is installed"],
  ["2.1 Ready to InProgress", MOVES, "Ready to InProgress: ContinueDeployment"],
  ["2.1 Ready to Stopped", MOVES, "Ready to Stopped: nobody continued it"],
  ["2.1 InProgress to Baking", MOVES, "InProgress to Baking and back"],
  ["2.1 InProgress to Succeeded", MOVES, "InProgress to Succeeded"],
  ["2.1 InProgress to Failed", MOVES, "InProgress to Failed"],
  ["2.1 InProgress to Stopped", MOVES, "InProgress to Stopped: by request"],
  ["2.1 blue termination wait", MOVES, "InProgress until blue has ended"],
  ["2.1 a terminal status stays", MOVES, "terminal: nothing changes what is"],

  ["2.2 Pending, InProgress, Succeeded", TARGETS, "2.2 Pending, InProgress, Succeeded"],
  ["2.2 Failed", TARGETS, "2.2 Failed, Skipped"],
  ["2.2 Skipped, the deployment ended", TARGETS, "2.2 Failed, Skipped: the deployment ended"],
  [
    "2.2 Skipped, current already",
    "engine/outdated_hosts_test.ts",
    "hosts that are on the revision",
  ],
  ["2.2 Ready", TARGETS, "2.2 Ready: a green host"],
  [
    "2.2 Unknown",
    "a host that cannot be asked has failed by its clock; stored ones count as failed",
  ],
  ["2.3 Pending from the start", TARGETS, "2.3 Pending: all events are listed"],
  ["2.3 Failed and Skipped, failure", TARGETS, '"a failure"'],
  ["2.3 Failed and Skipped, stop", TARGETS, '"a stop"'],
  ["2.3 Failed and Skipped, alarm", TARGETS, "on an alarm, trap 26"],
  ["2.3 members", "api/deployment_targets_test.ts", "events carry epoch seconds, and diagnostics"],
  ["2.3 Unknown", "an event's end is the agent's word or a clock's; both say what it was"],
  ["2.4 each state", STOP, "spec 2.4 ${found}"],
  ["2.4 Pending, then Succeeded", STOP, "the running event ends, then it is Succeeded"],
  ["2.4 a command times out", STOP, "the running event times out"],
  ["2.4 Succeeded or Failed", STOP, "DeploymentAlreadyCompleted"],
  ["2.4 Stopped by request", STOP, "asked again, it is the same"],
  ["2.5 sums", TARGETS, "2.5 in place: the overview is the number"],
  ["2.5 sums, blue/green", TARGETS, "2.5 blue/green: hosts that wait"],
  ["2.5 one target", OTHER_PLATFORM],

  ["4.1 in place", ORDER, "4.1 in place, no balancer"],
  ["4.1 in place with a balancer", "engine/traffic_test.ts", "4.1 in place with a balancer"],
  ["4.1 in-place rollback", ORDER, "4.1 in-place rollback"],
  ["4.1 blue/green, green and blue", ORDER, "4.1 blue/green, blue is ${what}"],
  ["4.1 blue/green rollback", BLUE_GREEN, "spec 4.1 way back"],
  ["4.1 Auto Scaling launch", NO_SCALING],
  ["4.1 Auto Scaling termination", NO_SCALING],
  ["4.1 ECS", OTHER_PLATFORM],
  ["4.1 Lambda", OTHER_PLATFORM],
  ["4.5 five minutes, first event", CLOCK, "trap 46: a host that does not take its order"],
  ["4.5 five minutes, next event", CLOCK, "and five minutes pass between two"],
  ["4.5 five minutes, each order", LEGS, "five minutes to pick up ${leg}"],
  ["4.5 an hour, each leg", LEGS, "an hour to end ${leg}"],
  ["4.5 hook callback, task set", OTHER_PLATFORM],
  ["4.5 ignoreApplicationStopFailures", LEGS, "4.5 ignoreApplicationStopFailures="],

  ["7 DISCOVER_EXISTING", FIELDS, "7 DISCOVER_EXISTING"],
  ["7 COPY_AUTO_SCALING_GROUP", NO_SCALING],
  ["7 CONTINUE_DEPLOYMENT", FIELDS, "actionOnTimeout CONTINUE_DEPLOYMENT"],
  ["7 STOP_DEPLOYMENT", FIELDS, "actionOnTimeout STOP_DEPLOYMENT"],
  ["7 waitTimeInMinutes", FIELDS, "7 waitTimeInMinutes ${minutes}"],
  ["7 TERMINATE after its wait", BLUE_GREEN, "the wait for blue's end is over by itself"],
  ["7 TERMINATE without a wait", FIELDS, "TERMINATE after 0 minutes"],
  ["7 KEEP_ALIVE", FIELDS, "7 KEEP_ALIVE: blue leaves the group"],
  ["7 ContinueDeployment, each refusal", CONTINUE, "spec 7 ${style}"],
  ["7 ContinueDeployment, a bad type", CONTINUE, "a wait that there is not is refused"],
  ["7 SkipWaitTimeForInstanceTermination", CONTINUE, '"Skip", "cut short"'],
  ["7 needs a balancer", "api/create_deployment_test.ts", "InvalidLoadBalancerInfoException"],
  ["7 sequence", ORDER, "green first, then the original"],
  ["7 sequence, minimum on green", FIELDS, "7 sequence: green keeps to the minimum"],
  ["7 sequence, rule 11", FIELDS, "7 sequence, rule 11"],
  ["7 sequence, an hour for the balancer", LEGS, "BlockTraffic, the balancer's"],

  ["8 each trigger by each end", ALARMS, "spec 8 ${ends.slice(2)} ${what}"],
  ["8 what a rollback is", ROLLBACK, "a failure is followed by a rollback that succeeds"],
  ["8 no earlier success", ROLLBACK, "without an earlier success there is no rollback"],
  ["8 a failed rollback", ROLLBACK, "a rollback that fails is not rolled back"],
  ["8 alarms of a rollback", ALARMS, "8 rollback: its alarms are not read"],
  ["8 blue/green rollback", TRAFFIC, "8 EC2 BG rollback: stopped ${how}"],
  ["8 ECS and Lambda rollback", OTHER_PLATFORM],
  ["8 manual rollback", ALARMS, "8 manual rollback"],
  ["8 enabled", ALARMS, "8 enabled false"],
  ["8 ignorePollAlarmFailure", ALARMS, "8 ignorePollAlarmFailure ${"],
  ["8 stop latency", ALARMS, "8 alarm during the deployment"],
  ["8 overrideAlarmConfiguration", ALARMS, "8 overrideAlarmConfiguration, ${what}"],

  ["trap 22 rounding, M ≥ N", MINIMUM, "3.2 rule 1"],
  ["trap 22 AllAtOnce needs one success", MINIMUM, "3.2 rule 7"],
  ["trap 23", "rollout/advance_test.ts", "trap 23: the last host's failure is tolerated"],
  ["trap 24", MINIMUM, "trap 24: one at a time is not 99 %"],
  ["trap 25 never deployed to", MINIMUM, "3.2 rule 2: unhealthy hosts are taken first"],
  ["trap 25 stopped instances", MINIMUM, "3.2 rule 10: hosts that are off"],
  ["trap 26", TARGETS, "trap 26: though the event ended well"],
  ["trap 27", "rollout/rollback_test.ts", "trap 27: an alarm, with its rule"],
  ["trap 28", MOVES, "trap 28"],
  ["trap 29", OTHER_PLATFORM],
  ["trap 30", OTHER_PLATFORM],
  ["trap 31", CREATE, "a group has one deployment at a time"],
  ["trap 32", CREATE, "a group that matches no host fails its deployment"],
  ["trap 46", "rollout/host_clock_test.ts", "trap 46"],
  ["trap 47 rollback", "rollout/rollback_test.ts", "trap 47: a rollback does not go by zones"],
  [
    "trap 47 blue/green",
    "api/create_deployment_test.ts",
    "a config by zones is refused for a blue",
  ],
  ["trap 48", "agent/retention_test.ts", "trap 48: five are four"],
  ["trap 49", NO_SCALING],
  ["trap 50", NO_SCALING],
];
