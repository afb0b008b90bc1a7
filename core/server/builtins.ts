/** The plugins that ship with the server, the one place that lists them. @module */
import type { Plugin } from "../plugin/registry.ts";
import onPremises from "../../plugins/targets/on_premises.ts";
import canary from "../../strategies/canary.ts";
import exponential from "../../strategies/exponential.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import zonal from "../../strategies/zonal.ts";

export const BUILT_IN_PLUGINS: readonly Plugin[] = [
  canary,
  exponential,
  minimumHealthyHosts,
  zonal,
  onPremises,
];
