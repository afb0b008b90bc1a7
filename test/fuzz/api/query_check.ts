/**
 * What must hold for any request to IAM, STS and SNS, and for any link of a message: an answer in
 * time, in XML that every parser takes, with the code's own status, and nothing changed by a refusal.
 * @module
 */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { type QueryCode, QueryError } from "../../../core/api/query/query_error.ts";
import { askQuery } from "../../api/query/query_client.ts";
import { credentialsOf, SERVER } from "../../api/test_api.ts";
import type { Checker, Outcome } from "./check.ts";
import { within } from "./deadline.ts";
import { type Front, openFront, QUERY_SERVICES, readXml, recordOf } from "./front.ts";
import { inputFor, type Json, type Known } from "./input.ts";
import { anySpoilt, flattened, formOf } from "./query_form.ts";
import { type Envelope, ENVELOPES, signedRequest } from "./request.ts";

const DEADLINE = 10_000;
const REQUESTS = 250;
const FORM = "application/x-www-form-urlencoded";
/** Longer ones no server takes in an address. */
const ADDRESS_MAX = 16_000;

const TOPIC = "arn:aws:sns:us-east-1:000000000000:deployments";
/** What is wrong with a signature says the same in every protocol. */
const SIGNATURES = ENVELOPES.filter(({ name }) =>
  !/another service|target|content type|agent's/.test(name)
);
const TYPES = [FORM, `${FORM}; charset=utf-8`, `${FORM.toUpperCase()};`, `${FORM}; charset=utf-16`];

interface Callable {
  service: string;
  action: string;
  version: string;
  input: fc.Arbitrary<Json>;
}

/** What the unsigned links in messages of topics do. */
const LINKED: ReadonlySet<string> = new Set(["ConfirmSubscription", "Unsubscribe"]);

/** Checks requests one by one against servers in this process. */
export class QueryChecker implements Checker {
  #front: Front;
  #callable: readonly Callable[];
  #left = REQUESTS;

  private constructor(front: Front, callable: readonly Callable[]) {
    this.#front = front;
    this.#callable = callable;
  }

  static async open(): Promise<QueryChecker> {
    const [front, known] = await openWorking();
    return new QueryChecker(front, callableOf(known));
  }

  /** How many operations there are, the links counted once. */
  get operations(): number {
    return this.#callable.length;
  }

