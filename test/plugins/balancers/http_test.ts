/** The balancer `http` against a balancer that is told by HTTP. @module */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import http from "../../../plugins/balancers/http.ts";
import { step, temporaryFolder } from "./programs.ts";
import { setUp } from "./rolling.ts";

const HOST = {
  host: {
    name: "web-1",
    tags: [{ Key: "pool", Value: 'a/"b' }, { Key: "at", Value: "10.0.0.1:80" }],
  },
};

/** Keeps what it is asked; the number of sessions falls with each. */
async function startApi() {
  const asked: string[] = [];
  let sessions = 4;
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    asked.push([method, url, headers.authorization ?? "", await text(request)].join(" ").trim());
    if (url === "/moved") return response.writeHead(302, { location: "/login" }).end();
    if (url === "/busy") return response.writeHead(409).end("somebody else is at it");
    sessions = Math.max(0, sessions - 1);
    response.writeHead(url === "/accepted" ? 202 : 200).end(JSON.stringify({ host: { sessions } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // because it listens at a port
  return {
    asked,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("http: a block is a request and a wait until nothing is under way", async () => {
  using folder = temporaryFolder();
  await using api = await startApi();
  writeFileSync(join(folder.path, "lb"), "Bearer t0ken");
  const secretHeaders = { authorization: "lb" };
  const { block, allow, check } = setUp(http, {
    block: {
      url: `${api.url}/pools/{tag:pool}/{name}`,
      body: '{"pool": "{tag:pool}", "drain": true}',
      secretHeaders,
      until: {
        url: `${api.url}/sessions?of={name}`,
        secretHeaders,
        answer: { pointer: "/host/sessions", equals: 0 },
        everySeconds: 0.02,
      },
    },
    allow: { method: "DELETE", url: `${api.url}/drains/{name}` },
    check: { method: "GET", url: `${api.url}/{name}` },
  });
  const { ctx } = step({ secretsFolder: folder.path });
  await check(HOST, ctx);
  await block(HOST, ctx);
  await allow(HOST, ctx);
  assert.deepEqual(api.asked, [
    "GET /web-1",
    'POST /pools/a%2F%22b/web-1 Bearer t0ken {"pool": "a/\\"b", "drain": true}',
    "GET /sessions?of=web-1 Bearer t0ken",
    "GET /sessions?of=web-1 Bearer t0ken",
    "DELETE /drains/web-1",
  ]);
});

test("http: what is not the answer that is wanted is told", async () => {
  await using api = await startApi();
  const { url } = api;
  const poll = { url: `${url}/x`, everySeconds: 0.02, timeoutSeconds: 0.1 };
  const table: [request: Record<string, unknown>, message: RegExp][] = [
    [{ url: `${url}/busy` }, /^Error: POST .*\/busy answered 409, wanted is 2xx: somebody else is/],
    [{ url: `${url}/moved` }, /answered HTTP 302 and leads to \/login/],
    [{ url: `${url}/accepted`, statuses: [200, 204] }, /answered 202, wanted is 200 or 204/],
    [{ url: `${url}/{tag:zone}` }, /web-1 has no tag zone/],
    [{ url, until: { ...poll, url: `${url}/busy` } }, /answered 409; that is still not 2xx after/],
    [
      { url, until: { ...poll, answer: { pointer: "/host/sessions", equals: 7 } } },
      /GET .*\/x answered 200: 0; that is still not 7 at \/host\/sessions after 0.1 s/,
    ],
    [
      { url, until: { ...poll, answer: { contains: "gone" } } },
      /answered 200: {"host":{"sessions":0}}; that is still not a text with "gone" after 0.1 s/,
    ],
  ];
  for (const [block, message] of table) {
    await assert.rejects(setUp(http, { block, allow: { url } }).block(HOST), message);
  }
});

test("http: statuses and texts that are wanted are enough", async () => {
  await using api = await startApi();
  const { url } = api;
  const until = { url: `${url}/x`, answer: { contains: '"sessions":0' }, everySeconds: 0.02 };
  const allow = { url: `${url}/busy`, statuses: [409], until };
  await setUp(http, { block: { url }, allow }).allow(HOST);
  // Without one, nothing is asked.
  const asked = api.asked.length;
  await setUp(http, { block: { url }, allow }).check(HOST);
  assert.equal(api.asked.length, asked);
});

test("http: a secret goes to no address that the name of a host makes", () => {
  const secretHeaders = { authorization: "lb" };
  const told = { url: "http://{name}:8080/drain", secretHeaders };
  const plain = { url: "http://lb.example.com/{name}", secretHeaders };
  const faults = (config: object) =>
    http.config.safeParse(config).error?.issues.map(({ path, message }) =>
      `${path.join(".")} ${message}`
    ) ?? [];
  assert.deepEqual(faults({ block: plain, allow: plain }), []);
  const open = { url: told.url };
  assert.deepEqual(faults({ block: open, allow: { ...open, until: open } }), []);
  const why =
    "must not take its server from the host where a secret is sent: whoever names hosts " +
    "would be told the secret";
  assert.deepEqual(faults({ block: told, allow: { ...plain, until: told } }), [
    `block.url ${why}`,
    `allow.until.url ${why}`,
  ]);
});
