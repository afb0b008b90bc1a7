/**
 * A server with its engine: the application `shop` with the group `prod`, and hosts that joined it and
 * speak the agent's protocol over signed requests. The engine's clock stands still but when a test
 * moves it, and its deployments have the ids of `nthDeployment`.
 * @module
 */
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { CODEDEPLOY_SIGNING_NAME } from "../../core/api/codedeploy_operations.ts";
import type { ApiContext } from "../../core/api/context.ts";
import { eventRoutes } from "../../core/api/event_stream.ts";
import { hostOperations } from "../../core/api/host_operations.ts";
import { operationsByName } from "../../core/api/operation.ts";
import { publicServices } from "../../core/api/public_services.ts";
import type { Service } from "../../core/api/router.ts";
import { type Deployment, NO_TARGETS } from "../../core/domain/deployment.ts";
import type { Role } from "../../core/domain/instance.ts";
import { deploymentIdFrom } from "../../core/domain/name.ts";
import { AWS_QUOTAS, type Quotas } from "../../core/domain/quotas.ts";
import type { EngineContext } from "../../core/engine/context.ts";
import { Engine } from "../../core/engine/engine.ts";
import { type Integrations, integrationsOf } from "../../core/engine/integration_setup.ts";
import type { Listener } from "../../core/engine/stream.ts";
import { createPluginContext } from "../../core/plugin/plugin_context.ts";
import { createRegistry } from "../../core/plugin/registry.ts";
import { HOST_CLOCKS } from "../../core/rollout/host_clock.ts";
import { insertDeployment } from "../../core/store/deployments.ts";
import { deploymentGroups } from "../../core/store/schema.ts";
import { AGENT_SIGNING_NAME, AGENT_TARGET_PREFIX } from "../../core/wire/agent_protocol.ts";
import { EVENTS_PATH } from "../../core/wire/event_stream.ts";
import { CreateJoinTokenOutput, RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { signable, signHeaders } from "../../core/wire/sigv4.ts";
import onPremises from "../../plugins/targets/on_premises.ts";
import canary from "../../strategies/canary.ts";
import everyHost from "../../strategies/every_host.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import { request } from "../rollout/letters.ts";
import { type Host, joinHost } from "./host.ts";
import { listBalancer, saidAlarm, saidAnalysis } from "./set_up_plugins.ts";
import {
  type Answer,
  credentialsOf,
  openTestApi,
  REGION,
  SERVER,
  type TestApi,
} from "./test_api.ts";

export const TAG = { Key: "role", Value: "web" };
export const GROUP = { applicationName: "shop", deploymentGroupName: "prod" };
/** When the engine's clock begins; half a second shows that fractions are kept. */
export const START = Date.UTC(2026, 10, 25) + 500;
/** The id of a server's n-th deployment, counted from 0; the end of one draws an id as well. */
export function nthDeployment(n: number): string {
  return deploymentIdFrom(nthBytes(n, 9));
}

function nthBytes(n: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, place) => Math.floor(n / 36 ** place) % 36);
}

/** An engine that knows how many listen. */
class CountingEngine extends Engine {
  listening = 0;
  override watch(id: string, listener: Listener) {
    const watch = super.watch(id, listener);
    this.listening++;
    const stop = () => {
      this.listening--;
      watch.stop();
    };
    return { ...watch, stop };
  }
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now: number;
}

export interface Shop extends Omit<TestApi, typeof Symbol.dispose>, AsyncDisposable {
  readonly engine: CountingEngine;
  readonly clock: Clock;
  readonly serverKey: KeyObject;
  /** web-1, web-2, … */
  readonly hosts: readonly Host[];
  /** CreateDeployment to the group; answers the id. */
  deploy(key: string, changes?: object): Promise<string>;
  /** What ListDeployments and the like answer over all pages; `between` runs after each page. */
  pages(
    operation: string,
    input: object,
    between?: (page: Answer) => Promise<unknown>,
  ): Promise<Answer[]>;
  /** `GET /events`, signed as a role or with these keys. */
  events(id: string | undefined, who?: Signer, signal?: AbortSignal): Promise<Response>;
  /** Follows a deployment to the end of its stream; answers GetDeployment's deploymentInfo. */
  ended(id: string): Promise<Answer>;
}

export type Signer = Role | { accessKeyId: string; secretAccessKey: string };

/** Opens a server with so many hosts; `group` adds to the input of CreateDeploymentGroup. */
export async function openShop(
  hosts: number,
  group: object = {},
  quotas: Quotas = AWS_QUOTAS,
): Promise<Shop> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const serverPublicKey = publicKey.export({ type: "spki", format: "pem" }).toString();
  const clock = { now: START };
  let engine: CountingEngine | undefined;
  const api = await openTestApi({
    serverPublicKey,
    quotas,
    services(context) {
      const plugged = pluggedIn(clock);
      engine = newEngine(context, privateKey, clock, plugged);
      const integrations = integrationsOf({ db: context.store.read, ...plugged });
      return servicesOf(engine, integrations, context, privateKey);
    },
  });
  assert.ok(engine);
  api.app.route("/", eventRoutes(engine, api.context));
  engine.start();
  const shop = shopOf(api, engine, clock, createPublicKey(serverPublicKey));
  await addGroup(shop, group);
  const { token } = CreateJoinTokenOutput.parse(
    await shop.target(RUNTIME_TARGET_PREFIX + "CreateJoinToken", {}),
  );
  for (let n = 1; n <= hosts; n++) {
    shop.hosts.push(await joinHost(shop, { token, instanceName: `web-${n}`, tags: [TAG] }));
  }
  return shop;
}

