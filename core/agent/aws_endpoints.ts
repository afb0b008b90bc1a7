/**
 * Amazon's own addresses, for an agent whose configuration names no server: the command service
 * (spec 12.1) and S3 of a region.
 * @module
 */

/** Domains by the beginning of the region's name; every other region is in the usual one. */
const DOMAINS: readonly (readonly [prefix: string, domain: string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["us-isob-", "sc2s.sgov.gov"],
  ["us-iso-", "c2s.ic.gov"],
];

/** Partitions by the beginning of the region's name. */
const PARTITIONS: readonly (readonly [prefix: string, partition: string])[] = [
  ["cn-", "aws-cn"],
  ["us-gov-", "aws-us-gov"],
  ["us-isob-", "aws-iso-b"],
  ["us-iso-", "aws-iso"],
];

export function domainOf(region: string): string {
  return DOMAINS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "amazonaws.com";
}

export function partitionOf(region: string): string {
  return PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";
}

/** Regions of the USA, the only ones with FIPS endpoints: `us-east-1`, `us-gov-west-1`. */
export function hasFips(region: string): boolean {
  return /^us-(gov-)?(east|west)-\d+$/.test(region);
}

export interface ServiceForm {
  /** The command service that checks the host's own permissions (enable_auth_policy). */
  secure: boolean;
  fips: boolean;
}

/** `https://codedeploy-commands[-secure][-fips].<region>.<domain>`. */
export function commandServiceUrl(region: string, domain: string, form: ServiceForm): string {
  const secure = form.secure ? "-secure" : "";
  const fips = form.fips ? "-fips" : "";
  return `https://codedeploy-commands${secure}${fips}.${region}.${domain}`;
}

export function s3Url(region: string, domain: string, { fips }: Pick<ServiceForm, "fips">): string {
  return `https://s3${fips ? "-fips" : ""}.${region}.${domain}`;
}

/** A server of ours keeps bundles itself; Amazon's command service does not. */
export function keepsBundles(server: string, domain: string): boolean {
  return !new URL(server).hostname.endsWith(`.${domain}`);
}
