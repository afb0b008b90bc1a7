/** A number from Prometheus, by an instant query in PromQL. @module */
import { defineAnalysis, HTTP_SERVER, prometheusValue, z } from "runtime/plugin";

export default defineAnalysis({
  name: "prometheus",
  description: "the one number that a PromQL query gives",
  config: z.object({
    ...HTTP_SERVER,
    /** `{deployment}`, `{application}` and `{group}` are filled in. */
    query: z.string().min(1),
  }),
  measure: ({ config, ...call }) => prometheusValue(call, config),
});
