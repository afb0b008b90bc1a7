/** Small plugins to set up: they answer as their config says. @module */
import { defineAlarm, defineAnalysis, defineBalancer, z } from "../../core/plugin/contract.ts";

export const listBalancer = defineBalancer({
  name: "list",
  description: "knows the hosts of a list",
  config: z.object({
    hosts: z.array(z.string()).min(1),
    port: z.number().int().max(65_535).default(80),
  }),
  block: () => Promise.resolve(),
  allow: () => Promise.resolve(),
  check({ host, config, ctx }) {
    ctx.log(`looking for ${host.name} with ${host.tags.length} tags on port ${config.port}`);
    if (config.hosts.includes(host.name)) return Promise.resolve();
    return Promise.reject(new Error(`the list has no ${host.name}; add it to hosts`));
  },
});

export const saidAlarm = defineAlarm({
  name: "said",
  description: "says what its config says",
  config: z.object({ state: z.enum(["OK", "ALARM", "UNKNOWN", "throws"]) }),
  read({ config: { state } }) {
    if (state === "throws") return Promise.reject(new Error("nobody answers on port 9090"));
    return Promise.resolve({ state, reason: `said ${state}` });
  },
});

export const saidAnalysis = defineAnalysis({
  name: "said",
  description: "measures what its config says",
  config: z.object({ value: z.number().optional() }),
  measure: ({ config: { value } }) => Promise.resolve({ value, evidence: `measured ${value}` }),
});
