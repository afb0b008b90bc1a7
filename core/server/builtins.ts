/** The plugins that ship with the server, the one place that lists them. @module */
import type { Plugin } from "../plugin/registry.ts";
import commandAlarm from "../../plugins/alarms/command.ts";
import httpAlarm from "../../plugins/alarms/http.ts";
import prometheusAlarm from "../../plugins/alarms/prometheus.ts";
import commandAnalysis from "../../plugins/analyses/command.ts";
import httpAnalysis from "../../plugins/analyses/http.ts";
import prometheusAnalysis from "../../plugins/analyses/prometheus.ts";
import sqlAnalysis from "../../plugins/analyses/sql.ts";
import commandBalancer from "../../plugins/balancers/command.ts";
import haproxyBalancer from "../../plugins/balancers/haproxy.ts";
import haproxyDataPlaneBalancer from "../../plugins/balancers/haproxy_data_plane.ts";
import httpBalancer from "../../plugins/balancers/http.ts";
import nginxBalancer from "../../plugins/balancers/nginx.ts";
import onPremises from "../../plugins/targets/on_premises.ts";
import canary from "../../strategies/canary.ts";
import exponential from "../../strategies/exponential.ts";
import everyHost from "../../strategies/every_host.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import zonal from "../../strategies/zonal.ts";

export const BUILT_IN_PLUGINS: readonly Plugin[] = [
  canary,
  exponential,
  minimumHealthyHosts,
  everyHost,
  zonal,
  onPremises,
  commandBalancer,
  haproxyBalancer,
  haproxyDataPlaneBalancer,
  httpBalancer,
  nginxBalancer,
  commandAlarm,
  httpAlarm,
  prometheusAlarm,
  commandAnalysis,
  httpAnalysis,
  prometheusAnalysis,
  sqlAnalysis,
];
