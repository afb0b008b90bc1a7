/** The plugins that ship with the server, the one place that lists them. @module */
import type { Plugin } from "../plugin/registry.ts";
import onPremises from "../../plugins/targets/on_premises.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";

export const BUILT_IN_PLUGINS: readonly Plugin[] = [minimumHealthyHosts, onPremises];
