import { test } from "node:test";
import assert from "node:assert/strict";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../../core/cli/connection.ts";
import type { Io } from "../../core/cli/io.ts";
import { Refusal, runtime, standIn } from "./stand_in.ts";
import { folder } from "./stand_in.ts";

const LOGIN = { url: "http://kept:1", region: "eu-1", accessKeyId: "LOGIN", secretAccessKey: "s" };
const CREDENTIALS = `[default]
aws_access_key_id = FILE
aws_secret_access_key = s
[my.team]
aws_access_key_id = TEAM
aws_secret_access_key = s
aws_session_token = t
`;
const CONFIG = `[default]
region = file-1
[profile my.team]
region = team-1
`;
const KEYS = { AWS_ACCESS_KEY_ID: "ENV", AWS_SECRET_ACCESS_KEY: "s" };

type Files = "login" | "aws";
const table: [
  name: string,
  files: Files[],
  env: Record<string, string>,
  url: string | undefined,
  expected: string,
][] = [
  [
    "the AWS environment",
    ["login", "aws"],
    { ...KEYS, RUNTIME_URL: "http://e:2/" },
    undefined,
    "ENV file-1 http://e:2",
  ],
  [
    "--url before RUNTIME_URL",
    [],
    { ...KEYS, RUNTIME_URL: "http://e:2" },
    "http://flag:3",
    "ENV us-east-1 http://flag:3",
  ],
  [
    "AWS_REGION before AWS_DEFAULT_REGION",
    [],
    { ...KEYS, AWS_REGION: "a", AWS_DEFAULT_REGION: "b" },
    "http://f",
    "ENV a http://f",
  ],
  ["the login file", ["login", "aws"], {}, undefined, "LOGIN eu-1 http://kept:1"],
  [
    "keys of the environment with the address kept",
    ["login"],
    KEYS,
    undefined,
    "ENV eu-1 http://kept:1",
  ],
  [
    "a login for another server does not count",
    ["login", "aws"],
    {},
    "http://f",
    "FILE file-1 http://f",
  ],
  [
    "a named profile before the login",
    ["login", "aws"],
    { AWS_PROFILE: "my.team" },
    undefined,
    "TEAM eu-1 http://kept:1",
  ],
  [
    "the files of the AWS command line",
    ["aws"],
    { AWS_PROFILE: "my.team" },
    "http://f",
    "TEAM team-1 http://f",
  ],
];

async function home(path: string, files: Files[], env: Record<string, string>): Promise<Io["env"]> {
  await mkdir(join(path, ".aws"));
  await mkdir(join(path, ".config", "runtime"), { recursive: true });
  if (files.includes("login")) {
    await writeFile(join(path, ".config", "runtime", "login.json"), JSON.stringify(LOGIN));
  }
  if (files.includes("aws")) {
    await writeFile(join(path, ".aws", "credentials"), CREDENTIALS);
    await writeFile(join(path, ".aws", "config"), CONFIG);
  }
  return { HOME: path, ...env };
}

function ioWith(env: Io["env"]): Io {
  const nothing = { write: () => {} };
  return {
    stdout: nothing,
    stderr: nothing,
    env,
    cwd: "/",
    now: Date.now,
    sleep: () => Promise.resolve(),
    onInterrupt: () => () => {},
    ask: () => Promise.resolve(undefined),
    readAll: () => Promise.resolve(""),
  };
}

for (const [name, files, env, url, expected] of table) {
  test(`whom and where: ${name}`, async () => {
    await using place = await folder();
    const io = ioWith(await home(place.path, files, env));
    const got = await connect(io, url === undefined ? {} : { url });
    assert.equal(`${got.credentials.accessKeyId} ${got.region} ${got.url}`, expected);
  });
}

test("without a server, or without keys, the failure says where it looked", async () => {
  await using place = await folder();
  const env = { HOME: place.path };
  const noServer = await runtime(["status"], undefined, { env });
  assert.equal(noServer.code, 2);
  assert.match(noServer.err, /^No server is configured\n.*--url, RUNTIME_URL and .*login\.json/);
  const noKeys = await runtime(["status", "--url", "http://h:1"], undefined, { env });
  assert.equal(noKeys.code, 2);
  assert.match(noKeys.err, /^No access keys for http:\/\/h:1\n/);
  assert.match(noKeys.err, /AWS_ACCESS_KEY_ID/);
  assert.match(noKeys.err, /profile default in .*\.aws\/credentials/);
  assert.match(noKeys.err, /runtime login http:\/\/h:1/);
});

test("login asks, checks with the server, and keeps the keys for the owner alone", async () => {
  await using place = await folder();
  await using server = await standIn({ ListApplications: () => ({ applications: [] }) });
  const env = { HOME: "/nonexistent", XDG_CONFIG_HOME: place.path };
  const ran = await runtime(["login", server.url], undefined, {
    env,
    answers: ["AKTEST", "secret"],
  });
  assert.deepEqual([ran.code, ran.err], [0, ""]);
  const path = join(place.path, "runtime", "login.json");
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(JSON.parse(await readFile(path, "utf8")), {
    url: server.url,
    region: "us-east-1",
    accessKeyId: "AKTEST",
    secretAccessKey: "secret",
  });
  server.operations["ListDeployments"] = () => ({ deployments: [] });
  assert.equal((await runtime(["status"], undefined, { env })).code, 0, "the login is used");
});

test("a login that the server refuses is not kept", async () => {
  await using place = await folder();
  await using server = await standIn({
    ListApplications: () => {
      throw new Refusal("UnrecognizedClientException", "unknown key", 403);
    },
  });
  const env = { XDG_CONFIG_HOME: place.path };
  const ran = await runtime(["login", server.url], undefined, {
    env,
    answers: ["AKTEST", "wrong"],
  });
  assert.equal(ran.code, 7);
  await assert.rejects(stat(join(place.path, "runtime", "login.json")));
  const nothing = await runtime(["login", server.url], undefined, { env, answers: [] });
  assert.equal(nothing.code, 2);
  assert.match(nothing.err, /No access keys were given/);
});
