/**
 * Integrations for whoever sets them up: what there is, whether a config fits, and what a plugin
 * says when it is called once. No deployment is touched by a trial.
 * @module
 */
import { z } from "zod";
import { DomainError } from "../domain/errors.ts";
import { type Integration, IntegrationKind } from "../domain/integration.ts";
import type { BalancedHost, DeploymentView, PluginContext } from "../plugin/contract.ts";
import type { Db } from "../store/database.ts";
import { findRegistered } from "../store/instances.ts";
import type { ListIntegrationsOutput, TryIntegrationOutput } from "../wire/integrations_api.ts";
import type { EngineContext } from "./context.ts";
import { checkIntegration, resolveIntegration } from "./integrations.ts";
import { orAborted } from "./or_aborted.ts";

export interface IntegrationsContext extends Pick<EngineContext, "plugins" | "pluginContext"> {
  readonly db: Db;
}

export interface TrialRequest {
  kind: IntegrationKind;
  name: string;
  instanceName?: string | undefined;
}

/** What a trial says; on the wire as it stands. */
export type Trial = TryIntegrationOutput;

/** Milliseconds; a person waits for it. */
const TRIAL_TIME = 30_000;
/** Of a plugin that logs more, the first ones are kept. */
const TRIAL_LINES = 100;

/** Of a schema that JSON Schema has no words for, such as a date, anything will do. */
const AS_GIVEN = { io: "input", unrepresentable: "any" } as const;

/** A plugin that goes by the deployment is told of one that does not exist. */
const NO_DEPLOYMENT: DeploymentView = { id: "trial", application: "trial", group: "trial" };

export interface Integrations {
  /** Throws InvalidInput where there is no such plugin, or the config does not fit it. */
  check(integration: Omit<Integration, "name">): void;
  /** The plugins that can be set up, of one kind or of all. */
  plugins(only?: IntegrationKind): ListIntegrationsOutput["plugins"];
  /**
   * Calls a plugin once: an alarm reads, an analysis measures, a balancer is asked for a host. What
   * the plugin throws is its answer. Throws InvalidInput where nothing can be called.
   */
  try(request: TrialRequest, hungUp: AbortSignal): Promise<Trial>;
}

export function integrationsOf(context: IntegrationsContext): Integrations {
  const { plugins } = context;
  return {
    check: (integration) => checkIntegration(plugins, integration),
    plugins: (only) =>
      (only === undefined ? IntegrationKind.options : [only]).flatMap((kind) =>
        plugins.names(kind).flatMap((name) => {
          const plugin = plugins.get(kind, name);
          if (!plugin) return [];
          const { description } = plugin;
          return {
            kind,
            name,
            description,
            config: { ...z.toJSONSchema(plugin.config, AS_GIVEN) },
          };
        })
      ),
    try: (request, hungUp) => tryIntegration(context, request, hungUp),
  };
}

const outOfTime = () => new Error(`no answer within ${TRIAL_TIME / 1000} seconds`);

async function tryIntegration(
  context: IntegrationsContext,
  request: TrialRequest,
  hungUp: AbortSignal,
): Promise<Trial> {
  const call = pluginCall(context, request);
  const signal = AbortSignal.any([hungUp, AbortSignal.timeout(TRIAL_TIME)]);
  const lines: string[] = [];
  const log = (line: string) => {
    if (lines.length < TRIAL_LINES) lines.push(line);
  };
  try {
    const made = call.make(context.pluginContext(signal, log));
    return { ...await orAborted(made, signal, outOfTime), lines };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return { outcome: call.thrown, message, lines };
  }
}

interface PluginCall {
  /** What a plugin that throws has said. */
  thrown: Trial["outcome"];
  make(ctx: PluginContext): Promise<Omit<Trial, "lines">>;
}

function pluginCall(
  { db, plugins }: IntegrationsContext,
  { kind, name, instanceName }: TrialRequest,
): PluginCall {
  if (kind === "balancer") {
    const { plugin, config } = found(resolveIntegration(db, plugins, kind, name));
    const host = hostNamed(db, instanceName);
    return {
      thrown: "FAILED",
      async make(ctx) {
        await plugin.check({ host, config, deployment: NO_DEPLOYMENT, ctx });
        return { outcome: "OK", message: `${name} answers, and knows ${host.name}` };
      },
    };
  }
  if (instanceName !== undefined) {
    throw refused("instanceName", "instanceName: only a balancer is asked for a host");
  }
  if (kind === "alarm") {
    const { plugin, config } = found(resolveIntegration(db, plugins, kind, name));
    return {
      thrown: "UNKNOWN",
      async make(ctx) {
        const read = await plugin.read({ config, deployment: NO_DEPLOYMENT, ctx });
        return { outcome: read.state, message: read.reason };
      },
    };
  }
  const { plugin, config } = found(resolveIntegration(db, plugins, kind, name));
  return {
    thrown: "INCONCLUSIVE",
    async make(ctx) {
      const { value, evidence } = await plugin.measure({ config, deployment: NO_DEPLOYMENT, ctx });
      if (value === undefined || !Number.isFinite(value)) {
        return { outcome: "INCONCLUSIVE", message: evidence };
      }
      return { outcome: "MEASURED", message: evidence, value };
    },
  };
}

function found<Resolved extends object>(resolved: Resolved | { fault: string }): Resolved {
  if ("fault" in resolved) throw refused("name", resolved.fault);
  return resolved;
}

function hostNamed(db: Db, name: string | undefined): BalancedHost {
  if (name === undefined) {
    throw refused("instanceName", "instanceName: must be given; a balancer is asked for a host");
  }
  const host = findRegistered(db, name);
  if (host) return { name, tags: host.tags };
  const message = `No on-premises instance is registered with the name ${name}`;
  throw refused("instanceName", message);
}

function refused(field: string, message: string): DomainError {
  return new DomainError("InvalidInputException", field, message);
}
