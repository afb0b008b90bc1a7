/**
 * NO_PROXY: the hosts that are asked directly although there is a proxy. A list with commas or
 * blanks of `*`, host names (their subdomains too, with or without a dot or `*.` before them),
 * addresses, ranges such as `10.0.0.0/8`, each with `:port` if only that port is meant.
 * @module
 */
import { BlockList, isIP } from "node:net";

/** Whether a URL is asked directly under this list. */
export function bypassesProxy(url: URL, list: string | undefined): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return (list ?? "").split(/[\s,]+/).filter((entry) => entry !== "").some((entry) =>
    matches(entry.toLowerCase(), host, port)
  );
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const { name, wantedPort } = parted(entry);
  if (wantedPort !== undefined && wantedPort !== port) return false;
  if (name.includes("/")) return inRange(host, name);
  const plain = name.replace(/^\*?\./, "");
  if (host === plain) return true;
  return plain !== "" && isIP(host) === 0 && host.endsWith(`.${plain}`);
}

/** `name:port`, `[address]:port`, or a name alone; an address of version 6 has colons of its own. */
function parted(entry: string): { name: string; wantedPort?: string } {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(entry);
  const [, name = entry, wantedPort] = bracketed ?? /^([^:]*):(\d+)$/.exec(entry) ?? [];
  return { name, ...(wantedPort !== undefined && { wantedPort }) };
}

function inRange(host: string, range: string): boolean {
  const [address = "", bits = ""] = range.split("/");
  const family = isIP(host);
  const most = family === 4 ? 32 : 128;
  if (family === 0 || isIP(address) !== family || !/^\d+$/.test(bits) || Number(bits) > most) {
    return false;
  }
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(address, Number(bits), type);
  return list.check(host, type);
}
