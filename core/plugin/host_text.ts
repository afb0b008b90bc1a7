/** Texts of a config that differ from host to host. @module */
import type { BalancedHost } from "./balancer.ts";

const PLACEHOLDER = /\{([a-z]+)(?::([^{}]*))?\}/g;

/**
 * The template with `{name}` and `{tag:KEY}` filled in, each as `encode` writes it. Throws, naming
 * the placeholder, when there is no such one or the host has no such tag.
 */
export function hostText(
  template: string,
  host: BalancedHost,
  encode: (value: string) => string = (value) => value,
): string {
  return template.replaceAll(PLACEHOLDER, (placeholder, word: string, key: string | undefined) => {
    if (word === "name" && key === undefined) return encode(host.name);
    if (word !== "tag" || key === undefined) {
      throw new Error(`"${template}" holds ${placeholder}; there are {name} and {tag:KEY}`);
    }
    const value = host.tags.find(({ Key }) => Key === key)?.Value;
    if (value !== undefined) return encode(value);
    throw new Error(`${host.name} has no tag ${key}, which "${template}" asks for; give it one`);
  });
}

const ADDRESS = /^[A-Za-z0-9.:[\]-]+$/;

/**
 * The same of an address: what is filled in stays one part of a path or a query, and may be a host,
 * with or without a port, where those stand.
 */
export function hostUrl(template: string, host: BalancedHost): string {
  const [, origin = "", rest = ""] = /^([a-z]+:\/\/[^/?#]*)?(.*)$/s.exec(template) ?? [];
  const address = hostText(origin, host, (value) => {
    if (ADDRESS.test(value)) return value;
    throw new Error(`"${value}" is no address of a host, which "${template}" asks for`);
  });
  return address + hostText(rest, host, encodeURIComponent);
}
