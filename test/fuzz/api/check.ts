/**
 * What must hold for any request at all: an answer in time, in the form of AWS JSON, never a failure
 * of the server's own, and nothing changed by a request that was refused.
 * @module
 */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { hostOperations } from "../../../core/api/host_operations.ts";
import type { RoutedOperation } from "../../../core/api/operation.ts";
import { AGENT_SIGNING_NAME, AGENT_TARGET_PREFIX } from "../../../core/wire/agent_protocol.ts";
import { PUBLIC_SERVICES } from "../../api/operation_table.ts";
import { bundle, openShop, type Shop } from "../../api/shop.ts";
import { credentialsOf } from "../../api/test_api.ts";
import { within } from "./deadline.ts";
import { inputFor, type Known } from "./input.ts";
import { anyBody, anyEnvelope, bodyOf, requestOf } from "./request.ts";

/** Milliseconds that an answer may take; a poll for a host's order is ended before by its client. */
const DEADLINE = 10_000;
const POLL = 30;
/** Requests to one server: a state that grew for ever would be all that is tested. */
const REQUESTS = 250;

const ARN = "arn:aws:codedeploy:us-east-1:000000000000";
const APPLICATIONS = ["shop", "shop", "new"];
const GROUPS = ["prod", "prod", "new"];
const CONFIGS = ["own", "CodeDeployDefault.AllAtOnce", "new"];
const HOSTS = ["web-1", "web-2"];

/** What members are called that have to exist, and what of it there is. */
function knownOf(id: string, identifier: string): Known {
  return {
    of: {
      applicationName: APPLICATIONS,
      applicationNames: APPLICATIONS,
      newApplicationName: ["shop", "new"],
      deploymentGroupName: GROUPS,
      deploymentGroupNames: GROUPS,
      currentDeploymentGroupName: GROUPS,
      newDeploymentGroupName: GROUPS,
      deploymentConfigName: CONFIGS,
      deploymentId: [id],
      deploymentIds: [id],
      instanceName: HOSTS,
      instanceNames: HOSTS,
      instanceId: HOSTS,
      instanceIds: HOSTS,
      targetId: HOSTS,
      targetIds: HOSTS,
      serviceRoleArn: ["arn:aws:iam::123456789012:role/deploy"],
      iamUserArn: ["arn:aws:iam::123456789012:user/web-3"],
      ResourceArn: [`${ARN}:application:shop`, `${ARN}:deploymentgroup:shop/prod`],
      HostIdentifier: [identifier],
      HostCommandIdentifier: [`${id}/web-1`],
      DeploymentExecutionId: [`us-east-1/000000000000/g/${id}`],
      Payload: ["{}", '{"events":[]}', '{"error_code":0}'],
      key: ["k.zip", "other.zip"],
      nextToken: ["InNob3Ai", "MA"],
    },
    others: ["shop", "prod", "web-1", id, "codedeploy", "role", "web", "TargetStatus", "b"],
  };
}

export type Outcome = "taken" | "refused";

/** Asks a server about the request that belongs to a number; throws what must never happen. */
export interface Checker extends AsyncDisposable {
  check(seed: number, at: number): Promise<Outcome>;
}

interface Callable {
  operation: RoutedOperation;
  target: string;
  service: string;
  input: fc.Arbitrary<unknown>;
}

/** Checks requests one by one against servers in this process. */
export class ApiChecker implements Checker {
  #shop: Shop;
  #callable: readonly Callable[];
  #left = REQUESTS;

  private constructor(shop: Shop, callable: readonly Callable[]) {
    this.#shop = shop;
    this.#callable = callable;
  }

  static async open(): Promise<ApiChecker> {
    const [shop, known] = await openWorking();
    return new ApiChecker(shop, callableOf(shop, known));
  }

  /** The names of all operations that are asked. */
  get operations(): string[] {
    return this.#callable.map(({ target }) => target);
  }

