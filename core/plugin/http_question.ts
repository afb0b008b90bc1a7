/**
 * A question to an HTTP server of somebody else's: its address and headers in a config, and the
 * answer, in which a redirection is never followed. A page to sign in is no measurement, and headers
 * that hold a secret go to no address but the one that was given.
 * @module
 */
import { z } from "zod";
import type { CallLimit, PluginContext } from "./context.ts";

const HeaderName = z.string().regex(
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/,
  "must be the name of a header",
);

/** Members of a config. */
export const HTTP_SERVER = {
  url: z.url({ protocol: /^https?$/, error: "must be an address with http:// or https://" })
    // Addresses are shown in reasons and kept; a password in one would be, too.
    .refine(
      (text) =>
        URL.canParse(text) && new URL(text).username === "" && new URL(text).password === "",
      'must hold no password; put it in a secret: "secretHeaders": {"authorization": "NAME"}',
    ),
  headers: z.record(HeaderName, z.string()).default({}),
  /** Header → the name of the secret that is its value. */
  secretHeaders: z.record(HeaderName, z.string()).default({}),
};

export interface HttpServer {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secretHeaders: Readonly<Record<string, string>>;
}

/** A question that is not a plain GET. */
export interface HttpOrder extends CallLimit {
  readonly method: string;
  readonly body?: string;
}

/** Throws for a redirection, which says where the server would be. */
export async function askHttp(
  ctx: Pick<PluginContext, "fetch" | "secret">,
  { url, headers, secretHeaders }: HttpServer,
  order: HttpOrder = { method: "GET" },
): Promise<Response> {
  const sent = new Headers({ accept: "application/json", ...headers });
  for (const [name, secret] of Object.entries(secretHeaders)) {
    sent.set(name, await ctx.secret(secret));
  }
  const response = await ctx.fetch(url, { ...order, headers: sent, redirect: "manual" });
  const location = response.headers.get("location");
  if (location === null || response.status < 300 || response.status > 399) return response;
  throw new Error(`${url} answered HTTP ${response.status} and leads to ${location}`);
}

/** The JSON of an answer; throws with the beginning of what is none. */
export async function jsonOf(response: Response, url: string): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${url} answered HTTP ${response.status} without JSON: ${beginning(text)}`, {
      cause,
    });
  }
}

/** The first of a text in one line. */
export function beginning(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