  async check(seed: number, at: number): Promise<Outcome> {
    if (this.#left-- === 0) await this.#renew();
    const one = this.#callable[at % this.#callable.length];
    assert.ok(one);
    const envelope = fc.oneof(
      { arbitrary: fc.constant(undefined), weight: 4 },
      { arbitrary: fc.constantFrom<Envelope[]>(...SIGNATURES), weight: 1 },
    );
    const draft = fc.tuple(one.input, anySpoilt, envelope, fc.boolean(), fc.constantFrom(...TYPES));
    const [sample] = fc.sample(draft, { seed: seed + at, numRuns: 1 });
    assert.ok(sample);
    const [input, spoilt, wrong, asked, type] = sample;
    const named = { Action: one.action, Version: one.version };
    const form = formOf([...Object.entries(named), ...flattened(input)], spoilt);
    const isLink = one.service === "link";
    const url = new URL(SERVER);
    const isGet = isLink || (asked && form.length < ADDRESS_MAX);
    if (isGet) url.search = form.toString("latin1");
    try {
      const request = isLink
        ? new Request(url, { headers: { accept: asked ? "text/html" : "*/*" } })
        : await signedRequest({
          method: isGet ? "GET" : "POST",
          url,
          headers: isGet ? {} : { "content-type": type },
          body: isGet ? undefined : new Uint8Array(form),
          service: one.service,
          keys: credentialsOf("admin"),
          now: this.#front.api.context.now(),
        }, wrong);
      // An address alone, of an action that messages link to, is such a link.
      const linked = isGet && LINKED.has(one.action) && !request.headers.has("authorization");
      return await this.#asked(request, isLink || linked ? undefined : wrong);
    } catch (cause) {
      const about = `${one.action} of ${one.service}, ${JSON.stringify(spoilt)}, ${wrong?.name}`;
      throw new Error(`${about}: ${form.toString("latin1").slice(0, 2_000)}`, { cause });
    }
  }

  async #asked(request: Request, wrong: Envelope | undefined): Promise<Outcome> {
    const before = this.#front.state();
    const response = await within(this.#front.fetch(request), DEADLINE);
    const text = await within(response.text(), DEADLINE);
    if (response.status === 200) {
      assert.equal(wrong?.status, undefined, `it was taken: ${text}`);
      if (isPage(response)) return "taken";
      const [, content] = Object.entries(readXml(text)).find(([name]) => name !== "?xml") ?? [];
      const { RequestId } = recordOf(recordOf(content)["ResponseMetadata"]);
      assertId(response, RequestId);
      return "taken";
    }
    assertRefusal(response, text);
    // A form that is too long is not read, so nobody knows who signed it.
    const unread = response.status === 413 || isEmptyForm(response, text);
    if (wrong?.status !== undefined && !unread) {
      assert.equal(response.status, wrong.status, text);
    }
    const same = isDeepStrictEqual(this.#front.state(), before);
    assert.ok(same, `refused with ${text}, and changed something`);
    return "refused";
  }

  async #renew(): Promise<void> {
    this.#front[Symbol.dispose]();
    const [front, known] = await openWorking();
    this.#front = front;
    this.#callable = callableOf(known);
    this.#left = REQUESTS;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#front[Symbol.dispose]();
    return Promise.resolve();
  }
}

/** A link in a browser is answered by a page, and one that lost its action is no link. */
function isPage(response: Response): boolean {
  return /^text\/html/.test(response.headers.get("content-type") ?? "");
}

/** `GET /` without an action is nobody's: to HTTP a place where nothing is. */
function isEmptyForm(response: Response, text: string): boolean {
  return response.status === 404 && text === "404 Not Found";
}

function assertRefusal(response: Response, text: string): void {
  if (isPage(response) || isEmptyForm(response, text)) {
    assert.ok([400, 403, 404].includes(response.status), `status ${response.status}: ${text}`);
    return;
  }
  assert.equal(response.headers.get("content-type"), "text/xml", text);
  const { Error: error, RequestId } = recordOf(readXml(text)["ErrorResponse"]);
  const { Type, Code, Message } = recordOf(error);
  assert.equal(Type, "Sender", text);
  assert.ok(typeof Message === "string" && Message !== "", text);
  assertId(response, RequestId);
  // because a code that is none has no status, and fails here
  const { status } = new QueryError(Code as QueryCode, "");
  assert.ok(response.status === status || response.status === 413, `${response.status}: ${text}`);
}

function assertId(response: Response, id: unknown): void {
  assert.ok(typeof id === "string" && id !== "");
  assert.equal(response.headers.get("x-amzn-requestid"), id);
}

/** A server with a user, a key, a topic and a subscription; and the names of what there is. */
async function openWorking(): Promise<[Front, Known]> {
  const front = await openFront();
  const app = { request: (request: Request) => front.fetch(request) };
  const done = async (service: string, parameters: Record<string, string>) => {
    const asked = { service, credentials: credentialsOf("admin"), parameters };
    const { status, result, message } = await askQuery(app, asked);
    assert.equal(status, 200, message ?? "");
    return result;
  };
  await done("iam", { Action: "CreateUser", UserName: "ann", Path: "/team/" });
  const { AccessKey } = await done("iam", { Action: "CreateAccessKey", UserName: "ann" });
  await done("sns", { Action: "CreateTopic", Name: "deployments" });
  const { SubscriptionArn } = await done("sns", {
    Action: "Subscribe",
    TopicArn: TOPIC,
    Protocol: "http",
    Endpoint: "http://receiver.test/",
    ReturnSubscriptionArn: "true",
  });
  const [row] = front.api.dump()["subscriptions"] ?? [];
  const token = String(recordOf(row)["token"]);
  return [front, knownOf(String(AccessKey.AccessKeyId), String(SubscriptionArn), token)];
}

function knownOf(accessKeyId: string, subscription: string, token: string): Known {
  const users = ["ann", "ann", "bob", "admin"];
  return {
    of: {
      UserName: users,
      NewUserName: ["ann", "bob"],
      AccessKeyId: [accessKeyId, "AKIAVIEWER"],
      Path: ["/", "/team/", "/a/b/"],
      PathPrefix: ["/", "/team/"],
      PolicyName: ["runtime", "own"],
      PolicyDocument: ["{}", '{"Version":"2012-10-17","Statement":[]}', "%7B%7D", "[", "\ud800"],
      PolicyArn: ["arn:aws:iam::aws:policy/AdministratorAccess"],
      RoleArn: ["arn:aws:iam::000000000000:role/admin", "arn:aws:iam::000000000000:role/none"],
      RoleSessionName: ["session", "a"],
      Name: ["deployments", "new"],
      TopicArn: [TOPIC, TOPIC, TOPIC.replace("deployments", "new")],
      TargetArn: [TOPIC],
      ResourceArn: [TOPIC],
      SubscriptionArn: [subscription],
      Token: [token],
      Protocol: ["http", "https", "email", "email-json", "sqs", "lambda", "sms"],
      Endpoint: ["http://receiver.test/", "https://u:p@receiver.test/x?y=z", "ann@receiver.test"],
      AttributeName: ["DisplayName", "RawMessageDelivery", "Policy", "FilterPolicy", "__proto__"],
      AttributeValue: ["true", "{}", "x", ""],
      NextToken: ["InNob3Ai", "MA"],
      Marker: ["ann", "MA"],
      Status: ["Active", "Inactive"],
    },
    others: ["ann", "deployments", "true", TOPIC, "DisplayName", "runtime:role", "admin", "1", ""],
  };
}

function callableOf(known: Known): Callable[] {
  const operations = QUERY_SERVICES.flatMap(({ signingName: service, version, operations }) =>
    [...operations.values()].map(({ name: action, input }): Callable => ({
      ...{ service, action, version },
      input: fc.oneof(inputFor(input, known), inputFor(input, known, "output")),
    }))
  );
  const links = operations.filter(({ action }) => /^(ConfirmS|Uns)ubscri/.test(action))
    .map((one) => ({ ...one, service: "link" }));
  return [...operations, ...links];
}
