/**
 * The file of `runtime apply`: applications and their groups, deployment configs, and the balancers,
 * alarms and analyses that they name. A fault names file, line, column and the member. Pure.
 * @module
 */
import { z } from "zod";
import type { MinimumHealthyHosts } from "../domain/deployment_config.ts";
import { type AutoRollbackEvent, TriggerConfig } from "../domain/deployment_group.ts";
import { IntegrationConfig } from "../domain/integration.ts";
import { Name, PREDEFINED_CONFIG_PREFIX } from "../domain/name.ts";
import { ResourceTag } from "../domain/resource_tag.ts";
import { parseTopicArn, TopicName } from "../domain/topic.ts";
import { BlueGreen } from "./apply_blue_green.ts";
import { parseYamlFile, type YamlFile } from "./yaml_file.ts";

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
  blueGreen: BlueGreen.optional(),
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
export interface DeclaredFile extends Pick<YamlFile<Declaration>, "faulty"> {
  declared: Declaration;
}

/** Parses the text of `file`. Throws a usage failure that lists every fault with its place. */
export function parseDeclaration(file: string, text: string): DeclaredFile {
  const { content, faulty } = parseYamlFile(file, text, DeclarationFile, "apply it again");
  return { declared: content, faulty };
}
