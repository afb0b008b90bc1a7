/**
 * An alarm from Prometheus: a query whose number has bounds, or an alerting rule by its name. Rules
 * are read, not only alerts: where no alert fires, the rule may also be misspelt, failing or not
 * evaluated yet, and that is UNKNOWN.
 * @module
 */
import {
  type AlarmReading,
  askPrometheus,
  boundedAlarm,
  BOUNDS,
  type Bounds,
  boundsFault,
  defineAlarm,
  type DeploymentView,
  filledIn,
  HTTP_SERVER,
  prometheusValue,
  z,
} from "runtime/plugin";

const Alert = z.object({ state: z.string(), labels: z.record(z.string(), z.string()) });
const Rule = z.object({
  name: z.string(),
  health: z.string(),
  lastError: z.string().optional(),
  alerts: z.array(Alert).default([]),
});
type Rule = z.infer<typeof Rule>;
const Rules = z.object({ groups: z.array(z.object({ rules: z.array(Rule) })) });

export default defineAlarm({
  name: "prometheus",
  description: "ALARM while a PromQL query's number is beyond its bounds, or while an alert fires",
  config: z.object({
    ...HTTP_SERVER,
    ...BOUNDS,
    query: z.string().min(1).optional(),
    /** Name of an alerting rule. */
    alert: z.string().min(1).optional(),
    /** Labels that an alert must have to count; `{application}` and the like are filled in. */
    labels: z.record(z.string(), z.string()).optional(),
  }).superRefine((config, context) => {
    const fault = configFault(config);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault, path: ["query"] });
  }),
  async read({ config, ctx, deployment }) {
    const { query, alert = "", labels = {}, ...server } = config;
    if (query !== undefined) {
      return boundedAlarm(config, await prometheusValue({ ctx, deployment }, { ...server, query }));
    }
    const data = await askPrometheus(ctx, server, "/api/v1/rules", { type: "alert" });
    const rules = Rules.parse(data).groups.flatMap((group) => group.rules)
      .filter(({ name }) => name === alert);
    return alertReading(alert, rules, labelsOf(labels, deployment));
  },
});

interface Chosen extends Bounds {
  query?: string | undefined;
  alert?: string | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
}

function configFault({ query, alert, labels, min, max }: Chosen): string | undefined {
  if (query !== undefined && alert !== undefined) return "query and alert are both given";
  if (query === undefined && alert === undefined) return "neither query nor alert is given";
  if (query !== undefined) {
    return labels ? "labels belong to an alert; a query names its own" : boundsFault({ min, max });
  }
  if (min === undefined && max === undefined) return undefined;
  return "min and max belong to a query; the rule of an alert has its own limit";
}

function labelsOf(
  labels: Readonly<Record<string, string>>,
  deployment: DeploymentView,
): [string, string][] {
  return Object.entries(labels).map(([name, value]) => [name, filledIn(value, deployment)]);
}

function alertReading(
  alert: string,
  rules: readonly Rule[],
  labels: readonly [string, string][],
): AlarmReading {
  const firing = rules.flatMap(({ alerts }) => alerts).filter((one) =>
    one.state === "firing" && labels.every(([name, value]) => one.labels[name] === value)
  );
  const [first] = firing;
  if (first) {
    const told = Object.entries(first.labels).filter(([name]) => name !== "alertname")
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ");
    const more = firing.length > 1 ? ` and ${firing.length - 1} more` : "";
    return { state: "ALARM", reason: `${alert} is firing${told && ` for ${told}`}${more}` };
  }
  if (rules.length === 0) {
    return { state: "UNKNOWN", reason: `Prometheus has no alerting rule named ${alert}` };
  }
  const ill = rules.find(({ health }) => health !== "ok");
  if (!ill) return { state: "OK", reason: `${alert} is not firing` };
  const why = ill.lastError ? `is failing: ${ill.lastError}` : "has not been evaluated yet";
  return { state: "UNKNOWN", reason: `the rule ${alert} ${why}` };
}
