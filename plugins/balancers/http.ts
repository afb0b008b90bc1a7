/**
 * Any balancer that is told by HTTP: a request for each of block, allow and check and, where its
 * answer is not the end of it, another that is asked until it says what it shall.
 *
 * `{name}` and `{tag:KEY}` are filled in, in addresses as part of one, in bodies inside of a string of
 * JSON.
 * @module
 */
import {
  askHttp,
  type BalancerCall,
  beginning,
  defineBalancer,
  hostText,
  hostUrl,
  HTTP_SERVER,
  jsonAt,
  jsonOf,
  JsonPointer,
  Seconds,
  until,
  z,
} from "runtime/plugin";

/**
 * Whoever registers hosts names them, and is not to choose where a secret is sent. A tag cannot stand
 * where the server does.
 */
function sendsNoSecretAnywhere(
  { url, secretHeaders }: { url: string; secretHeaders: Readonly<Record<string, string>> },
): boolean {
  return Object.keys(secretHeaders).length === 0 || !/^[a-z]+:\/\/[^/?#]*\{/.test(url);
}
const NO_SECRET_ANYWHERE = {
  path: ["url"],
  error:
    "must not take its server from the host where a secret is sent: whoever names hosts would " +
    "be told the secret",
};

const Poll = z.strictObject({
  ...HTTP_SERVER,
  /** What an answer of 2xx must say as well: a value in its JSON, or a text anywhere. */
  answer: z.union([
    z.strictObject({
      pointer: JsonPointer,
      equals: z.union([z.string(), z.number(), z.boolean(), z.null()]),
    }),
    z.strictObject({ contains: z.string().min(1) }),
  ]).optional(),
  everySeconds: Seconds.default(1),
  timeoutSeconds: Seconds.default(300),
}).refine(sendsNoSecretAnywhere, NO_SECRET_ANYWHERE);
type Poll = z.output<typeof Poll>;

const Request = z.strictObject({
  ...HTTP_SERVER,
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).default("POST"),
  /** JSON. */
  body: z.string().optional(),
  /** Statuses that mean done; without them every 2xx does. */
  statuses: z.array(z.number().int().min(100).max(599)).min(1).optional(),
  timeoutSeconds: Seconds.default(10),
  until: Poll.optional(),
}).refine(sendsNoSecretAnywhere, NO_SECRET_ANYWHERE);
type Request = z.output<typeof Request>;

const Config = z.object({
  /** Done when the host gets no new request and those under way have ended. */
  block: Request,
  /** Done when the host gets requests. */
  allow: Request,
  /** Changes nothing; fails where `block` would. */
  check: Request.optional(),
});

type Call = BalancerCall<z.output<typeof Config>>;

export default defineBalancer({
  name: "http",
  description: "any balancer, by requests over HTTP",
  config: Config,
  block: (call) => carryOut(call, call.config.block),
  allow: (call) => carryOut(call, call.config.allow),
  async check(call) {
    if (call.config.check) await carryOut(call, call.config.check);
  },
});

async function carryOut({ ctx, host }: Call, request: Request): Promise<void> {
  const { method, statuses, timeoutSeconds, headers, secretHeaders } = request;
  const url = hostUrl(request.url, host);
  const body = request.body === undefined ? undefined : hostText(request.body, host, insideString);
  const response = await askHttp(
    ctx,
    {
      url,
      headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
      secretHeaders,
    },
    { method, timeoutMs: timeoutSeconds * 1000, ...(body !== undefined && { body }) },
  );
  const said = beginning(await response.text());
  const isDone = statuses?.includes(response.status) ?? response.ok;
  if (!isDone) {
    const wanted = statuses?.join(" or ") ?? "2xx";
    throw new Error(`${method} ${url} answered ${response.status}, wanted is ${wanted}: ${said}`);
  }
  if (!request.until) return;
  const { url: address, ...poll } = request.until;
  await isSo(ctx, { ...poll, url: hostUrl(address, host) });
}

/** As it stands between the quotes of a string of JSON. */
function insideString(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

async function isSo(ctx: Call["ctx"], poll: Poll): Promise<void> {
  const { everySeconds, timeoutSeconds } = poll;
  let said = "";
  const patience = { withinMs: timeoutSeconds * 1000, everyMs: everySeconds * 1000 };
  const found = await until(ctx, patience, async () => {
    try {
      const look = await lookAt(ctx, poll);
      said = look.said;
      return look.isSo || undefined;
    } catch (error) {
      // A balancer that is busy with what it was told may be silent for a moment.
      ctx.signal.throwIfAborted();
      said = error instanceof Error ? error.message : String(error);
    }
  });
  if (found) return;
  throw new Error(
    `${said}; that is still not ${wantedOf(poll)} after ${timeoutSeconds} s. Ask it by hand, or ` +
      `raise timeoutSeconds`,
  );
}

async function lookAt(ctx: Call["ctx"], poll: Poll): Promise<{ isSo: boolean; said: string }> {
  const { url, answer } = poll;
  const response = await askHttp(ctx, poll);
  const what = `GET ${url} answered ${response.status}`;
  if (!response.ok || answer === undefined) return { isSo: response.ok, said: what };
  if ("contains" in answer) {
    const text = await response.text();
    return { isSo: text.includes(answer.contains), said: `${what}: ${beginning(text)}` };
  }
  const value = jsonAt(await jsonOf(response, url), answer.pointer);
  return { isSo: value === answer.equals, said: `${what}: ${JSON.stringify(value)}` };
}

function wantedOf({ answer }: Poll): string {
  if (answer === undefined) return "2xx";
  if ("contains" in answer) return `a text with "${answer.contains}"`;
  return `${JSON.stringify(answer.equals)} at ${answer.pointer}`;
}
