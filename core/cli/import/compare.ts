/**
 * Reads both ends of an import and compares them. Only reads, so that a plan can be shown, and
 * nothing is half done when one of the ends cannot be read.
 * @module
 */
import { DEFAULT_REALM } from "../../domain/identity.ts";
import type { Api } from "../api.ts";
import { usageFailure } from "../failure.ts";
import type { Inventory } from "./inventory.ts";
import { planImport } from "./plan.ts";
import { readApplications, readConfigs, readInstances } from "./read_inventory.ts";
import { type Realm, realmOf, realmOfAccount, withTags } from "./read_tags.ts";
import { configsUsed, instancesUsed } from "./selection.ts";
import type { Step } from "./step.ts";

export interface Wanted {
  /** Names of applications; everything when there are none. */
  applications: readonly string[];
  withRevisions: boolean;
  withInstances: boolean;
  /** Twelve digits; else what an answer tells. */
  account?: string;
}

/** Throws what the calls throw, and a usage failure for an application that is not there. */
export async function readSource(
  api: Api,
  wanted: Wanted,
  note: (text: string) => void,
): Promise<Inventory> {
  const { applications: names, withRevisions, withInstances } = wanted;
  const isWanted = names.length === 0 ? everything : (name: string) => names.includes(name);
  const applications = await readApplications(api, isWanted, { withRevisions }, note);
  const missing = names.filter((name) => applications.every((one) => one.name !== name));
  if (missing.length > 0) throw noSuchApplication(api.connection.url, missing);
  const configs = await readConfigs(api, everything);
  const instances = withInstances ? await readInstances(api, everything) : [];
  const realm = sourceRealm(api.connection, wanted, { instances, applications });
  return {
    applications: await withTags(api, applications, realm, note),
    configs: names.length === 0 ? configs : configsUsed(configs, applications),
    instances: names.length === 0 ? instances : instancesUsed(instances, applications),
  };
}

/** Reads of the server here what the source has, too, and says what differs. */
export async function compareWith(
  api: Api,
  there: Inventory,
  wanted: Wanted,
  note: (text: string) => void,
): Promise<Step[]> {
  const { withRevisions } = wanted;
  const applications = await readApplications(
    api,
    among(there.applications),
    { withRevisions },
    note,
  );
  const instances = await readInstances(api, among(there.instances));
  // This server has one account and takes every account in an ARN.
  const realm = realmOfAccount(api.connection.region, DEFAULT_REALM.account);
  const here: Inventory = {
    applications: await withTags(api, applications, realm, note),
    configs: await readConfigs(api, among(there.configs)),
    instances,
  };
  return planImport(there, here, realm);
}

/** A server of this kind takes every account in an ARN; AWS wants its own. */
function sourceRealm(
  { url, region }: Api["connection"],
  { account }: Wanted,
  { instances, applications }: Pick<Inventory, "instances" | "applications">,
): Realm | undefined {
  if (account !== undefined) return realmOfAccount(region, account);
  const told = realmOf(region, instances, applications);
  const isAmazon = /\.amazonaws\.com(\.cn)?$/.test(new URL(url).hostname);
  return told ?? (isAmazon ? undefined : realmOfAccount(region, DEFAULT_REALM.account));
}

function everything(): boolean {
  return true;
}

function among(found: readonly { name: string }[]): (name: string) => boolean {
  const names = new Set(found.map(({ name }) => name));
  return (name) => names.has(name);
}

function noSuchApplication(url: string, missing: readonly string[]) {
  return usageFailure(`${url} has no application ${missing.join(", ")}`, [], [
    "runtime import aws --dry-run",
  ]);
}
