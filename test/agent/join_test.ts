import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { readConfig } from "../../core/agent/config.ts";
import { join, type JoinOptions, startCommand } from "../../core/agent/join.ts";
import { DEFAULT_AGENT_CONFIG } from "../../core/cli/program.ts";
import { CommandServer, hostArn } from "./command_server.ts";
import { ProxyServer } from "./proxy_server.ts";

interface Joining {
  server: CommandServer;
  folder: string;
  conf: string;
  /** Joins; answers the exit code and what was printed and complained. */
  join(changes?: Partial<JoinOptions>): Promise<{ code: number; out: string; err: string }>;
}

async function whileJoining(play: (joining: Joining) => Promise<void>): Promise<void> {
  const server = new CommandServer();
  await server.listen();
  const folder = await mkdtemp(path(tmpdir(), "join-"));
  const conf = path(folder, "conf");
  try {
    await play({
      server,
      folder,
      conf,
      async join(changes = {}) {
        const out: string[] = [];
        const { result: code, err } = await listening(() =>
          join({
            url: server.url,
            token: "good",
            name: "web-01",
            tags: [{ Key: "role", Value: "web" }],
            configDir: conf,
            print: (line) => void out.push(line),
            ...changes,
          })
        );
        return { code, out: out.join("\n"), err };
      },
    });
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
}

/** What is written to stderr meanwhile. */
async function listening<T>(work: () => Promise<T>): Promise<{ result: T; err: string }> {
  const write = process.stderr.write;
  let err = "";
  process.stderr.write = (text: string | Uint8Array) => {
    err += typeof text === "string" ? text : new TextDecoder().decode(text);
    return true;
  };
  try {
    return { result: await work(), err };
  } finally {
    process.stderr.write = write;
  }
}

test("joining writes both files for their owner alone, and the agent reads them", async () => {
  await whileJoining(async ({ server, conf, folder, join }) => {
    const { code, out } = await join({ root: path(folder, "root"), installRoot: "/srv/a" });
    assert.equal(code, 0);
    const agentFile = path(conf, "codedeployagent.yml");
    assert.match(out, new RegExp(`runtime agent --config ${agentFile}`));
    assert.equal((await stat(conf)).mode & 0o777, 0o700);
    assert.deepEqual((await readdir(conf)).sort(), [
      "codedeploy.onpremises.yml",
      "codedeployagent.yml",
    ]);
    for (const name of await readdir(conf)) {
      assert.equal((await stat(path(conf, name))).mode & 0o777, 0o600, name);
    }
    const config = await readConfig(agentFile);
    assert.equal(config.rootDir, path(folder, "root"));
    assert.equal(config.installRoot, "/srv/a");
    assert.equal(config.endpoint, server.url);
    assert.equal(config.serverPublicKey, server.publicKey);
    assert.equal(config.identity.hostIdentifier, hostArn("web-01"));
    assert.equal(config.identity.name, "web-01");
    assert.deepEqual(await config.identity.credentials(), {
      accessKeyId: "AKIAHOST",
      secretAccessKey: "secret",
    });
  });
});

test("without a root the folders are those of CodeDeploy's agent", async () => {
  await whileJoining(async ({ conf, join }) => {
    await join();
    const config = await readConfig(path(conf, "codedeployagent.yml"));
    assert.equal(config.rootDir, "/opt/codedeploy-agent/deployment-root");
    assert.equal(config.logDir, "/var/log/aws/codedeploy-agent");
  });
});

test("the next command names the configuration only where the agent does not look itself", () => {
  assert.equal(startCommand(DEFAULT_AGENT_CONFIG), "runtime agent");
  assert.equal(startCommand("/srv/a.yml"), "runtime agent --config /srv/a.yml");
});

test("keys and comments a person set before are kept", async () => {
  await whileJoining(async ({ conf, join }) => {
    await mkdir(conf);
    const file = path(conf, "codedeployagent.yml");
    await writeFile(file, "# ours\n:max_revisions: 2\n:root_dir: /old\n");
    assert.equal((await join()).code, 0);
    assert.equal((await readConfig(file)).maxRevisions, 2);
    assert.match(await readFile(file, "utf8"), /^# ours\n/);
  });
});

const refusals: [what: string, changes: Partial<JoinOptions>, code: number, err: RegExp][] = [
  ["a token the server refuses", { token: "bad" }, 7, /token expired\n.*\n.*runtime token create/],
  ["a name against the rule", { name: "web 01" }, 2, /--name is not valid\n.*1 to 100 of/],
  ["an empty token", { token: "" }, 2, /--token is not valid/],
  [
    "an address that is none",
    { url: "localhost" },
    2,
    /"localhost" is not the address of a server/,
  ],
  ["a server nobody runs", { url: "http://127.0.0.1:1" }, 8, /cannot be reached\n.*127\.0\.0\.1:1/],
];
for (const [what, changes, expected, complaint] of refusals) {
  test(`${what} ends with ${expected}, four parts and no file`, async () => {
    await whileJoining(async ({ conf, join }) => {
      const { code, err } = await join(changes);
      assert.equal(code, expected);
      assert.match(err, complaint);
      assert.match(err, /^.+\n {2}evidence {2}.+\n {2}state {5}.+\n {2}next {6}.+\n$/);
      const written = await readdir(conf).catch(() => []);
      assert.deepEqual(written, []);
    });
  });
}

test("a host that has joined is not joined again, and keeps its files", async () => {
  await whileJoining(async ({ conf, join }) => {
    await join();
    const file = path(conf, "codedeploy.onpremises.yml");
    const before = await readFile(file, "utf8");
    const { code, err } = await join({ name: "web-02" });
    assert.equal(code, 2);
    assert.ok(err.includes(`${file} holds the keys of ${hostArn("web-01")}`), err);
    assert.match(err, /remove .*onpremises\.yml to join anew, or .* --config-dir/);
    assert.equal(await readFile(file, "utf8"), before);
  });
});

test("a host joins through the proxy that its configuration names already", async () => {
  await whileJoining(async ({ server, conf, join }) => {
    const proxy = new ProxyServer();
    await proxy.listen();
    try {
      await mkdir(conf, { recursive: true });
      await writeFile(path(conf, "codedeployagent.yml"), `:proxy_uri: ${proxy.url}\n`);
      assert.equal((await join()).code, 0);
      assert.equal(proxy.passed.length, 1);
      assert.match(proxy.passed[0] ?? "", /^POST http:/);
      assert.ok(proxy.passed[0]?.startsWith(`POST ${server.url}/`), String(proxy.passed));
    } finally {
      await proxy.close();
    }
  });
});

test("a wrong key in the configuration is told before the server is asked", async () => {
  await whileJoining(async ({ conf, join }) => {
    await mkdir(conf, { recursive: true });
    await writeFile(path(conf, "codedeployagent.yml"), ":proxy_uri: proxy:3128\n");
    const { code, err } = await join();
    assert.equal(code, 2);
    assert.match(err, /line 1, column 13: :proxy_uri: is "proxy:3128"; it must be http:/);
    assert.deepEqual(await readdir(conf), ["codedeployagent.yml"]);
  });
});

test("a configuration in plain keys is kept in them, and the agent reads it", async () => {
  await whileJoining(async ({ server, conf, join }) => {
    await mkdir(conf, { recursive: true });
    const file = path(conf, "codedeployagent.yml");
    await writeFile(file, "root_dir: /old\nmax_revisions: 2\n");
    assert.equal((await join()).code, 0);
    const config = await readConfig(file);
    assert.equal(config.maxRevisions, 2);
    assert.equal(config.rootDir, "/opt/codedeploy-agent/deployment-root");
    assert.equal(config.endpoint, server.url);
  });
});
