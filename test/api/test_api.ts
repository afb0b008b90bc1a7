/**
 * The API in this process: the real router over a real store in a directory of its own, asked by the
 * real client with signed requests. The clock stands still unless a test moves it.
 * @module
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import { getTableName } from "drizzle-orm";
import type { Hono } from "hono";
import type { ApiContext } from "../../core/api/context.ts";
import {
  CODEDEPLOY_OPERATIONS,
  CODEDEPLOY_SIGNING_NAME,
  CODEDEPLOY_TARGET_PREFIX,
} from "../../core/api/codedeploy_operations.ts";
import { createRouter, type Service } from "../../core/api/router.ts";
import { RUNTIME_OPERATIONS } from "../../core/api/runtime_operations.ts";
import { Strategies } from "../../core/engine/named_config.ts";
import { DEFAULT_REALM } from "../../core/domain/identity.ts";
import { AWS_QUOTAS, type Quotas } from "../../core/domain/quotas.ts";
import type { Role } from "../../core/domain/instance.ts";
import { createRegistry } from "../../core/plugin/registry.ts";
import { BUILT_IN_PLUGINS } from "../../core/server/builtins.ts";
import { AccessKeys } from "../../core/store/access_keys.ts";
import { GitHubTokens } from "../../core/store/github_tokens.ts";
import * as schema from "../../core/store/schema.ts";
import { openStore } from "../../core/store/store.ts";
import { ApiError, callJson } from "../../core/wire/aws_json.ts";
import { RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { checkedServices } from "./checked_operations.ts";

export const SERVICES: readonly Service[] = [
  {
    targetPrefix: CODEDEPLOY_TARGET_PREFIX,
    signingNames: [CODEDEPLOY_SIGNING_NAME],
    operations: CODEDEPLOY_OPERATIONS,
  },
  {
    targetPrefix: RUNTIME_TARGET_PREFIX,
    signingNames: [CODEDEPLOY_SIGNING_NAME],
    operations: RUNTIME_OPERATIONS,
  },
];

/** Every role's key; the secret is the id spelled twice. */
export const KEY_OF: Readonly<Record<Role, string>> = {
  admin: "AKIAADMIN",
  deployer: "AKIADEPLOYER",
  viewer: "AKIAVIEWER",
  agent: "AKIAAGENT",
  none: "AKIANONE",
};

/** Where the app would be, if there were a socket. */
export const SERVER = "http://runtime.test";
export const REGION = "eu-central-1";

export function credentialsOf(role: Role) {
  return { accessKeyId: KEY_OF[role], secretAccessKey: KEY_OF[role] + KEY_OF[role] };
}

// because answers are read member by member, and a wrong one fails its assertion
// deno-lint-ignore no-explicit-any -- answers are compared, not typed
export type Answer = any;

export interface TestApi extends Disposable {
  app: Hono;
  /** Asks the app without a socket. */
  fetch: typeof fetch;
  context: ApiContext;
  /** Calls an operation of CodeDeploy as a role; throws ApiError. */
  call(operation: string, input: unknown, role?: Role): Promise<Answer>;
  /** Calls by the whole target. */
  target(target: string, input: unknown, role?: Role): Promise<Answer>;
  /** Expects that what `ask` does is refused and changes nothing. */
  refusal(ask: () => Promise<unknown>, type: string, message?: RegExp | undefined): Promise<void>;
  /** Expects a refusal of an operation of CodeDeploy that changes nothing. */
  refuses(
    operation: string,
    input: unknown,
    type: string,
    message?: RegExp | undefined,
    role?: Role,
  ): Promise<void>;
  /** Moves the server's clock away from the client's. */
  moveClock(milliseconds: number): void;
  /** Every row of every table. */
  dump(): Record<string, unknown[]>;
}

/** What stands around the operations: `services` is called once, with what they work on. */
export interface Surroundings {
  serverPublicKey: string;
  quotas?: Quotas;
  services(context: ApiContext): readonly Service[];
}

const NO_ENGINE: Surroundings = {
  serverPublicKey: "-----BEGIN PUBLIC KEY-----\n",
  services: () => SERVICES,
};

export async function openTestApi(
  { serverPublicKey, services, quotas = AWS_QUOTAS }: Surroundings = NO_ENGINE,
): Promise<TestApi> {
  const directory = mkdtempSync(join(tmpdir(), "api-"));
  const store = openStore(directory);
  const secretsKey = randomBytes(32);
  const keys = new AccessKeys(store.read, secretsKey);
  let offset = 0;
  const context: ApiContext = {
    store,
    keys,
    githubTokens: new GitHubTokens(store.read, secretsKey),
    realm: DEFAULT_REALM,
    quotas,
    strategies: new Strategies(createRegistry(BUILT_IN_PLUGINS)),
    serverPublicKey,
    timeLapse: 1,
    now: () => Date.now() + offset,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  };
  await store.commit((tx) => {
    for (const [role, accessKeyId] of Object.entries(KEY_OF) as [Role, string][]) { // because the keys of KEY_OF are roles
      const arn = `arn:aws:iam::000000000000:user/${role}`;
      const secretAccessKey = accessKeyId + accessKeyId;
      keys.put(
        tx,
        { accessKeyId, secretAccessKey, role, arn, createTime: 0 },
        context.randomBytes(12),
      );
    }
  });
  const faults: string[] = [];
  const app = createRouter(context, checkedServices(services(context), faults));
  const target = (name: string, input: unknown, role: Role = "admin") =>
    callJson({
      url: SERVER,
      region: REGION,
      credentials: credentialsOf(role),
      fetch: inProcess(app),
    }, { target: name, service: CODEDEPLOY_SIGNING_NAME, input });
  const call = (operation: string, input: unknown, role?: Role) =>
    target(CODEDEPLOY_TARGET_PREFIX + operation, input, role);
  const dump = () => {
    const tables = Object.values(schema);
    return Object.fromEntries(
      tables.map((table) => [getTableName(table), store.read.select().from(table).all()]),
    );
  };
  const refusal: TestApi["refusal"] = async (ask, type, message) => {
    const before = dump();
    const refused = await ask().then(
      (answer) => assert.fail(`it was not refused: ${JSON.stringify(answer)}`),
      (error: unknown) => error,
    );
    assert.ok(refused instanceof ApiError, String(refused));
    assert.equal(refused.type, type, refused.message);
    if (message) assert.match(refused.message, message);
    assert.deepEqual(dump(), before);
  };
  return {
    app,
    fetch: inProcess(app),
    context,
    call,
    target,
    dump,
    refusal,
    refuses: (operation, input, type, message, role) =>
      refusal(() => call(operation, input, role), type, message),
    moveClock: (milliseconds) => {
      offset += milliseconds;
    },
    [Symbol.dispose]() {
      store.close();
      rmSync(directory, { recursive: true });
      assert.equal(faults.join("\n"), "", "the table of operations and the answers differ");
    },
  };
}

/** A fetch that asks the router without a socket. */
function inProcess(app: Hono): typeof fetch {
  const ask = async (url: string | URL | Request, init?: RequestInit) =>
    await app.request(new Request(url, init));
  return Object.assign(ask, { preconnect() {} });
}
