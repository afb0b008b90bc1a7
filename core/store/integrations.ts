/** Integrations: balancers, alarms and analyses by name. @module */
import { and, asc, count, eq, sql } from "drizzle-orm";
import { DomainError } from "../domain/errors.ts";
import type { GroupSettings } from "../domain/deployment_group.ts";
import type { Integration, IntegrationKind } from "../domain/integration.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { prepared } from "./prepared.ts";
import { applications, deploymentConfigs, deploymentGroups, integrations } from "./schema.ts";

/** Of one kind. All are listed in one answer, so their number is bounded. */
export const INTEGRATION_LIMIT = 500;

/** Makes an integration or replaces the one of that kind and name. */
export function putIntegration(tx: Tx, integration: Integration, now: number): void {
  const { kind, name, plugin, config } = integration;
  if (findIntegration(tx, kind, name) === undefined) {
    const held = tx.select({ n: count() }).from(integrations)
      .where(eq(integrations.kind, kind)).get()?.n ?? 0;
    if (held >= INTEGRATION_LIMIT) {
      throw new DomainError(
        "InvalidInputException",
        "name",
        `There are ${held} of the kind ${kind}, the most there may be. Remove one first: ` +
          `runtime ${kind} remove NAME`,
      );
    }
  }
  tx.insert(integrations).values({ kind, name, plugin, config, createTime: now })
    .onConflictDoUpdate({
      target: [integrations.kind, integrations.name],
      set: { plugin, config },
    }).run();
}

/** Built once: an alarm is looked up each time that it is read. */
const selectOne = (db: Db) =>
  db.select().from(integrations).where(and(
    eq(integrations.kind, sql.placeholder("kind")),
    eq(integrations.name, sql.placeholder("name")),
  )).prepare();

export function findIntegration(
  db: Db,
  kind: IntegrationKind,
  name: string,
): Integration | undefined {
  const row = prepared(db, selectOne).get({ kind, name });
  return row && fromRow(row);
}

/** All, or those of one kind, in the order of kinds and names. */
export function listIntegrations(db: Db, kind?: IntegrationKind): Integration[] {
  return db.select().from(integrations)
    .where(kind === undefined ? undefined : eq(integrations.kind, kind))
    .orderBy(asc(integrations.kind), asc(integrations.name)).all().map(fromRow);
}

/** Answers whether there was one. Throws InvalidInput while a group or a config names it. */
export function deleteIntegration(tx: Tx, kind: IntegrationKind, name: string): boolean {
  if (findIntegration(tx, kind, name) === undefined) return false;
  const isConfig = kind === "analysis";
  const users = isConfig ? configsNaming(tx, name) : groupsNaming(tx, kind, name);
  if (users.length > 0) {
    const user = isConfig ? "deployment config" : "deployment group";
    const shown = users.slice(0, 10).join(", ");
    const more = users.length > 10 ? ` and ${users.length - 10} more` : "";
    throw new DomainError(
      "InvalidInputException",
      "name",
      `The ${kind} ${name} is named by the ${user}${
        users.length > 1 ? "s" : ""
      } ${shown}${more}. ` +
        `Take it out there first: ` +
        (isConfig ? "runtime config create NAME …" : "aws deploy update-deployment-group …"),
    );
  }
  tx.delete(integrations).where(keyed(kind, name)).run();
  return true;
}

/** The groups that name a balancer or alarm, `APPLICATION/GROUP` in alphabetical order. */
function groupsNaming(tx: Tx, kind: "balancer" | "alarm", name: string): string[] {
  return tx.select({
    application: applications.name,
    group: deploymentGroups.name,
    settings: deploymentGroups.settings,
  }).from(deploymentGroups)
    .innerJoin(applications, eq(applications.id, deploymentGroups.applicationId)).all()
    .filter(({ settings }) => namesIn(settings, kind).includes(name))
    .map(({ application, group }) => `${application}/${group}`).sort();
}

/** The configs of strategies that name an analysis, as every strategy does: in a member `analysis`. */
function configsNaming(tx: Tx, analysis: string): string[] {
  return tx.select().from(deploymentConfigs).orderBy(asc(deploymentConfigs.name)).all()
    .filter(({ config: { strategy } }) => strategy && namesAnalysis(strategy.config, analysis))
    .map(({ name }) => name);
}

function namesAnalysis(value: unknown, analysis: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inside]) =>
    (key === "analysis" && inside === analysis) || namesAnalysis(inside, analysis)
  );
}

/** The integrations of a kind that a group names. */
function namesIn(
  settings: GroupSettings,
  kind: "balancer" | "alarm",
): (string | undefined)[] {
  const { loadBalancerInfo: info, alarmConfiguration } = settings;
  switch (kind) {
    case "balancer":
      return [
        ...(info?.elbInfoList ?? []),
        ...(info?.targetGroupInfoList ?? []),
        ...(info?.targetGroupPairInfoList ?? []).flatMap(({ targetGroups }) => targetGroups ?? []),
      ].map(({ name }) => name);
    case "alarm":
      return (alarmConfiguration?.alarms ?? []).map(({ name }) => name);
  }
}

function keyed(kind: IntegrationKind, name: string) {
  return and(eq(integrations.kind, kind), eq(integrations.name, name));
}

function fromRow({ kind, name, plugin, config }: typeof integrations.$inferSelect): Integration {
  return { kind, name, plugin, config };
}
