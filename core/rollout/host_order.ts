/**
 * The order in which a fleet's hosts are taken (spec 3.2, rule 2): unhealthy ones first, since they
 * cost the fleet nothing, then those whose revision is unknown, old, current. CodeDeploy picks at
 * random within a class; names in natural order let a person say who is next.
 * @module
 */

/** What earlier deployments of the group left on a host. A host never deployed to has none. */
export interface HostHealth {
  healthy: boolean;
  /** Identity of the revision on the host; undefined when nobody can tell. */
  revision?: string | undefined;
}

/** `target` is the identity of the group's target revision: a host that has it is current. */
export function orderHosts(
  names: readonly string[],
  health: ReadonlyMap<string, HostHealth>,
  target: string | undefined,
): string[] {
  const rank = (name: string): number => {
    const known = health.get(name);
    if (!known?.healthy) return 0;
    if (known.revision === undefined) return 1;
    return known.revision === target ? 3 : 2;
  };
  const natural = new Intl.Collator("en", { numeric: true });
  return [...names].sort((a, b) => rank(a) - rank(b) || natural.compare(a, b));
}
