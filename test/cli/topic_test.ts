/** `runtime topic …` against the real API of topics on a socket. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { snsService } from "../../core/api/query/sns/sns_service.ts";
import { createRouter } from "../../core/api/router.ts";
import { insertTopic } from "../../core/store/topics.ts";
import { serveHttp } from "../../core/platform.ts";
import { credentialsOf, openTestApi, SERVICES, type TestApi } from "../api/test_api.ts";
import { type Ran, runtime } from "./stand_in.ts";

const TOPIC = "arn:aws:sns:us-east-1:000000000000:deployments";

interface Server extends AsyncDisposable {
  api: TestApi;
  run(...argv: string[]): Promise<Ran>;
  viewer(...argv: string[]): Promise<Ran>;
}

async function start({ mail }: { mail: boolean }): Promise<Server> {
  const api = await openTestApi();
  const app = createRouter(api.context, SERVICES, [snsService({ mail })]);
  const fetch = (request: Request) => app.fetch(request);
  const http = await serveHttp({ hostname: "127.0.0.1", port: 0, fetch });
  const as = (role: "deployer" | "viewer") => (...argv: string[]) => {
    const { accessKeyId, secretAccessKey } = credentialsOf(role);
    const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    return runtime(argv, { url: `http://127.0.0.1:${http.port}` }, { env });
  };
  return {
    api,
    run: as("deployer"),
    viewer: as("viewer"),
    async [Symbol.asyncDispose]() {
      await http.stop();
      api[Symbol.dispose]();
    },
  };
}

test("a topic is created, heard, published to and deleted by its name", async () => {
  await using server = await start({ mail: true });
  const made = await server.run("topic", "create", "deployments", "--display-name", "Shop & Co");
  assert.deepEqual([made.code, made.out], [0, `${TOPIC}\n`], made.err);
  const again = await server.run("topic", "create", "deployments", "--json");
  assert.deepEqual(JSON.parse(again.out), { topicArn: TOPIC });
  const listed = await server.viewer("topic", "list", "--json");
  assert.deepEqual(JSON.parse(listed.out), { topics: [TOPIC] });
  const hook = "https://hooks.test/a?b=c&d=%20";
  const asked = await server.run("topic", "subscribe", "deployments", hook, "--raw", "--json");
  const { subscriptionArn, pending } = JSON.parse(asked.out);
  assert.equal(pending, true);
  await server.run("topic", "subscribe", TOPIC, "ops@example.test");
  const heard = await server.viewer("topic", "subscriptions", "deployments", "--json");
  const endpoints = JSON.parse(heard.out).subscriptions
    .map(({ protocol, endpoint }: Record<string, string>) => `${protocol} ${endpoint}`).sort();
  assert.deepEqual(endpoints, ["email ops@example.test", `https ${hook}`]);
  const said = await server.run("topic", "publish", "deployments", "hello", "--subject", "S");
  assert.match(said.out, /^[0-9a-f-]{36}\n$/);
  const ended = await server.run("topic", "unsubscribe", subscriptionArn);
  assert.equal(ended.code, 0, ended.err);
  const gone = await server.run("topic", "delete", "deployments");
  assert.equal(gone.code, 0, gone.err);
  const none = await server.run("topic", "list");
  assert.deepEqual([none.out, none.err], [
    "",
    "There is no topic: runtime topic create NAME\n",
  ]);
});

test("more topics than a page holds are all listed", async () => {
  await using server = await start({ mail: false });
  await server.api.context.store.commit((tx) => {
    for (let i = 0; i < 205; i++) {
      insertTopic(tx, {
        name: `t${1000 + i}`,
        displayName: "",
        signatureVersion: "1",
        createTime: 0,
        tags: [],
        policy: "",
      });
    }
  });
  const { out } = await server.run("topic", "list", "--json");
  assert.equal(JSON.parse(out).topics.length, 205);
});

const refused: [argv: string[], code: number, said: RegExp][] = [
  [["topic", "publish", "nothing", "m"], 2, /There is no topic nothing[^]*runtime topic create/],
  [["topic", "subscribe", "deployments", "ftp://a"], 2, /a URL or a mail address[^]*ftp:\/\/a/],
  [["topic", "subscribe", "deployments", "ops@example.test"], 2, /sends no mail[^]*--smtp-url/],
  [["topic", "create", "a b"], 2, /1 to 256 letters/],
  [["topic", "unsubscribe", `${TOPIC}:x`], 2, /does not exist/],
];
for (const [argv, code, said] of refused) {
  test(`runtime ${argv.join(" ")} says what is wrong`, async () => {
    await using server = await start({ mail: false });
    await server.run("topic", "create", "deployments");
    const ran = await server.run(...argv);
    assert.equal(ran.code, code, ran.err);
    assert.match(ran.err, said);
  });
}

test("a viewer may look, and not create", async () => {
  await using server = await start({ mail: false });
  const ran = await server.viewer("topic", "create", "deployments");
  assert.equal(ran.code, 7);
  assert.match(ran.err, /role deployer is needed/);
});
