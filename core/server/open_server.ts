/**
 * Puts the server together: store, keys, plugins, engine, API, artifact store. The one place where
 * all rooms meet; nothing is decided here.
 * @module
 */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { getLogger } from "@logtape/logtape";
import { Hono } from "hono";
import { artifactStore } from "../api/artifacts/artifact_routes.ts";
import { sweepIncoming } from "../api/artifacts/sweep.ts";
import { authenticator } from "../api/authenticate.ts";
import { eventRoutes } from "../api/event_stream.ts";
import { hostOperations } from "../api/host_operations.ts";
import { operationsByName } from "../api/operation.ts";
import { publicServices } from "../api/public_services.ts";
import { IAM } from "../api/query/iam/iam_service.ts";
import { STS } from "../api/query/sts/sts_service.ts";
import { createRouter } from "../api/router.ts";
import type { Dispatcher } from "../delivery/dispatcher.ts";
import type { Realm } from "../domain/identity.ts";
import type { Quotas } from "../domain/quotas.ts";
import type { S3Location } from "../domain/revision.ts";
import type { EngineContext } from "../engine/context.ts";
import { Engine } from "../engine/engine.ts";
import { integrationsOf } from "../engine/integration_setup.ts";
import { Strategies } from "../engine/named_config.ts";
import type { BusyGroup } from "../domain/group_policy.ts";
import { createPluginContext } from "../plugin/plugin_context.ts";
import { createRegistry } from "../plugin/registry.ts";
import { HOST_CLOCKS, shortened } from "../rollout/host_clock.ts";
import { AccessKeys } from "../store/access_keys.ts";
import { GitHubTokens } from "../store/github_tokens.ts";
import { findObject } from "../store/objects.ts";
import type { OutboxBell } from "../store/outbox_bell.ts";
import { openStore, type Store } from "../store/store.ts";
import {
  AGENT_SIGNING_NAME,
  AGENT_TARGET_PREFIX,
  SECURE_AGENT_SIGNING_NAME,
  SECURE_AGENT_TARGET_PREFIX,
} from "../wire/agent_protocol.ts";
import { ensureAdmin } from "./admin_key.ts";
import { BUILT_IN_PLUGINS } from "./builtins.ts";
import { sealer } from "./envelope_key.ts";
import { loadKeys } from "./keys.ts";
import { type Events, fetchFor, openEvents } from "./open_events.ts";
import { openTopics, type Topics, type TopicSettings } from "./open_topics.ts";

export interface RunningServer {
  fetch(request: Request): Response | Promise<Response>;
  /** Lines to show once, when the data directory was made: the admin key. */
  firstStart: readonly string[];
  /** Ends polls and clocks, so that open requests come to their end. */
  stop(): void;
  /** Closes the store; the data directory is free again. */
  close(): void;
}

export interface ServerOptions {
  directory: string;
  /** By how much every duration of a rollout is shortened; 1 for none. */
  timeLapse: number;
  events: Events;
  quotas: Quotas;
  busyGroup: BusyGroup;
  realm: Realm;
  topics: TopicSettings;
  /** Where the server listens. */
  url: string;
  /** Domains below which a host names a bucket; in lower case. */
  s3Domains?: readonly string[];
}

/** Opens the data directory and goes on with what was under way. Throws DataDirectoryError. */
export async function openServer(
  options: ServerOptions,
): Promise<RunningServer> {
  const { directory } = options;
  let wake: OutboxBell = () => {};
  const store = openStore(directory, (hurried) => wake(hurried));
  try {
    const { events, topics: settings, url, realm } = options;
    const topics = openTopics({
      store,
      directory,
      realm,
      publicUrl: settings.publicUrl ?? url,
      settings,
      fetch: fetchFor(events),
      now: Date.now,
    });
    const dispatcher = openEvents(store, directory, events, topics.destinations);
    wake = (hurried) => dispatcher.wake(hurried);
    return await assemble({ store, dispatcher, topics }, options);
  } catch (error) {
    store.close();
    throw error;
  }
}

