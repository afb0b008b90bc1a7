/**
 * Reads what an import carries over, of AWS or of this server alike: listings page by page, then
 * what they name by BatchGet calls.
 * @module
 */
import { z } from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { PREDEFINED_CONFIG_PREFIX } from "../../domain/name.ts";
import { Tag } from "../../domain/tag.ts";
import type { Api } from "../api.ts";
import { unlessRefused } from "../api.ts";
import { settingsOfGroup, strangeMembers } from "./group_settings.ts";
import type {
  FoundApplication,
  FoundConfig,
  FoundGroup,
  FoundInstance,
  FoundRevision,
} from "./inventory.ts";
import { everyPage, inBatches } from "./listing.ts";

const Names = z.array(z.string()).nullish().transform((names) => names ?? []);
const Members = z.record(z.string(), z.unknown());
const NextToken = z.string().nullish().transform((token) => token || undefined);

const ListedApplications = z.looseObject({ applications: Names, nextToken: NextToken });
const GotApplications = z.looseObject({
  applicationsInfo: z.array(z.looseObject({
    applicationName: z.string(),
    // Applications from before there were others are not said to be for hosts.
    computePlatform: z.string().default("Server"),
  })).default([]),
});

/** Applications by their names, without tags. */
export async function readApplications(
  api: Api,
  isWanted: (name: string) => boolean,
  { withRevisions }: { withRevisions: boolean },
  note: (text: string) => void,
): Promise<FoundApplication[]> {
  const names = await everyPage("ListApplications", async (nextToken) => {
    const page = await api.codedeploy("ListApplications", { nextToken }, ListedApplications);
    return { entries: page.applications, nextToken: page.nextToken };
  });
  const infos = await inBatches(names.filter(isWanted).sort(), LIMITS.batch, async (some) => {
    const asked = { applicationNames: some };
    return (await api.codedeploy("BatchGetApplications", asked, GotApplications)).applicationsInfo;
  });
  const found: FoundApplication[] = [];
  for (const { applicationName: name, computePlatform } of infos) {
    found.push({
      name,
      computePlatform,
      tags: undefined,
      groups: await readGroups(api, name, note),
      revisions: withRevisions ? await readRevisions(api, name) : [],
    });
  }
  return found;
}

const ListedGroups = z.looseObject({ deploymentGroups: Names, nextToken: NextToken });
const GotGroups = z.looseObject({
  deploymentGroupsInfo: z.array(Members.and(z.looseObject({ deploymentGroupName: z.string() })))
    .default([]),
  errorMessage: z.string().nullish(),
});

async function readGroups(
  api: Api,
  applicationName: string,
  note: (text: string) => void,
): Promise<FoundGroup[]> {
  const names = await everyPage("ListDeploymentGroups", async (nextToken) => {
    const asked = { applicationName, nextToken };
    const page = await api.codedeploy("ListDeploymentGroups", asked, ListedGroups);
    return { entries: page.deploymentGroups, nextToken: page.nextToken };
  });
  const infos = await inBatches(names.sort(), LIMITS.batch, async (some) => {
    const asked = { applicationName, deploymentGroupNames: some };
    const got = await api.codedeploy("BatchGetDeploymentGroups", asked, GotGroups);
    // A group that went while it was read is left out of the answer, with a message.
    if (got.errorMessage) note(`groups of ${applicationName}: ${got.errorMessage}`);
    return got.deploymentGroupsInfo;
  });
  return infos.map((info) => {
    const strange = strangeMembers(info);
    if (strange.length > 0) {
      const name = `${applicationName}/${info.deploymentGroupName}`;
      note(`group ${name}: not known to this version and left out: ${strange.join(", ")}`);
    }
    return { name: info.deploymentGroupName, settings: settingsOfGroup(info), tags: undefined };
  });
}

const ListedRevisions = z.looseObject({
  revisions: z.array(Members).nullish().transform((revisions) => revisions ?? []),
  nextToken: NextToken,
});
const GotRevisions = z.looseObject({
  revisions: z.array(z.looseObject({
    revisionLocation: Members,
    genericRevisionInfo: z.looseObject({ description: z.string().nullish() }).nullish(),
  })).default([]),
});

