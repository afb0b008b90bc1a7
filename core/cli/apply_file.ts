/**
 * The file of `runtime apply`: applications, their groups and deployment configs. A fault names file,
 * line, column and the member. Pure.
 * @module
 */
import { isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import { z } from "zod";
import type { MinimumHealthyHosts } from "../domain/deployment_config.ts";
import type { AutoRollbackEvent } from "../domain/deployment_group.ts";
import { Name, PREDEFINED_CONFIG_PREFIX } from "../domain/name.ts";
import { usageFailure } from "./failure.ts";

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

const TagValue = z.union(
  [z.string(), z.number().transform(String), z.boolean().transform(String)],
  {
    error: "a text is wanted, or null for any value",
  },
);

const Group = z.strictObject({
  name: Name,
  /** A host belongs to the group when it has all of them; null asks for the key alone. */
  tags: z.record(z.string().min(1), TagValue.nullable()).refine(
    (tags) => Object.keys(tags).length <= MOST_TAG_SETS,
    `at most ${MOST_TAG_SETS} tags`,
  ).optional(),
  config: z.string().min(1).optional(),
  rollback: z.union([z.literal(false), z.array(RollbackRule).min(1)], {
    error: "false is wanted, or a list of failure, stop and alarm",
  }).optional(),
});

const Application = z.strictObject({ name: Name, groups: unique(Group).default([]) });

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

const DeclarationFile = z.strictObject({
  applications: unique(Application).default([]),
  configs: unique(Config).default([]),
});
export type Declaration = z.infer<typeof DeclarationFile>;
export type DeclaredGroup = z.infer<typeof Group>;

/** A list in which no name appears twice. */
function unique<T extends z.ZodType<{ name: string }>>(element: T) {
  return z.array(element).superRefine((list, context) => {
    const seen = new Set<string>();
    list.forEach(({ name }, index) => {
      if (seen.has(name)) {
        context.addIssue({
          code: "custom",
          message: `${name} appears twice`,
          path: [index, "name"],
        });
      }
      seen.add(name);
    });
  });
}

/** Parses the text of `file`. Throws a usage failure that lists every fault with its place. */
export function parseDeclaration(file: string, text: string): Declaration {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const faults = document.errors.map((error) => `${place(error.pos[0])}: ${error.message}`);
  if (faults.length > 0) throw faulty(file, faults);
  const parsed = DeclarationFile.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  throw faulty(
    file,
    parsed.error.issues.flatMap(spread).map(({ path, message }) => {
      const member = memberName(path);
      return `${place(offsetOf(document, path))}: ${member === "" ? "" : `${member}: `}${message}`;
    }),
  );
}

interface Fault {
  path: PropertyKey[];
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
  const node = isCollection(parent) ? parent.get(last, true) : document.contents;
  if (isNode(node) && node.range) return node.range[0];
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1));
}

function faulty(file: string, faults: readonly string[]) {
  const [first = `${file} is not understood`, ...rest] = faults;
  return usageFailure(first, rest, [`correct ${file} and apply it again`]);
}
