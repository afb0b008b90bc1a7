/**
 * The file of `runtime apply`: applications and their groups, deployment configs, and the balancers,
 * alarms and analyses that they name. A fault names file, line, column and the member. Pure.
 * @module
 */
import { isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import { z } from "zod";
import type { MinimumHealthyHosts } from "../domain/deployment_config.ts";
import { type AutoRollbackEvent, TriggerConfig } from "../domain/deployment_group.ts";
import { IntegrationConfig } from "../domain/integration.ts";
import { Name, PREDEFINED_CONFIG_PREFIX } from "../domain/name.ts";
import { ResourceTag } from "../domain/resource_tag.ts";
import { parseTopicArn, TopicName } from "../domain/topic.ts";
import { type Failure, usageFailure } from "./failure.ts";

const ROLLBACK_EVENTS = {
  failure: "DEPLOYMENT_FAILURE",
  stop: "DEPLOYMENT_STOP_ON_REQUEST",
  alarm: "DEPLOYMENT_STOP_ON_ALARM",
} satisfies Record<string, AutoRollbackEvent>;

const RollbackRule = z.enum(["failure", "stop", "alarm"]).transform((word) =>
  ROLLBACK_EVENTS[word]
);

/** The most sets a group may have (CodeDeploy quotas); each tag here is a set of its own. */
const MOST_TAG_SETS = 3;

/** YAML reads `1` and `true` as what they are not, the value of a tag. */
function text(error: string) {
  const kinds = [z.string(), z.number().transform(String), z.boolean().transform(String)];
  return z.union(kinds, { error });
}

/** Tags of the application or group itself; those of hosts are called `tags`. */
const ResourceTags = z.record(z.string(), text("a text is wanted")).transform(
  (given, context) =>
    Object.entries(given).map(([Key, Value]): ResourceTag => {
      const tag = ResourceTag.safeParse({ Key, Value });
      for (const { message } of tag.error?.issues ?? []) {
        context.addIssue({ code: "custom", path: [Key], message });
      }
      return { Key, Value };
    }),
);

const TriggerEvent = TriggerConfig.shape.triggerEvents.unwrap().element;

const Trigger = z.strictObject({
  name: z.string().min(1),
  /** The name of a topic of the server, or the ARN of any. */
  topic: z.string().refine(
    (topic) => TopicName.safeParse(topic).success || parseTopicArn(topic) !== undefined,
    "the name of a topic is wanted, or an ARN such as arn:aws:sns:us-east-1:000000000000:deployments",
  ),
  events: eachOnce(z.array(TriggerEvent).min(1, "at least one event is wanted"), String),
});

const Group = z.strictObject({
  name: Name,
  /** A host belongs to the group when it has all of them; null asks for the key alone. */
  tags: z.record(
    z.string().min(1),
    text("a text is wanted, or null for any value").nullable(),
  ).refine(
    (tags) => Object.keys(tags).length <= MOST_TAG_SETS,
    `at most ${MOST_TAG_SETS} tags`,
  ).optional(),
  config: z.string().min(1).optional(),
  rollback: z.union([z.literal(false), z.array(RollbackRule).min(1)], {
    error: "false is wanted, or a list of failure, stop and alarm",
  }).optional(),
  triggers: unique(Trigger).optional(),
  /** Hosts are taken out of all of them while they are deployed to. */
  balancers: eachOnce(z.array(Name).max(10, "at most 10 balancers"), String).optional(),
  alarms: eachOnce(z.array(Name), String).optional(),
  resourceTags: ResourceTags.optional(),
});

const Application = z.strictObject({
  name: Name,
  resourceTags: ResourceTags.optional(),
  groups: unique(Group).default([]),
});

/** `66%` or a number of hosts. */
const Healthy = z.union([z.number(), z.string()]).transform(
  (given, context): MinimumHealthyHosts => {
    const [, digits, percent] = String(given).match(/^(\d+)(%?)$/) ?? [];
    const value = Number(digits);
    if (digits === undefined || (percent && value > 99)) {
      context.addIssue("a number of hosts is wanted, or a percentage from 0% to 99%");
      return z.NEVER;
    }
    return { type: percent ? "FLEET_PERCENT" : "HOST_COUNT", value };
  },
);

const Config = z.strictObject({
  name: Name.refine(
    (name) => !name.startsWith(PREDEFINED_CONFIG_PREFIX),
    `names that begin with ${PREDEFINED_CONFIG_PREFIX} are CodeDeploy's own`,
  ),
  minimumHealthyHosts: Healthy,
});

const SetUp = z.strictObject({
  name: Name,
  plugin: z.string().min(1),
  config: IntegrationConfig.default({}),
});

const DeclarationFile = z.strictObject({
  balancers: unique(SetUp).default([]),
  alarms: unique(SetUp).default([]),
  analyses: unique(SetUp).default([]),
  applications: unique(Application).default([]),
  configs: unique(Config).default([]),
});
export type Declaration = z.infer<typeof DeclarationFile>;
export type DeclaredGroup = z.infer<typeof Group>;

/** A list in which no name appears twice. */
function unique<T extends z.ZodType<{ name: string }>>(element: T) {
  return eachOnce(z.array(element), ({ name }) => name, "name");
}

/** A list in which no text that `of` makes of its elements appears twice; `member` has the text. */
function eachOnce<T extends z.ZodType>(
  list: z.ZodArray<T>,
  of: (element: z.output<T>) => string,
  ...member: string[]
) {
  return list.superRefine((elements, context) => {
    const seen = new Set<string>();
    elements.forEach((element, index) => {
      const text = of(element);
      if (seen.has(text)) {
        const path = [index, ...member];
        context.addIssue({ code: "custom", message: `${text} appears twice`, path });
      }
      seen.add(text);
    });
  });
}

/** What a file declares, and how a fault is told that only the server can find. */
export interface DeclaredFile {
  declared: Declaration;
  /** A usage failure that lists the faults with their places, as those of the file itself. */
  faulty(faults: readonly Fault[]): Failure;
}

/** Parses the text of `file`. Throws a usage failure that lists every fault with its place. */
export function parseDeclaration(file: string, text: string): DeclaredFile {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const faults = document.errors.map((error) => `${place(error.pos[0])}: ${error.message}`);
  if (faults.length > 0) throw faulty(file, faults);
  const told = (found: readonly Fault[]) =>
    faulty(
      file,
      found.map(({ path, message }) => {
        const member = memberName(path);
        return `${place(offsetOf(document, path))}: ${
          member === "" ? "" : `${member}: `
        }${message}`;
      }),
    );
  const parsed = DeclarationFile.safeParse(document.toJS() ?? {});
  if (parsed.success) return { declared: parsed.data, faulty: told };
  throw told(parsed.error.issues.flatMap(spread));
}

/** What is wrong with the member at a path of the file. */
export interface Fault {
  path: readonly PropertyKey[];
  message: string;
}

/** One fault for each unknown key, at the key; any other issue as it is. */
function spread(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code !== "unrecognized_keys") return [issue];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: "no such member" }));
}

/** `applications[0].groups[1].config` */
function memberName(path: readonly PropertyKey[]): string {
  return path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`).join("")
    .replace(/^\./, "");
}

/** Where the member stands in the text: its key, or the nearest thing around it that is there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  const parent = path.length === 0 ? undefined : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    for (const { key } of parent.items) {
      if (isScalar(key) && key.value === last && key.range) return key.range[0];
    }
  }
  const inside = isCollection(parent) ? parent.get(last, true) : undefined;
  const node = path.length === 0 ? document.contents : inside;
  if (isNode(node) && node.range) return node.range[0];
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1));
}

function faulty(file: string, faults: readonly string[]) {
  const [first = `${file} is not understood`, ...rest] = faults;
  return usageFailure(first, rest, [`correct ${file} and apply it again`]);
}