  /** Sends the request that belongs to a number; throws what must never happen. */
  async check(seed: number, at: number): Promise<Outcome> {
    if (this.#left-- === 0) await this.#renew();
    const one = this.#callable[at % this.#callable.length];
    assert.ok(one);
    const draft = fc.tuple(one.input, anyEnvelope, anyBody, fc.nat());
    const [sample] = fc.sample(draft, { seed: seed + at, numRuns: 1 });
    assert.ok(sample);
    const [input, envelope, broken, place] = sample;
    const about = `${one.target}, body ${broken}, ${envelope?.name ?? "sound"}`;
    try {
      const isHost = one.operation.role === "agent";
      const signal = AbortSignal.timeout(one.target.includes("Poll") ? POLL : DEADLINE);
      const request = await requestOf(
        {
          ...one,
          body: bodyOf(input, broken, place),
          keys: isHost ? this.#shop.hosts[0]!.keys : credentialsOf("admin"),
          now: this.#shop.context.now(),
        },
        envelope,
        signal,
      );
      const before = this.#shop.dump();
      const response = await within(this.#shop.fetch(request), DEADLINE);
      const text = await within(response.text(), DEADLINE);
      if (response.status === 200) {
        assert.equal(envelope?.status, undefined, `it was taken: ${text}`);
        assertJson(response, text);
        await this.#settled();
        return "taken";
      }
      const type = assertRefusal(response, text);
      // A host may have been deregistered by a request before; its key is then nobody's.
      if (envelope?.status !== undefined && type !== "UnrecognizedClientException") {
        assert.equal(response.status, envelope.status, text);
        assert.match(type, envelope.type ?? /./);
      }
      const after = this.#shop.dump();
      assert.ok(isDeepStrictEqual(after, before), `refused with ${text}, and changed something`);
      return "refused";
    } catch (cause) {
      throw new Error(`${about}: ${JSON.stringify(input)?.slice(0, 2_000)}`, { cause });
    }
  }

  async #renew(): Promise<void> {
    await this.#shop[Symbol.asyncDispose]();
    const [shop, known] = await openWorking();
    this.#shop = shop;
    this.#callable = callableOf(shop, known);
    this.#left = REQUESTS;
  }

  /** What a request has begun is written before the next one is looked at. */
  async #settled(): Promise<void> {
    for (let write = 0; write < 4; write++) await this.#shop.context.store.commit(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shop[Symbol.asyncDispose]();
  }
}

/** A server with a deployment under way, a config, a revision; and the names of what there is. */
async function openWorking(): Promise<[Shop, Known]> {
  const shop = await openShop(2);
  const minimumHealthyHosts = { type: "HOST_COUNT", value: 0 };
  await shop.call("CreateDeploymentConfig", { deploymentConfigName: "own", minimumHealthyHosts });
  const id = await shop.deploy("k.zip");
  await shop.call("RegisterApplicationRevision", {
    applicationName: "shop",
    revision: bundle("other.zip"),
  });
  const [host] = shop.hosts;
  assert.ok(host);
  return [shop, knownOf(id, host.identifier)];
}

function callableOf(shop: Shop, known: Known): Callable[] {
  const host = hostOperations({
    engine: shop.engine,
    orderKey: shop.serverKey,
    realm: shop.context.realm,
    seal: (text) => Promise.resolve(text),
    now: () => shop.context.now(),
  });
  const asked = (prefix: string, service: string) => (operation: RoutedOperation): Callable => ({
    operation,
    target: prefix + operation.name,
    service,
    input: inputFor(operation.input, known),
  });
  return [
    ...PUBLIC_SERVICES.flatMap(({ targetPrefix, signingNames, operations }) =>
      [...operations.values()].map(asked(targetPrefix, signingNames[0] ?? ""))
    ),
    ...host.map(asked(AGENT_TARGET_PREFIX, AGENT_SIGNING_NAME)),
  ];
}

/** Answers the type of a refusal that has the form of AWS JSON 1.1. */
function assertRefusal(response: Response, text: string): string {
  assert.ok([400, 403, 413].includes(response.status), `status ${response.status}: ${text}`);
  const { __type: type, message } = assertJson(response, text);
  assert.equal(response.headers.get("x-amzn-errortype"), type);
  assert.ok(typeof type === "string" && /^[A-Za-z0-9]+$/.test(type), text);
  assert.ok(typeof message === "string" && message !== "", text);
  return type;
}

function assertJson(response: Response, text: string): Record<string, unknown> {
  assert.equal(response.headers.get("content-type"), "application/x-amz-json-1.1");
  assert.ok(response.headers.get("x-amzn-requestid"));
  const value: unknown = JSON.parse(text);
  assert.ok(typeof value === "object" && value !== null && !Array.isArray(value), text);
  return Object.fromEntries(Object.entries(value));
}