async function readRevisions(api: Api, applicationName: string): Promise<FoundRevision[]> {
  const locations = await everyPage("ListApplicationRevisions", async (nextToken) => {
    const asked = { applicationName, sortBy: "registerTime", sortOrder: "ascending", nextToken };
    const page = await api.codedeploy("ListApplicationRevisions", asked, ListedRevisions);
    return { entries: page.revisions, nextToken: page.nextToken };
  });
  return await inBatches(locations, LIMITS.batchRevisions, async (some) => {
    const asked = { applicationName, revisions: some };
    const got = await api.codedeploy("BatchGetApplicationRevisions", asked, GotRevisions);
    return got.revisions.map(({ revisionLocation: location, genericRevisionInfo }) => ({
      location,
      description: genericRevisionInfo?.description || undefined,
    }));
  });
}

const ListedConfigs = z.looseObject({ deploymentConfigsList: Names, nextToken: NextToken });
const GotConfig = z.looseObject({
  deploymentConfigInfo: z.looseObject({ computePlatform: z.string().nullish() }),
});

/** Custom configs by their names. */
export async function readConfigs(
  api: Api,
  isWanted: (name: string) => boolean,
): Promise<FoundConfig[]> {
  const names = await everyPage("ListDeploymentConfigs", async (nextToken) => {
    const page = await api.codedeploy("ListDeploymentConfigs", { nextToken }, ListedConfigs);
    return { entries: page.deploymentConfigsList, nextToken: page.nextToken };
  });
  const found: FoundConfig[] = [];
  for (const name of names.sort()) {
    if (name.startsWith(PREDEFINED_CONFIG_PREFIX) || !isWanted(name)) continue;
    const got = await unlessRefused(
      "DeploymentConfigDoesNotExistException",
      api.codedeploy("GetDeploymentConfig", { deploymentConfigName: name }, GotConfig),
    );
    if (got !== undefined) found.push({ name, settings: settingsOfConfig(got) });
  }
  return found;
}

/** A config for hosts has healthy hosts and zones, one for Lambda and ECS the routing of traffic. */
function settingsOfConfig({ deploymentConfigInfo: info }: z.infer<typeof GotConfig>) {
  const computePlatform = info.computePlatform ?? "Server";
  const members = computePlatform === "Server"
    ? ["minimumHealthyHosts", "zonalConfig"]
    : ["trafficRoutingConfig"];
  const set = members.filter((member) => info[member] !== undefined && info[member] !== null);
  return { computePlatform, ...Object.fromEntries(set.map((member) => [member, info[member]])) };
}

const ListedInstances = z.looseObject({ instanceNames: Names, nextToken: NextToken });
const GotInstances = z.looseObject({
  instanceInfos: z.array(z.looseObject({
    instanceName: z.string(),
    instanceArn: z.string().nullish(),
    iamUserArn: z.string().nullish(),
    iamSessionArn: z.string().nullish(),
    deregisterTime: z.number().nullish(),
    tags: z.array(Tag).nullish(),
  })).default([]),
});

/** Registered instances by their names. */
export async function readInstances(
  api: Api,
  isWanted: (name: string) => boolean,
): Promise<FoundInstance[]> {
  const names = await everyPage("ListOnPremisesInstances", async (nextToken) => {
    const asked = { registrationStatus: "Registered", nextToken };
    const page = await api.codedeploy("ListOnPremisesInstances", asked, ListedInstances);
    return { entries: page.instanceNames, nextToken: page.nextToken };
  });
  const infos = await inBatches(names.filter(isWanted).sort(), LIMITS.batch, async (some) => {
    const asked = { instanceNames: some };
    return (await api.codedeploy("BatchGetOnPremisesInstances", asked, GotInstances)).instanceInfos;
  });
  return infos.filter(({ deregisterTime }) => !deregisterTime).map((info) => ({
    name: info.instanceName,
    arn: info.instanceArn ?? undefined,
    iamUserArn: info.iamUserArn ?? undefined,
    iamSessionArn: info.iamSessionArn ?? undefined,
    tags: info.tags ?? [],
  }));
}
