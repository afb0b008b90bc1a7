/** Who signed a request, with the keys of this server. @module */
import { hash } from "node:crypto";
import type { ApiContext } from "./context.ts";
import { type Signed, verifySignature } from "./sigv4.ts";

type Authority = Pick<ApiContext, "keys" | "now">;

/** A JSON request, whose body has been read. Throws DomainError. */
export function authenticateJson(
  authority: Authority,
  request: Request,
  body: Uint8Array,
  services: readonly string[],
): Promise<Signed> {
  const bodySha256 = hash("sha256", body);
  return verifySignature(request, { ...checkOf(authority, services), bodySha256 });
}

/**
 * The check of requests whose body is read later, by whoever compares it with the hash that is
 * answered (the artifact store), or that have none.
 */
export function authenticator(
  authority: Authority,
): (request: Request, service: string) => Promise<Signed> {
  return (request, service) => verifySignature(request, checkOf(authority, [service]));
}

function checkOf({ keys, now }: Authority, services: readonly string[]) {
  return { services, findKey: (id: string) => keys.find(id), now: now() };
}
