/** A server with IAM and STS in this process, asked in the AWS Query protocol as users. @module */
import assert from "node:assert/strict";
import type { Hono } from "hono";
import { IAM } from "../../../core/api/query/iam/iam_service.ts";
import { STS } from "../../../core/api/query/sts/sts_service.ts";
import { createRouter } from "../../../core/api/router.ts";
import type { Role } from "../../../core/domain/instance.ts";
import { ApiError, callJson } from "../../../core/wire/aws_json.ts";
import type { Credentials } from "../../../core/wire/sigv4.ts";
import { type Answer, credentialsOf, openTestApi, SERVICES, type TestApi } from "../test_api.ts";
import { askQuery, type QueryAnswer } from "./query_client.ts";

/** A role's key of the test API, or anybody's. */
export type Signer = Role | Credentials;

export interface AwsAccount extends Disposable {
  api: TestApi;
  app: Hono;
  iam(action: string, parameters?: Record<string, string>, as?: Signer): Promise<QueryAnswer>;
  sts(action: string, parameters?: Record<string, string>, as?: Signer): Promise<QueryAnswer>;
  /** The result; fails with the message of a refusal. */
  done(answer: Promise<QueryAnswer>): Promise<Answer>;
  /** Expects a refusal that changes nothing. */
  refused(ask: () => Promise<QueryAnswer>, expected: string, message?: RegExp): Promise<void>;
  /** A new user's key. */
  userKey(name: string, parameters?: Record<string, string>): Promise<Credentials>;
  /** Calls an operation of CodeDeploy; answers the name of a refusal, or `done`. */
  codeDeploy(operation: string, input: object, as: Signer): Promise<string>;
}

export async function openAwsAccount(): Promise<AwsAccount> {
  const api = await openTestApi();
  const app = createRouter(api.context, SERVICES, [IAM, STS]);
  const asker =
    (service: string, Version: string): AwsAccount["iam"] =>
    (action, parameters = {}, as = "admin") =>
      askQuery(app, {
        service,
        credentials: keysOf(as),
        parameters: { Action: action, Version, ...parameters },
      });
  const iam = asker("iam", "2010-05-08");
  const done: AwsAccount["done"] = async (asked) => {
    const { status, message, result } = await asked;
    assert.equal(status, 200, message ?? "");
    return result;
  };
  return {
    api,
    app,
    iam,
    sts: asker("sts", "2011-06-15"),
    done,
    async refused(ask, expected, message = /./) {
      const before = api.dump();
      const answer = await ask();
      assert.equal(`${answer.status} ${answer.code}`, expected, answer.message ?? "");
      assert.match(answer.message ?? "", message);
      assert.deepEqual(api.dump(), before);
    },
    async userKey(name, parameters = {}) {
      await done(iam("CreateUser", { UserName: name, ...parameters }));
      const { AccessKey } = await done(iam("CreateAccessKey", { UserName: name }));
      return { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
    },
    async codeDeploy(operation, input, as) {
      const ask = async (url: string | URL | Request, init?: RequestInit) =>
        await app.request(new Request(url, init));
      try {
        await callJson({
          url: "http://127.0.0.1:8080",
          region: "us-east-1",
          credentials: keysOf(as),
          fetch: Object.assign(ask, { preconnect() {} }),
        }, { target: `CodeDeploy_20141006.${operation}`, service: "codedeploy", input });
        return "done";
      } catch (error) {
        if (error instanceof ApiError) return error.type;
        throw error;
      }
    },
    [Symbol.dispose]: () => api[Symbol.dispose](),
  };
}

/** `Credentials` of an STS answer, as a client holds them. */
export function sessionOf({ Credentials }: Answer): Credentials & { sessionToken: string } {
  return {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
  };
}

function keysOf(as: Signer): Credentials {
  return typeof as === "string" ? credentialsOf(as) : as;
}
