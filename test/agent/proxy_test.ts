import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import type { Server } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { type AgentConfig, readConfig } from "../../core/agent/config.ts";
import { AgentFailure } from "../../core/agent/failure.ts";
import { openLog } from "../../core/agent/log.ts";
import { bypassesProxy } from "../../core/agent/no_proxy.ts";
import { ServerLink } from "../../core/agent/server_link.ts";
import { checkTls } from "../../core/agent/tls_check.ts";
import { makeAuthority } from "./authority.ts";
import { AGENT, NO_IMDS, USER, withFiles } from "./config_files.ts";
import { ProxyServer } from "./proxy_server.ts";

const ours = makeAuthority("our authority");
const other = makeAuthority("another authority");

interface Net {
  /** Speak HTTP; answer the path they were asked for. */
  http: string;
  https: string;
  proxy: ProxyServer;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

async function withNet(play: (net: Net) => Promise<void>, shown = ours): Promise<void> {
  const plain = createHttpServer((request, response) => response.end(`plain ${request.url}`));
  const secure = createServer({ cert: shown.cert, key: shown.key }, (request, response) => {
    // What a command service answers to a poll when there is nothing to do.
    response.end(request.method === "POST" ? "{}" : `secure ${request.url}`);
  });
  secure.on("tlsClientError", () => {}); // clients that do not trust us are what is tested
  const proxy = new ProxyServer();
  await proxy.listen();
  try {
    await play({
      http: `http://127.0.0.1:${await listening(plain)}`,
      https: `https://127.0.0.1:${await listening(secure)}`,
      proxy,
    });
  } finally {
    await proxy.close();
    for (const server of [plain, secure]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

/** The configuration of these lines. `FOLDER/ca.pem` and `FOLDER/other.pem` are authorities. */
async function configOf(
  lines: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<AgentConfig> {
  return await withFiles({ agent: AGENT + lines, onPremises: USER }, async (file, folder) => {
    await writeFile(join(folder, "ca.pem"), `# ours\n${ours.ca}`);
    await writeFile(join(folder, "other.pem"), other.ca);
    const named = Object.entries(environment).map(([name, value]) =>
      [name, value.replaceAll("FOLDER", folder)] as const
    );
    return await readConfig(file, {}, { ...NO_IMDS, ...Object.fromEntries(named) });
  });
}

async function textOf({ fetch }: Pick<AgentConfig, "fetch">, url: string): Promise<string> {
  return await (await fetch(url)).text();
}

const hostOf = (url: string) => new URL(url).host;

test("spec 11.2 :proxy_uri: absent asks directly", async () => {
  await withNet(async ({ http, https, proxy }) => {
    const config = await configOf(":ca_file: FOLDER/ca.pem\n");
    assert.equal(await textOf(config, `${http}/a`), "plain /a");
    assert.equal(await textOf(config, `${https}/b`), "secure /b");
    assert.deepEqual(proxy.passed, []);
  });
});

test("spec 11.2 :proxy_uri: takes https through CONNECT and http by its whole address", async () => {
  await withNet(async ({ http, https, proxy }) => {
    const config = await configOf(`:proxy_uri: ${proxy.url}\n:ca_file: FOLDER/ca.pem\n`);
    assert.equal(await textOf(config, `${http}/a?b=c`), "plain /a?b=c");
    assert.equal(await textOf(config, `${https}/b`), "secure /b");
    assert.deepEqual(proxy.passed, [`GET ${http}/a?b=c`, `CONNECT ${hostOf(https)}`]);
  });
});

test("the calls of the command service go through the proxy", async () => {
  await withNet(async ({ https, proxy }) => {
    const config = await configOf(`:proxy_uri: ${proxy.url}\n:ca_file: FOLDER/ca.pem\n`);
    const link = new ServerLink({ ...config, endpoint: https });
    const answer = await link.poll([], 0, new AbortController().signal);
    assert.equal(answer.HostCommand, undefined);
    assert.deepEqual(proxy.passed, [`CONNECT ${hostOf(https)}`]);
  });
});

test("a proxy that wants to know who asks gets user and password of its address, decoded", async () => {
  await withNet(async ({ http, https, proxy }) => {
    proxy.credentials = "agent:p@ss w:rd";
    const uri = proxy.url.replace("//", "//agent:p%40ss%20w%3Ard@");
    const config = await configOf(`:proxy_uri: ${uri}\n:ca_file: FOLDER/ca.pem\n`);
    assert.equal(await textOf(config, `${http}/a`), "plain /a");
    assert.equal(await textOf(config, `${https}/b`), "secure /b");
    const anonymous = await configOf(`:proxy_uri: ${proxy.url}\n`);
    assert.equal((await anonymous.fetch(`${http}/a`)).status, 407);
  });
});

test("a proxy that is not there is no answer, and is not passed by", async () => {
  await withNet(async ({ http, proxy }) => {
    await proxy.close();
    const config = await configOf(`:proxy_uri: ${proxy.url}\n`);
    await assert.rejects(textOf(config, http));
    await proxy.listen();
  });
});

for (const variable of ["NO_PROXY", "no_proxy"]) {
  test(`hosts of ${variable} are asked directly although there is a proxy`, async () => {
    await withNet(async ({ http, https, proxy }) => {
      const lines = `:proxy_uri: ${proxy.url}\n:ca_file: FOLDER/ca.pem\n`;
      const config = await configOf(lines, { [variable]: `example.com, ${hostOf(http)}` });
      assert.equal(await textOf(config, `${http}/a`), "plain /a");
      assert.deepEqual(proxy.passed, []);
      assert.equal(await textOf(config, `${https}/b`), "secure /b");
      assert.deepEqual(proxy.passed, [`CONNECT ${hostOf(https)}`], "another port, not meant");
    });
  });
}

const wrong = ["proxy:3128", "socks5://proxy:1080", "/proxy", "3128"];
for (const uri of wrong) {
  test(`spec 11.2 :proxy_uri: ${uri} is refused with what it must be`, async () => {
    await assert.rejects(configOf(`:proxy_uri: ${uri}\n`), (error: unknown) => {
      assert.ok(error instanceof AgentFailure, String(error));
      assert.match(
        error.render(),
        /line 7, column 13: :proxy_uri: is .*; it must be http:\/\/\[USER:PASSWORD@\]HOST:PORT/,
      );
      return true;
    });
  });
}

test("the password of a wrong proxy is not repeated", async () => {
  await assert.rejects(configOf(":proxy_uri: socks5://me:secret@proxy:1\n"), (error: unknown) => {
    assert.ok(error instanceof AgentFailure);
    assert.doesNotMatch(error.render(), /secret/);
    return true;
  });
});

const lists: [list: string | undefined, url: string, bypassed: boolean][] = [
  [undefined, "http://a.test", false],
  ["", "http://a.test", false],
  ["*", "http://a.test", true],
  ["a.test", "http://a.test", true],
  ["A.Test", "http://a.TEST", true],
  ["a.test", "http://b.a.test", true],
  ["a.test", "http://ba.test", false],
  [".a.test", "http://b.a.test", true],
  ["*.a.test", "http://b.a.test", true],
  ["a.test:8080", "http://a.test:8080", true],
  ["a.test:8080", "http://a.test", false],
  ["a.test:443", "https://a.test", true],
  ["a.test:80", "https://a.test", false],
  ["x.test,a.test", "http://a.test", true],
  ["x.test a.test", "http://a.test", true],
  ["10.0.0.0/8", "http://10.1.2.3", true],
  ["10.0.0.0/8", "http://11.1.2.3", false],
  ["10.0.0.0/8", "http://a.test", false],
  ["10.0.0.0/99", "http://10.1.2.3", false],
  ["1.1", "http://10.0.1.1", false],
  ["169.254.169.254", "http://169.254.169.254", true],
  ["::1", "http://[::1]:80", true],
  ["[::1]:8080", "http://[::1]:8080", true],
  ["[::1]:8080", "http://[::1]:9", false],
  ["fd00::/8", "http://[fd12::1]", true],
  ["fd00::/8", "http://10.0.0.1", false],
];
for (const [list, url, bypassed] of lists) {
  test(`NO_PROXY ${JSON.stringify(list)} and ${url}: ${bypassed ? "direct" : "proxied"}`, () => {
    assert.equal(bypassesProxy(new URL(url), list), bypassed);
  });
}

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
test("a host is passed by when it or a domain above it is listed, and not otherwise", () => {
  fc.assert(fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), label, (labels, one) => {
    const host = labels.join(".");
    const url = new URL(`http://${host}`);
    const domains = labels.map((_, index) => labels.slice(index).join("."));
    for (const domain of domains) assert.ok(bypassesProxy(url, `x.y.z,${domain}`));
    assert.equal(bypassesProxy(url, one), domains.includes(one));
  }));
});

test("an own authority is not trusted unless it is named, by a name the agent can tell", async () => {
  await withNet(async ({ https }) => {
    await assert.rejects(textOf(await configOf(""), https));
    await assert.rejects(textOf(await configOf(":ca_file: FOLDER/other.pem\n"), https));
  });
});

const namers = ["SSL_CERT_FILE", "AWS_CA_BUNDLE", "AWS_SSL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];
for (const variable of namers) {
  test(`an own authority is trusted when ${variable} names its file`, async () => {
    await withNet(async ({ https }) => {
      const config = await configOf("", { [variable]: "FOLDER/ca.pem" });
      assert.equal(await textOf(config, `${https}/`), "secure /");
    });
  });

  test(`${variable} with a file that is not there is refused at the start, naming both`, async () => {
    await assert.rejects(configOf("", { [variable]: "/nonexistent/ca.pem" }), (error: unknown) => {
      assert.ok(error instanceof AgentFailure, String(error));
      const text = error.render();
      assert.match(
        text,
        new RegExp(`${variable} /nonexistent/ca\\.pem, cannot be used\\n.*ENOENT`),
      );
      assert.equal(error.parts.exitCode, 2);
      return true;
    });
  });
}

test("spec 12.1 authorities in the folder of AWS_SSL_CA_DIRECTORY are trusted", async () => {
  await withNet(async ({ https }) => {
    const config = await configOf("", { AWS_SSL_CA_DIRECTORY: "FOLDER" });
    assert.equal(await textOf(config, `${https}/`), "secure /");
  });
});

const badFiles: [what: string, text: string, expected: RegExp][] = [
  ["no certificate in it", "hello", /it holds no certificate in PEM/],
  ["a key in the place of a certificate", ours.key, /it holds no certificate in PEM/],
  [
    "a damaged certificate",
    ours.ca + ours.ca.replace(/\n.{20}/, "\nAAAAAAAAAAAAAAAAAAAA"),
    /its certificate number 2 is damaged/,
  ],
];
for (const [what, text, expected] of badFiles) {
  test(`:ca_file: with ${what} is refused at the start, naming key and file`, async () => {
    const files = { agent: `${AGENT}:ca_file: FOLDER/bad.pem\n`, onPremises: USER };
    await withFiles(files, async (file, folder) => {
      await writeFile(join(folder, "bad.pem"), text);
      await assert.rejects(readConfig(file, {}, NO_IMDS), (error: unknown) => {
        assert.ok(error instanceof AgentFailure, String(error));
        assert.match(error.render(), /:ca_file: \S+\/bad\.pem, cannot be used\n/);
        assert.match(error.render(), expected);
        return true;
      });
    });
  });
}

test("spec 12.1 start-up: any answer over TLS that is trusted passes", async () => {
  await withNet(async ({ https }) => {
    const config = await configOf(":ca_file: FOLDER/ca.pem\n");
    await checkTls({ ...config, endpoint: https });
  });
});

const untrusted: [what: string, shown: typeof ours, expected: RegExp][] = [
  ["of an unknown issuer", other, /its certificate is of an unknown issuer\n/],
  ["that has expired", { ...ours, cert: ours.expired }, /its certificate has expired\n/],
];

for (const [what, shown, expected] of untrusted) {
  test(`spec 12.1 start-up: a certificate ${what} aborts in four parts`, async () => {
    await withNet(async ({ https }) => {
      const config = await configOf(":ca_file: FOLDER/ca.pem\n");
      await assert.rejects(checkTls({ ...config, endpoint: https }), (error: unknown) => {
        assert.ok(error instanceof AgentFailure, String(error));
        assert.match(error.render(), expected);
        assert.match(error.render(), /\n +state +the agent has not started\n +next +\S/);
        assert.equal(error.parts.exitCode, 8);
        return true;
      });
    }, shown);
  });

  test(`spec 11.2 :codedeploy_test_profile: gamma does not look at a certificate ${what}`, async () => {
    await withNet(async ({ https }) => {
      const config = await configOf(":codedeploy_test_profile: gamma\n");
      await checkTls({ ...config, endpoint: https });
    }, shown);
  });
}

test("spec 12.1 start-up: a server without TLS under an https address aborts", async () => {
  await withNet(async ({ http }) => {
    const config = await configOf("");
    const endpoint = http.replace("http:", "https:");
    await assert.rejects(checkTls({ ...config, endpoint }), /speaks no TLS/);
  });
});

test("spec 12.1 start-up: a server that does not answer is left to the polls", async () => {
  const server = createHttpServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  await checkTls({ ...await configOf(""), endpoint: `https://127.0.0.1:${port}` });
});

test("spec 12.7 an http address is spoken to without a check", async () => {
  await checkTls({ ...await configOf(""), endpoint: "http://127.0.0.1:1" });
});

test("spec 11.2 :log_aws_wire: logs requests without signatures, queries and bodies", async () => {
  await withNet(async ({ http }) => {
    await withFiles(
      { agent: `${AGENT}:log_aws_wire: true\n`, onPremises: USER },
      async (file, folder) => {
        const closeLog = await openLog(folder);
        try {
          const { fetch } = await readConfig(file, {}, NO_IMDS);
          const headers = { authorization: "AWS4 secret-1", "x-amz-target": "Service.Op" };
          const body = "secret-2";
          await fetch(`${http}/a?X-Amz-Signature=secret-3`, { method: "POST", headers, body });
        } finally {
          await closeLog();
        }
        const text = await readFile(join(folder, "codedeploy-agent.log"), "utf8");
        assert.match(text, /wire: POST http:\S+\/a Service\.Op: 200, \d+ ms/);
        assert.doesNotMatch(text, /secret/);
      },
    );
  });
});
