/** What docs/load_balancers.md shows is what plugins, HAProxy and nginx take. @module */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createRegistry } from "../../../core/plugin/registry.ts";
import { BUILT_IN_PLUGINS } from "../../../core/server/builtins.ts";
import { readText } from "../../house/tree.ts";
import { nginxConfiguration } from "./nginx_process.ts";
import { step, temporaryFolder } from "./programs.ts";

const PAGE = readText("docs/load_balancers.md");

test("every config of the page is one that its plugin takes, and every plugin has one", () => {
  const registry = createRegistry(BUILT_IN_PLUGINS);
  const shown = [...PAGE.matchAll(/--plugin (\S+) --config '(\{[^']+\})'/g)];
  for (const [, name = "", config = ""] of shown) {
    const schema = registry.get("balancer", name)?.config;
    assert.ok(schema, `there is no balancer ${name}`);
    const given = JSON.parse(config);
    const read = schema.parse(given);
    // A member that a schema leaves out is one that does not exist.
    assert.ok(typeof read === "object" && read !== null);
    assert.deepEqual(Object.keys(given).filter((member) => !(member in read)), [], name);
  }
  const names = new Set(shown.map(([, name]) => name));
  assert.deepEqual([...names].sort(), registry.names("balancer"));
});

test("HAProxy takes the configuration of the page", async () => {
  using folder = temporaryFolder();
  const [configuration = ""] = blocks("haproxy");
  const file = join(folder.path, "haproxy.cfg");
  writeFileSync(file, configuration);
  const { code, stderr } = await step().ctx.run(["haproxy", "-c", "-f", file]);
  assert.equal(code, 0, stderr);
});

test("nginx takes the configuration of the page", async () => {
  using folder = temporaryFolder();
  const [site = "", servers = ""] = blocks("nginx");
  const upstreams = join(folder.path, "etc/nginx/upstreams");
  mkdirSync(upstreams, { recursive: true });
  writeFileSync(join(upstreams, "shop.servers"), servers);
  const http = site.replace("/etc/nginx", join(folder.path, "etc/nginx"));
  const command = nginxConfiguration(folder.path, http);
  const { code, stderr } = await step().ctx.run([...command, "-t"]);
  assert.equal(code, 0, stderr);
});

function blocks(language: string): string[] {
  return [...PAGE.matchAll(new RegExp("```" + language + "\\n([^`]+)```", "g"))]
    .map(([, text = ""]) => text);
}
