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

/** What the plugin is given; its own schema says what may stand there. */
export const IntegrationConfig = z.record(z.string(), z.json()).refine(
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

/** Variables of the server's environment that a config may name. */
export const SECRET_PREFIX = "RUNTIME_SECRET_";

/**
 * `{"env": "RUNTIME_SECRET_…"}` in the place of a value: the server's environment has it, the store
 * does not. The prefix keeps every other variable, such as the admin's keys, from being sent
 * wherever a config says.
 */
export const SecretReference = z.strictObject({ env: z.string() });
export type SecretReference = z.infer<typeof SecretReference>;