/** The plugins there are, and what they reach the world with. */
function pluggedIn(clock: Clock): Pick<EngineContext, "plugins" | "pluginContext"> {
  const now = () => clock.now;
  const strategies = [canary, everyHost, minimumHealthyHosts];
  const plugins = [...strategies, onPremises, listBalancer, saidAlarm, saidAnalysis];
  return {
    plugins: createRegistry(plugins),
    pluginContext: (signal, log) =>
      createPluginContext({ signal, log, now, timeLapse: 1, secretsFolder: "secrets" }),
  };
}

function newEngine(
  context: ApiContext,
  orderKey: KeyObject,
  clock: Clock,
  plugged: Pick<EngineContext, "plugins" | "pluginContext">,
): CountingEngine {
  let drawn = 0;
  return new CountingEngine({
    owner: "this-server",
    isSoleServer: true,
    ...plugged,
    store: context.store,
    realm: context.realm,
    quotas: context.quotas,
    busyGroup: "refuse",
    orderKey,
    clocks: HOST_CLOCKS,
    timeLapse: 1,
    githubToken: (owner) => context.githubTokens.tokenFor(owner),
    findArtifact: () => undefined,
    now: () => clock.now,
    randomBytes: (length) => nthBytes(drawn++, length),
    report: (error, doing) => assert.fail(`${doing}: ${error}`),
  });
}

/** As the server puts them together. */
function servicesOf(
  engine: Engine,
  integrations: Integrations,
  { realm, now }: ApiContext,
  orderKey: KeyObject,
): Service[] {
  return [
    ...publicServices(engine, integrations),
    {
      targetPrefix: AGENT_TARGET_PREFIX,
      signingNames: [AGENT_SIGNING_NAME],
      operations: operationsByName(hostOperations({
        engine,
        orderKey,
        realm,
        seal: (text) => Promise.resolve(text),
        now,
      })),
    },
  ];
}

function shopOf(
  api: TestApi,
  engine: CountingEngine,
  clock: Clock,
  serverKey: KeyObject,
): Shop & { hosts: Host[] } {
  const { [Symbol.dispose]: close, ...calls } = api;
  const events: Shop["events"] = async (id, who = "viewer", signal) => {
    const url = new URL(EVENTS_PATH, SERVER);
    if (id !== undefined) url.searchParams.set("deploymentId", id);
    const keys = typeof who === "string" ? credentialsOf(who) : who;
    const headers = await signHeaders(
      signable("GET", url, {}),
      keys,
      REGION,
      CODEDEPLOY_SIGNING_NAME,
    );
    return await api.fetch(url, { headers, ...(signal && { signal }) });
  };
  return {
    ...calls,
    engine,
    clock,
    serverKey,
    hosts: [],
    events,
    async deploy(key, changes = {}) {
      clock.now += 1_000;
      const input = { ...GROUP, revision: bundle(key), ...changes };
      return (await api.call("CreateDeployment", input)).deploymentId;
    },
    async pages(operation, input, between = () => Promise.resolve()) {
      const pages: Answer[] = [await api.call(operation, input)];
      for (let page = pages[0]; page.nextToken !== undefined; pages.push(page)) {
        assert.ok(pages.length < 10, `${operation} has no last page`);
        await between(page);
        page = await api.call(operation, { ...input, nextToken: page.nextToken });
      }
      return pages;
    },
    async ended(id) {
      await (await events(id)).text();
      return (await api.call("GetDeployment", { deploymentId: id })).deploymentInfo;
    },
    async [Symbol.asyncDispose]() {
      engine.close();
      await settled(calls);
      close();
    },
  };
}

/** Waits for what the last answers set going: each end may start one more deployment. */
async function settled({ context }: Pick<TestApi, "context">): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await context.store.commit(() => {});
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

async function addGroup(api: Shop, changes: object): Promise<void> {
  await api.call("CreateApplication", { applicationName: GROUP.applicationName });
  await api.call("CreateDeploymentGroup", {
    ...GROUP,
    serviceRoleArn: "arn:aws:iam::000000000000:role/deploy",
    onPremisesInstanceTagFilters: [{ ...TAG, Type: "KEY_AND_VALUE" }],
    ...changes,
  });
}

/** A revision as CreateDeployment takes it. */
export function bundle(key: string) {
  return { revisionType: "S3", s3Location: { bucket: "bundles", key, bundleType: "zip" } };
}

/** Writes a deployment that no engine runs, as one of another time. */
export async function putDeployment(
  { context: { store } }: Pick<Shop, "context">,
  deployment: Pick<Deployment, "id" | "status"> & Partial<Deployment>,
  groupName = GROUP.deploymentGroupName,
): Promise<void> {
  const group = store.read.select().from(deploymentGroups).all()
    .find(({ name }) => name === groupName);
  assert.ok(group);
  await store.commit((tx) =>
    insertDeployment(tx, {
      applicationId: group.applicationId,
      groupId: group.id,
      request: request(),
      createTime: START,
      overview: NO_TARGETS,
      rollback: {},
      statusMessages: [],
      ...deployment,
    })
  );
}
