/**
 * Operations on balancers, alarms and analyses, with target `Runtime_20261125.<Operation>`: plugins
 * set up by name, as groups and strategies name them.
 * @module
 */
import { z } from "zod";
import { Integration, IntegrationConfig, IntegrationKind } from "../domain/integration.ts";
import { Name } from "../domain/name.ts";

/** PutIntegration (admin): makes the integration of that kind and name, or replaces it. */
export const PutIntegrationInput = z.object({
  ...Integration.shape,
  config: IntegrationConfig.default({}),
});
export const PutIntegrationOutput = z.object({});

/** ListIntegrations (viewer): all of them, or those of a kind, in the order of kinds and names. */
export const ListIntegrationsInput = z.object({ kind: IntegrationKind.optional() });
export const ListIntegrationsOutput = z.object({
  integrations: z.array(Integration),
  /** What there is to set up. */
  plugins: z.array(z.object({
    kind: IntegrationKind,
    name: z.string(),
    description: z.string(),
    /** What its config has, as JSON Schema, draft 2020-12. */
    config: z.record(z.string(), z.unknown()),
  })),
});
export type ListIntegrationsOutput = z.infer<typeof ListIntegrationsOutput>;

/** DeleteIntegration (admin): refused while a deployment group names it. */
export const DeleteIntegrationInput = z.object({ kind: IntegrationKind, name: Name });
export const DeleteIntegrationOutput = z.object({});

/** TryIntegration (admin): calls its plugin once, and changes nothing. */
export const TryIntegrationInput = z.object({
  kind: IntegrationKind,
  name: Name,
  /** The host that a balancer is asked for; of no use to the other kinds. */
  instanceName: Name.optional(),
});
export const TryIntegrationOutput = z.object({
  /**
   * What an alarm says of itself; of an analysis MEASURED, or INCONCLUSIVE where there was no value;
   * of a balancer OK or FAILED.
   */
  outcome: z.enum(["OK", "ALARM", "UNKNOWN", "MEASURED", "INCONCLUSIVE", "FAILED"]),
  /** What was asked and what came back. */
  message: z.string(),
  /** What an analysis has measured. */
  value: z.number().optional(),
  /** Lines that the plugin had for the log of a deployment. */
  lines: z.array(z.string()),
});
export type TryIntegrationOutput = z.infer<typeof TryIntegrationOutput>;
