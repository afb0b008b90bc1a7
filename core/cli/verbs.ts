/** The table of verbs. A word pair is a verb below another; files are loaded when needed. @module */
import type { IntegrationKind } from "../domain/integration.ts";
import type { Verb } from "./verb.ts";

type Load = () => Promise<{ default: Verb }>;

/** The verbs of a kind of integration. */
function integration(kind: IntegrationKind): [string, Load][] {
  const verbs = ["add", "list", "remove", "try"] as const;
  return verbs.map((verb) => [
    `${kind} ${verb}`,
    () => import("./integration.ts").then(({ [kind]: { [verb]: found } }) => ({ default: found })),
  ]);
}

/** In the order of the help: what runs the system, then what a person does with it. */
export const VERBS: ReadonlyMap<string, Load> = new Map<string, Load>([
  ["server", () => import("./server.ts")],
  ["agent", () => import("./agent.ts")],
  ["agent join", () => import("./agent_join.ts")],
  ["agent install", () => import("./agent_install.ts")],
  ["agent uninstall", () => import("./agent_uninstall.ts")],
  ["agent status", () => import("./agent_status.ts")],
  ["agent repair", () => import("./agent_repair.ts")],
  ["agent gc", () => import("./agent_gc.ts")],
  ["agent run-local", () => import("./agent_run_local.ts")],
  [
    "codedeploy-agent start",
    () => import("./codedeploy_agent.ts").then(({ start }) => ({ default: start })),
  ],
  [
    "codedeploy-agent stop",
    () => import("./codedeploy_agent.ts").then(({ stop }) => ({ default: stop })),
  ],
  [
    "codedeploy-agent restart",
    () => import("./codedeploy_agent.ts").then(({ restart }) => ({ default: restart })),
  ],
  [
    "codedeploy-agent status",
    () => import("./codedeploy_agent.ts").then(({ status }) => ({ default: status })),
  ],
  ["codedeploy-agent deploy-local", () => import("./agent_run_local.ts")],
  ["token create", () => import("./token_create.ts")],
  ["login", () => import("./login.ts")],
  ["apply", () => import("./apply.ts")],
  ["import aws", () => import("./import_aws.ts")],
  ["config create", () => import("./config_create.ts")],
  ["strategies", () => import("./strategies.ts")],
  ["api", () => import("./call_operation.ts")],
  ["push", () => import("./push.ts")],
  ["deploy", () => import("./deploy.ts")],
  ["release", () => import("./release.ts")],
  ["releases", () => import("./releases.ts")],
  ["status", () => import("./status.ts")],
  ["logs", () => import("./logs.ts")],
  ["explain", () => import("./explain.ts")],
  ["pause", () => import("./intervene.ts").then(({ pause }) => ({ default: pause }))],
  ["resume", () => import("./intervene.ts").then(({ resume }) => ({ default: resume }))],
  ["promote", () => import("./intervene.ts").then(({ promote }) => ({ default: promote }))],
  ["approve", () => import("./intervene.ts").then(({ approve }) => ({ default: approve }))],
  ["reject", () => import("./intervene.ts").then(({ reject }) => ({ default: reject }))],
  ["abort", () => import("./intervene.ts").then(({ abort }) => ({ default: abort }))],
  ["stop", () => import("./stop.ts")],
  ["restart", () => import("./restart.ts")],
  ["rollback", () => import("./rollback.ts")],
  ["retry", () => import("./retry.ts")],
  ["lock", () => import("./lock.ts").then(({ lock }) => ({ default: lock }))],
  ["unlock", () => import("./lock.ts").then(({ unlock }) => ({ default: unlock }))],
  ["freeze add", () => import("./freeze.ts").then(({ add }) => ({ default: add }))],
  ["freeze list", () => import("./freeze.ts").then(({ list }) => ({ default: list }))],
  ["freeze remove", () => import("./freeze.ts").then(({ remove }) => ({ default: remove }))],
  ["schedule add", () => import("./schedule.ts").then(({ add }) => ({ default: add }))],
  ["schedule list", () => import("./schedule.ts").then(({ list }) => ({ default: list }))],
  ["schedule remove", () => import("./schedule.ts").then(({ remove }) => ({ default: remove }))],
  ["policy show", () => import("./group_policy.ts").then(({ show }) => ({ default: show }))],
  ["policy set", () => import("./group_policy.ts").then(({ set }) => ({ default: set }))],
  ...integration("balancer"),
  ...integration("alarm"),
  ...integration("analysis"),
  ["github-token set", () => import("./github_token.ts").then(({ set }) => ({ default: set }))],
  ["github-token list", () => import("./github_token.ts").then(({ list }) => ({ default: list }))],
  [
    "github-token remove",
    () => import("./github_token.ts").then(({ remove }) => ({ default: remove })),
  ],
  ["topic create", () => import("./topic.ts").then(({ create }) => ({ default: create }))],
  ["topic list", () => import("./topic.ts").then(({ list }) => ({ default: list }))],
  ["topic delete", () => import("./topic.ts").then(({ remove }) => ({ default: remove }))],
  ["topic subscribe", () => import("./topic.ts").then(({ subscribe }) => ({ default: subscribe }))],
  [
    "topic unsubscribe",
    () => import("./topic.ts").then(({ unsubscribe }) => ({ default: unsubscribe })),
  ],
  [
    "topic subscriptions",
    () => import("./topic.ts").then(({ subscriptions }) => ({ default: subscriptions })),
  ],
  ["topic publish", () => import("./topic.ts").then(({ publish }) => ({ default: publish }))],
  ["events targets", () => import("./events_targets.ts")],
  ["events add", () => import("./events_add.ts")],
  ["events remove", () => import("./events_remove.ts")],
  ["events dead-letters", () => import("./events_dead_letters.ts")],
  ["audit", () => import("./audit.ts")],
  ["demo", () => import("./demo.ts")],
]);

/** What a word says that only stands before other verbs. */
export const FAMILIES: ReadonlyMap<string, string> = new Map([
  ["codedeploy-agent", "The agent, by the commands of AWS's program of that name"],
  ["github-token", "Tokens with which hosts fetch from private repositories of GitHub"],
  ["config", "Deployment configs of strategies"],
  ["alarm", "Alarms that deployments watch, by the names that groups give"],
  ["analysis", "Measurements that strategies wait for, by name"],
  ["balancer", "Load balancers that hosts are taken out of, by the names that groups give"],
  ["freeze", "Times in which no deployment begins"],
  ["policy", "What a group does when it is busy, who may approve"],
  ["schedule", "Deployments that begin again and again by themselves"],
  ["import", "Bringing over what another CodeDeploy has"],
  ["events", "Events for other programs: where they go, what could not be delivered"],
  ["token", "Tokens with which hosts join"],
  ["topic", "Topics that triggers publish to, and who listens to them"],
]);

/** The longest verb that the arguments begin with. */
export function verbOf(argv: readonly string[]): string | undefined {
  const two = argv.slice(0, 2).join(" ");
  if (argv.length > 1 && VERBS.has(two)) return two;
  return argv[0] !== undefined && VERBS.has(argv[0]) ? argv[0] : undefined;
}
