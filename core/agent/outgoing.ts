/**
 * How the agent reaches the network: through its proxy or not, trusting authorities of its own. One
 * `fetch` for the command service, S3, GitHub and every other address, but for the instance metadata
 * service, which no proxy may stand in for.
 * @module
 */
import { asFetch, fetchVia } from "../platform.ts";
import { log } from "./log.ts";
import { bypassesProxy } from "./no_proxy.ts";
import type { Environment } from "./trusted_authorities.ts";

export interface OutgoingOptions {
  /** `http://[user:password@]host:port`; undefined leaves it to HTTP_PROXY and HTTPS_PROXY. */
  proxyUri?: string | undefined;
  caFile?: string | undefined;
  /** Log each request and its answer, without secrets and bodies. */
  logWire: boolean;
  environment: Environment;
}

/** Throws AgentFailure for a file of authorities that cannot be used. */
export async function outgoing(options: OutgoingOptions): Promise<typeof fetch> {
  const { proxyUri, environment } = options;
  const { trustedAuthorities } = await import("./trusted_authorities.ts");
  const authorities = await trustedAuthorities(options.caFile, environment);
  const ca = authorities.length > 0 ? { ca: authorities } : {};
  const direct = authorities.length > 0 ? fetchVia(ca) : fetch;
  if (proxyUri === undefined) return options.logWire ? logged(direct) : direct;
  const proxied = fetchVia({ ...ca, proxy: proxyUri });
  const noProxy = environment["NO_PROXY"] || environment["no_proxy"];
  const routed = asFetch((input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    return (bypassesProxy(url, noProxy) ? direct : proxied)(input, init);
  });
  return options.logWire ? logged(routed) : routed;
}

/** Signatures, tokens and queries (presigned ones are keys) stay out of the log. */
function logged(inner: typeof fetch): typeof fetch {
  return asFetch(async (input, init) => {
    const { origin, pathname } = new URL(input instanceof Request ? input.url : input);
    const target = new Headers(init?.headers).get("x-amz-target");
    const method = init?.method ?? "GET";
    const what = [method, `${origin}${pathname}`, ...(target === null ? [] : [target])].join(" ");
    const startedAt = Date.now();
    const took = () => Date.now() - startedAt;
    try {
      const response = await inner(input, init);
      const { status } = response;
      log.info("wire: {what}: {status}, {ms} ms", { what, status, ms: took() });
      return response;
    } catch (error) {
      log.info("wire: {what}: {why}, {ms} ms", { what, why: String(error), ms: took() });
      throw error;
    }
  });
}
