/**
 * A bundle at any web address, known by its SHA-256: a location of ours beside CodeDeploy's four. The
 * hash is required, since nothing else says that what comes is what was meant.
 * @module
 */
import { z } from "zod";

/** Of a bundle that a host unpacks. */
export const HostBundleType = z.enum(["tar", "tgz", "zip"], "tar, tgz or zip");
export type HostBundleType = z.infer<typeof HostBundleType>;

const ADDRESS = "an https:// address (http:// only of 127.0.0.1, [::1] or localhost) without " +
  "user, password and fragment";

export const BundleUrl = z.string().max(2048)
  .refine((text) => URL.canParse(text) && isBundleUrl(new URL(text)), ADDRESS);

export const Sha256 = z.string().regex(/^[0-9a-fA-F]{64}$/, "a SHA-256 of 64 hex digits")
  .toLowerCase();

export const HttpsLocation = z.object({
  url: BundleUrl,
  sha256: Sha256,
  bundleType: HostBundleType,
});
export type HttpsLocation = z.infer<typeof HttpsLocation>;

/** Whether bundles may be fetched from an address; a password in it would be shown to everybody. */
function isBundleUrl(url: URL): boolean {
  return isSafe(url) && url.username === "" && url.password === "" && url.hash === "";
}

/** Encrypted on the way, or not on its way at all. */
export function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
