/**
 * On-premises instances. A deregistered one keeps its row, so that it can be listed and the number of
 * its last order is never given again; its name and ARN are free at once (CodeDeploy user guide).
 * @module
 */
import { and, asc, eq, gt, inArray, isNotNull, isNull, or, sql } from "drizzle-orm";
import { DomainError } from "../domain/errors.ts";
import type { OnPremisesInstance } from "../domain/instance.ts";
import { type Tag, type TagFilter, tagFilterMatches } from "../domain/tag.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { prepared } from "./prepared.ts";
import { instances } from "./schema.ts";

/** Throws InstanceNameAlreadyRegistered, IamUserArnAlreadyRegistered, IamSessionArnAlreadyRegistered. */
export function registerInstance(tx: Tx, instance: OnPremisesInstance): void {
  const { name, iamUserArn, iamSessionArn } = instance;
  const owner = ownerOfArn(tx, instance);
  const row = {
    arn: instance.arn,
    iamUserArn: iamUserArn ?? null,
    iamSessionArn: iamSessionArn ?? null,
    registerTime: instance.registerTime,
    deregisterTime: null,
    tags: [...instance.tags],
  };
  // The number of the last order stays: an agent refuses one that is not newer.
  const written = tx.insert(instances).values({ name, ...row }).onConflictDoUpdate({
    target: instances.name,
    set: row,
    setWhere: isNotNull(instances.deregisterTime),
  }).returning({ name: instances.name }).all();
  forgetHosts();
  if (written.length === 0) throw nameTaken(name);
  if (owner !== undefined) throw arnTaken(instance, owner);
}

/**
 * Lets a registration go on as another user, with these tags; its ARN and its time stay. Throws
 * IamUserArnAlreadyRegistered for a user that another instance signs as.
 */
export function changeHost(
  tx: Tx,
  name: string,
  host: { iamUserArn: string; tags: readonly Tag[] },
): void {
  const owner = ownerOfArn(tx, host);
  if (owner !== undefined && owner !== name) throw arnTaken(host, owner);
  tx.update(instances)
    .set({ iamUserArn: host.iamUserArn, iamSessionArn: null, tags: [...host.tags] })
    .where(and(eq(instances.name, name), isNull(instances.deregisterTime))).run();
  forgetHosts();
}

/** What is registered under a name now. */
export function findRegistered(db: Db, name: string): OnPremisesInstance | undefined {
  const row = prepared(db, selectRegistered).get({ name });
  return row && fromRow(row);
}

/** Built once: a balancer is told the tags of each host that it is asked for. */
const selectRegistered = (db: Db) =>
  db.select().from(instances)
    .where(and(eq(instances.name, sql.placeholder("name")), isNull(instances.deregisterTime)))
    .prepare();

/** Ends a registration; answers what it was, or undefined when there was none (no fault). */
export function deregisterInstance(
  tx: Tx,
  name: string,
  at: number,
): OnPremisesInstance | undefined {
  const row = tx.update(instances).set({ deregisterTime: at })
    .where(and(eq(instances.name, name), isNull(instances.deregisterTime))).returning().get();
  forgetHosts();
  return row && fromRow(row);
}

/** Registered or deregistered; throws InstanceNotRegistered when the name was never used. */
export function instanceNamed(db: Db, name: string): OnPremisesInstance {
  const row = db.select().from(instances).where(eq(instances.name, name)).get();
  if (row) return fromRow(row);
  throw notRegistered(name);
}

const selectByArn = (db: Db) =>
  db.select().from(instances).where(and(
    or(
      eq(instances.iamUserArn, sql.placeholder("iamArn")),
      eq(instances.iamSessionArn, sql.placeholder("iamArn")),
    ),
    isNull(instances.deregisterTime),
  )).prepare();

/** On the path of every host that begins or ends; undefined when nobody has the name. */
export function instanceArnNamed(db: Db, name: string): string | undefined {
  return prepared(db, selectArn).get({ name })?.arn;
}

const selectArn = (db: Db) =>
  db.select({ arn: instances.arn }).from(instances)
    .where(eq(instances.name, sql.placeholder("name"))).prepare();

/** The registered instance that signs as this ARN. */
export function findInstanceByArn(db: Db, iamArn: string): OnPremisesInstance | undefined {
  const row = prepared(db, selectByArn).get({ iamArn });
  return row && fromRow(row);
}

/**
 * The name of the registered instance that signs as this ARN: with each request of a host. Answers
 * are kept until a registration changes; writes and the commit that ends them run without a pause,
 * so no read can keep one that is stale.
 */
