/**
 * How many there may be of what a server keeps (CodeDeploy user guide, "Limits"): a new server has
 * AWS's numbers, and `runtime server --limit NAME=VALUE` sets others. What a request may look like
 * is none of these and stands in `limits.ts`.
 * @module
 */

/** One row of the table that the check, the start and the docs read. */
interface Row {
  /** AWS's number, which holds when none is set. */
  aws: number;
  /** Whether a server may do without: false where the number bounds the work of one request. */
  mayBeOff: boolean;
  what: string;
}

const TABLE = {
  applications: { aws: 1000, mayBeOff: true, what: "applications" },
  groups: { aws: 1000, mayBeOff: true, what: "deployment groups of an application" },
  configs: { aws: 200, mayBeOff: true, what: "custom deployment configs" },
  activeDeployments: {
    aws: 1000,
    mayBeOff: true,
    what: "deployments that have not ended, of all applications",
  },
  instancesPerDeployment: { aws: 1000, mayBeOff: true, what: "hosts of a deployment" },
  alarms: { aws: 10, mayBeOff: true, what: "alarms of a deployment group or deployment" },
  triggers: { aws: 10, mayBeOff: true, what: "triggers of a deployment group" },
  autoScalingGroups: { aws: 10, mayBeOff: true, what: "Auto Scaling groups of a deployment group" },
  tagFilters: { aws: 10, mayBeOff: true, what: "filters in one list of tag filters" },
  tagSetLists: { aws: 3, mayBeOff: true, what: "lists of a tag set" },
  instanceTags: { aws: 10, mayBeOff: true, what: "tags of an on-premises instance" },
  resourceTags: { aws: 50, mayBeOff: true, what: "tags of an application or deployment group" },
  githubTokens: { aws: 25, mayBeOff: true, what: "tokens for GitHub" },
  page: { aws: 100, mayBeOff: false, what: "entries of a page of a List operation" },
} as const satisfies Record<string, Row>;

type Key = keyof typeof TABLE;

/** The most of each; Infinity where the limit is off. */
export type Quotas = Readonly<Record<Key, number>>;

/** A page beyond this would be an answer that nobody wants to wait for. */
const MOST = 1_000_000;
const OFF = "off";

/** `instancesPerDeployment` is written `instances-per-deployment`. */
function wordOf(key: Key): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

// because Object.entries forgets the keys of what it is given
const ROWS = Object.entries(TABLE) as [Key, Row][];

/** The table as a person reads it, by the word that sets a quota. */
export const QUOTA_WORDS: ReadonlyMap<string, Readonly<Row & { key: Key }>> = new Map(
  ROWS.map(([key, row]) => [wordOf(key), { ...row, key }]),
);

const AWS = Object.fromEntries(ROWS.map(([key, { aws }]) => [key, aws]));
export const AWS_QUOTAS = AWS as Quotas; // because every key of the table is there

/** A quota that cannot be set so; the message is a sentence for whoever starts the server. */
export class QuotaRefused extends Error {
  override readonly name = "QuotaRefused";
}

/**
 * AWS's quotas but for those that are set, `NAME=VALUE` each; of two for one name the later one
 * counts. Throws QuotaRefused.
 */
export function quotasFrom(settings: readonly string[]): Quotas {
  const quotas = { ...AWS_QUOTAS };
  for (const setting of settings) {
    const equals = setting.indexOf("=");
    const word = equals < 0 ? setting : setting.slice(0, equals);
    const row = QUOTA_WORDS.get(word);
    if (!row) {
      throw new QuotaRefused(
        `"${word}" is not the name of a limit; there are ${[...QUOTA_WORDS.keys()].join(", ")}.`,
      );
    }
    quotas[row.key] = valueOf(word, equals < 0 ? "" : setting.slice(equals + 1), row);
  }
  return quotas;
}

function valueOf(word: string, text: string, { mayBeOff }: Row): number {
  if (text === OFF && mayBeOff) return Infinity;
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= MOST) return value;
  const or = mayBeOff ? ` or ${OFF}` : "";
  throw new QuotaRefused(
    `the limit ${word} takes a number from 1 to ${MOST}${or}, not "${text}".`,
  );
}