async function assemble(
  { store, dispatcher, topics }: { store: Store; dispatcher: Dispatcher; topics: Topics },
  { directory, timeLapse, quotas, busyGroup, realm, s3Domains: domains = [] }: ServerOptions,
): Promise<RunningServer> {
  const secrets = loadKeys(directory);
  const artifacts = join(directory, "artifacts");
  mkdirSync(artifacts, { recursive: true, mode: 0o700 });
  const keys = new AccessKeys(store.read, secrets.secretsKey);
  const githubTokens = new GitHubTokens(store.read, secrets.secretsKey);
  const now = Date.now;
  await sweepIncoming({ store, directory: artifacts, now });
  const firstStart = await ensureAdmin({ store, keys, realm, env: process.env, now: now() });
  const plugins = createRegistry(BUILT_IN_PLUGINS);
  const secretsFolder = join(directory, "secrets");
  mkdirSync(secretsFolder, { recursive: true, mode: 0o700 });
  const pluginContext: EngineContext["pluginContext"] = (signal, log, atOnce) =>
    createPluginContext({
      ...{ signal, now, log, timeLapse, secretsFolder },
      ...(atOnce && { atOnce }),
    });
  const integrations = integrationsOf({ db: store.read, plugins, pluginContext });
  const engine = new Engine({
    store,
    owner: randomUUID(),
    isSoleServer: true,
    plugins,
    realm,
    quotas,
    busyGroup,
    orderKey: secrets.orderKey,
    clocks: shortened(HOST_CLOCKS, timeLapse),
    timeLapse,
    githubToken: (owner) => githubTokens.tokenFor(owner),
    findArtifact: (location) => artifactOf(store, location),
    pluginContext,
    now,
    randomBytes,
    report: (error, doing) =>
      getLogger(["runtime", "engine"]).error("{doing}: {error}", { doing, error }),
  });
  const context = {
    store,
    keys,
    githubTokens,
    realm,
    quotas,
    strategies: new Strategies(plugins),
    serverPublicKey: secrets.orderPublicKey,
    timeLapse,
    now,
    randomBytes,
  };
  const forHosts = operationsByName(hostOperations({
    engine,
    orderKey: secrets.orderKey,
    seal: sealer(directory, now),
    realm,
    now,
  }));
  const app = createRouter(context, [
    ...publicServices(engine, integrations),
    {
      targetPrefix: AGENT_TARGET_PREFIX,
      signingNames: [AGENT_SIGNING_NAME],
      operations: forHosts,
    },
    {
      targetPrefix: SECURE_AGENT_TARGET_PREFIX,
      signingNames: [SECURE_AGENT_SIGNING_NAME],
      operations: forHosts,
    },
  ], [IAM, STS, topics.service]);
  const authenticate = authenticator(context);
  app.route("/", eventRoutes(engine, context));
  const { region } = realm;
  const s3 = artifactStore({
    ...{ store, directory: artifacts, authenticate, region, domains, now, randomBytes },
  });
  app.all("/:bucket", ({ req }) => s3.otherwise(req.raw));
  app.all("/:bucket/*", ({ req }) => s3.otherwise(req.raw));
  const front = new Hono().route("/", topics.links(context)).route("/", app);
  engine.start();
  dispatcher.start();
  return {
    fetch: (request) => s3.answer(request) ?? front.fetch(request),
    firstStart,
    stop() {
      engine.close();
      dispatcher.close();
    },
    close: () => store.close(),
  };
}

/** The object of our own store that a revision names, if it is there. */
function artifactOf(store: Store, { bucket, key, version }: S3Location) {
  const address = { bucket, key, ...(version !== undefined && { versionId: version }) };
  const object = findObject(store.read, address);
  if (!object) return undefined;
  const { versionId, sha256, size, etag } = object;
  return { version: versionId, sha256, size, eTag: etag };
}