export function hostSigningAs(db: Db, iamArn: string): string | undefined {
  let known = hosts.get(db);
  if (!known) hosts.set(db, known = new Map());
  const kept = known.get(iamArn);
  if (kept !== undefined) return kept;
  const name = findInstanceByArn(db, iamArn)?.name;
  if (name !== undefined) known.set(iamArn, name);
  return name;
}

/** Names by ARN, as far as they were asked for. */
let hosts = new WeakMap<Db, Map<string, string>>();

function forgetHosts(): void {
  hosts = new WeakMap();
}

/** Those that exist, in the order of `names`. */
export function instancesNamed(db: Db, names: readonly string[]): OnPremisesInstance[] {
  const rows = db.select().from(instances).where(inArray(instances.name, [...names])).all();
  const byName = new Map(rows.map((row) => [row.name, fromRow(row)]));
  return names.flatMap((name) => byName.get(name) ?? []);
}

export interface InstanceQuery {
  status?: "Registered" | "Deregistered";
  /** An instance is taken when it has what one of these asks for; none asks for nothing. */
  tagFilters: readonly TagFilter[];
  after?: string;
}

/** Names in their own order, at most `limit`. */
export function listInstanceNames(db: Db, query: InstanceQuery, limit: number): string[] {
  const { status, tagFilters, after } = query;
  const rows = db.select({ name: instances.name, tags: instances.tags }).from(instances)
    .where(and(
      after === undefined ? undefined : gt(instances.name, after),
      status && (status === "Registered" ? isNull : isNotNull)(instances.deregisterTime),
    ))
    .orderBy(asc(instances.name));
  if (tagFilters.length === 0) return rows.limit(limit).all().map((row) => row.name);
  return rows.all()
    .filter(({ tags }) => tagFilters.some((filter) => tagFilterMatches(filter, tags)))
    .slice(0, limit).map((row) => row.name);
}

/**
 * Gives every named instance the tags that `change` makes of its own. All or none: throws
 * InstanceNotRegistered for a name without a registration, TagLimitExceeded beyond `most` tags.
 */
export function changeInstanceTags(
  tx: Tx,
  names: readonly string[],
  change: (tags: readonly Tag[]) => Tag[],
  most: number,
): void {
  for (const name of names) {
    const row = tx.select({ tags: instances.tags }).from(instances)
      .where(and(eq(instances.name, name), isNull(instances.deregisterTime))).get();
    if (!row) throw notRegistered(name);
    const tags = change(row.tags);
    if (tags.length > most) {
      throw new DomainError(
        "TagLimitExceededException",
        "tags",
        `The instance ${name} would have ${tags.length} tags; an instance has at most ${most}.`,
      );
    }
    tx.update(instances).set({ tags }).where(eq(instances.name, name)).run();
  }
}

type Identity = Pick<OnPremisesInstance, "iamUserArn" | "iamSessionArn">;

/** The name of the instance that is registered with an ARN. */
function ownerOfArn(db: Db, { iamUserArn, iamSessionArn }: Identity): string | undefined {
  const arnOwner = iamUserArn === undefined
    ? eq(instances.iamSessionArn, iamSessionArn ?? "")
    : eq(instances.iamUserArn, iamUserArn);
  return db.select({ name: instances.name }).from(instances)
    .where(and(arnOwner, isNull(instances.deregisterTime))).get()?.name;
}

function notRegistered(name: string): DomainError {
  const message = `No on-premises instance is registered with the name ${name}`;
  return new DomainError("InstanceNotRegisteredException", "instanceName", message);
}

function nameTaken(name: string): DomainError {
  return new DomainError(
    "InstanceNameAlreadyRegisteredException",
    "instanceName",
    `An on-premises instance is registered with the name ${name} already. Deregister it, or ` +
      `choose another name.`,
  );
}

function arnTaken({ iamUserArn, iamSessionArn }: Identity, owner: string): DomainError {
  const message = `The instance ${owner} is registered with ${iamUserArn ?? iamSessionArn}; ` +
    `an ARN belongs to one instance.`;
  return iamUserArn === undefined
    ? new DomainError("IamSessionArnAlreadyRegisteredException", "iamSessionArn", message)
    : new DomainError("IamUserArnAlreadyRegisteredException", "iamUserArn", message);
}

function fromRow(row: typeof instances.$inferSelect): OnPremisesInstance {
  const { name, arn, registerTime, tags, iamUserArn, iamSessionArn, deregisterTime } = row;
  return {
    name,
    arn,
    registerTime,
    tags,
    ...(iamUserArn !== null && { iamUserArn }),
    ...(iamSessionArn !== null && { iamSessionArn }),
    ...(deregisterTime !== null && { deregisterTime }),
  };
}
