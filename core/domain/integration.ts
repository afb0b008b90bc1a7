/**
 * An integration: a plugin set up under a name of its own. Groups name balancers and alarms, and
 * strategies name analyses, by that name.
 * @module
 */
import { z } from "zod";
import { Name } from "./name.ts";

export const IntegrationKind = z.enum(["balancer", "alarm", "analysis"]);
export type IntegrationKind = z.infer<typeof IntegrationKind>;

/** Of one config, as JSON: a set-up that a person wrote, and no store for what belongs in a file. */
const CONFIG_LETTERS = 32_768;

/**
 * What the plugin is given; its own schema says what may stand there. A secret is named, and lies in
 * a file of the server's that the plugin reads by its context.
 */
export const IntegrationConfig = z.record(z.string(), z.unknown()).refine(
  (config) => JSON.stringify(config).length <= CONFIG_LETTERS,
  `must be at most ${CONFIG_LETTERS} letters of JSON`,
);
export type IntegrationConfig = z.infer<typeof IntegrationConfig>;

export const Integration = z.object({
  kind: IntegrationKind,
  name: Name,
  plugin: z.string().min(1).max(100),
  config: IntegrationConfig,
});
export type Integration = z.infer<typeof Integration>;
