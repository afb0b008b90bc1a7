/** Topics and the links of their messages, over the real router and store. @module */
import assert from "node:assert/strict";
import { Hono } from "hono";
import { snsService } from "../../../core/api/query/sns/sns_service.ts";
import { topicLinks } from "../../../core/api/query/sns/topic_links.ts";
import { createRouter } from "../../../core/api/router.ts";
import type { Role } from "../../../core/domain/instance.ts";
import { credentialsOf, openTestApi, SERVICES, type TestApi } from "../test_api.ts";
import { askQuery, type QueryAnswer } from "./query_client.ts";

export const TOPIC = "arn:aws:sns:us-east-1:000000000000:deployments";

export interface Sns extends Disposable {
  api: TestApi;
  app: Hono;
  ask(action: string, parameters?: Record<string, string>, role?: Role): Promise<QueryAnswer>;
  /** Expects a refusal that changes nothing. */
  refuses(
    action: string,
    parameters: Record<string, string>,
    code: string,
    message: RegExp,
    role?: Role,
  ): Promise<void>;
  /** What waits to be delivered: destination and payload. */
  waiting(): { destination: string; payload: Record<string, unknown> }[];
  follow(query: Record<string, string>, accept?: string): Promise<Response>;
}

export async function openSns(): Promise<Sns> {
  const api = await openTestApi();
  const router = createRouter(api.context, SERVICES, [snsService({ mail: true })]);
  const certificate = { path: "/a.pem", read: () => Promise.resolve("a certificate\n") };
  const app = new Hono();
  app.route("/", topicLinks(api.context, certificate));
  app.route("/", router);
  const ask: Sns["ask"] = (action, parameters = {}, role = "deployer") =>
    askQuery(app, {
      service: "sns",
      credentials: credentialsOf(role),
      parameters: { Action: action, Version: "2010-03-31", ...parameters },
    });
  return {
    api,
    app,
    ask,
    async refuses(action, parameters, code, message, role) {
      const before = api.dump();
      const answer = await ask(action, parameters, role);
      assert.equal(answer.code, code, JSON.stringify(answer.document));
      assert.match(answer.message ?? "", message);
      assert.deepEqual(api.dump(), before);
    },
    waiting: () =>
      (api.dump()["deliveries"] ?? []).map((row) => {
        const { destination, payload } = row as { destination: string; payload: string }; // because rows of this table have both
        return { destination, payload: JSON.parse(payload) };
      }),
    async follow(query, accept = "*/*") {
      const url = `http://127.0.0.1:8080/?${new URLSearchParams(query)}`;
      return await app.request(new Request(url, { headers: { accept } }));
    },
    [Symbol.dispose]: () => api[Symbol.dispose](),
  };
}

/** Subscribes and answers the ARN and the token that was sent. */
export async function subscribed(sns: Sns, endpoint: string, protocol = "http") {
  const parameters = { TopicArn: TOPIC, Protocol: protocol, Endpoint: endpoint };
  const said = await sns.ask("Subscribe", { ...parameters, ReturnSubscriptionArn: "true" });
  const arn: string = said.result.SubscriptionArn;
  const id = arn.split(":").at(-1);
  const row = (sns.api.dump()["subscriptions"] ?? []) as { id: string; token: string }[]; // because that is what its rows have
  return { arn, id, token: row.find((one) => one.id === id)?.token ?? "" };
}
