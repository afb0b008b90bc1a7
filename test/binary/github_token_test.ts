/**
 * A private repository of GitHub: the server keeps the token, an agent that has none of its own
 * fetches the revision with it. GitHub is a small server that asks for the token.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { version } from "./bundles.ts";
import { installed } from "./deployments.ts";
import { Fleet } from "./fleet.ts";

const TOKEN = "ghp_that-reads-the-shop";
const COMMIT = "0123456789abcdef0123456789abcdef01234567";

interface GitHub extends AsyncDisposable {
  url: string;
  /** Path and Authorization of each request. */
  asked: (string | undefined)[][];
}

/** Gives the bundle to whoever has the token, and else says that there is none. */
async function github(bundle: Uint8Array): Promise<GitHub> {
  const asked: GitHub["asked"] = [];
  const server = createServer((request, response) => {
    const { url, headers: { authorization } } = request;
    asked.push([url, authorization]);
    if (authorization !== `token ${TOKEN}`) return void response.writeHead(404).end();
    response.writeHead(200, { "content-length": bundle.length }).end(bundle);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address);
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A commit as GitHub packs it: one folder with the revision in it. */
function tarball(fleet: Fleet): Uint8Array {
  const folder = fleet.bundle("acme-shop-0123456", version("private"));
  const made = spawnSync("tar", ["czf", "-", "-C", join(folder, ".."), "acme-shop-0123456"]);
  assert.equal(made.status, 0, String(made.stderr));
  return made.stdout;
}

/** Every file below a folder. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
}

test("a host fetches a private repository with the token that the server keeps", async () => {
  const fleet = await Fleet.start(1);
  try {
    await fleet.declare();
    await using hub = await github(tarball(fleet));
    const [host] = fleet.hosts;
    assert.ok(host);
    await fleet.killAgent(host);
    appendFileSync(host.config, `\n:github_endpoint: ${hub.url}\n`);
    await fleet.startAgent(host);
    const file = join(fleet.directory, "token");
    writeFileSync(file, `${TOKEN}\n`);
    const kept = await fleet.runtime("github-token", "set", "acme", "--token-file", file);
    assert.equal(kept.code, 0, kept.stderr);
    const { stdout, stderr, code } = await fleet.runtime(
      ...["deploy", "--app", "shop", "--group", "production"],
      ...["--revision", `github:acme/shop@${COMMIT}`],
    );
    assert.equal(code, 0, stdout + stderr);
    assert.equal(installed(host), "private\n");
    assert.deepEqual(hub.asked, [[`/repos/acme/shop/tarball/${COMMIT}`, `token ${TOKEN}`]]);
    assert.equal((stdout + stderr + kept.stdout + kept.stderr).includes(TOKEN), false);
    for (const path of filesBelow(fleet.data)) {
      assert.equal(readFileSync(path).includes(TOKEN), false, `${path} holds the token`);
    }
    // On the host it may lie where root alone can read it.
    for (const path of filesBelow(host.root)) {
      if (!readFileSync(path).includes(TOKEN)) continue;
      assert.equal(statSync(path).mode & 0o077, 0, `${path} can be read by others`);
    }
    const { application } = await fleet.api("GetApplication", { applicationName: "shop" });
    assert.partialDeepStrictEqual(application, {
      linkedToGitHub: true,
      gitHubAccountName: "acme",
    });
    const listed = await fleet.runtime("github-token", "list");
    assert.equal(listed.stdout, "acme\n");
    assert.equal((await fleet.runtime("github-token", "remove", "acme")).code, 0);
    assert.equal((await fleet.runtime("github-token", "list")).stdout, "");
  } finally {
    await fleet.close();
  }
});
