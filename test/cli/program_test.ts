import { test } from "node:test";
import assert from "node:assert/strict";
import type { AgentOptions, JoinOptions, ServeOptions } from "../../core/cli/rooms.ts";
import { VERBS } from "../../core/cli/verbs.ts";
import { VERSION } from "../../core/wire/version.ts";
import { runtime } from "./stand_in.ts";

function rooms() {
  const started: { server?: ServeOptions; agent?: AgentOptions; join?: JoinOptions } = {};
  return {
    started,
    rooms: {
      server: () =>
        Promise.resolve({
          serve: (options: ServeOptions) => (started.server = options, Promise.resolve(0)),
        }),
      agent: () =>
        Promise.resolve({
          runAgent: (options: AgentOptions) => (started.agent = options, Promise.resolve(42)),
        }),
      join: () =>
        Promise.resolve({
          join: (options: JoinOptions) => (started.join = options, Promise.resolve(0)),
        }),
    },
  };
}

for (
  const [argv, config] of [
    [["agent"], "/etc/codedeploy-agent/conf/codedeployagent.yml"],
    [["agent", "--config", "a.yml"], "a.yml"],
    [["agent", "--config=a.yml"], "a.yml"],
  ] as const
) {
  test(`runtime ${argv.join(" ")} starts the agent with its configuration`, async () => {
    const { started, rooms: given } = rooms();
    const ran = await runtime([...argv], undefined, { rooms: given });
    assert.equal(ran.code, 42, "the room's answer is the exit code");
    assert.deepEqual(started.agent, { config });
  });
}

test("server has defaults and passes what was given, and no more", async () => {
  const { started, rooms: given } = rooms();
  await runtime(["server"], undefined, { rooms: given });
  assert.deepEqual(started.server, {
    listen: "127.0.0.1:8080",
    data: "./runtime-data",
    limits: [],
    busyGroup: "refuse",
  });
  const argv = [
    ..."server --listen [::1]:0 --data d --store libsql://x --time-lapse 60".split(" "),
    ..."--region us-west-2 --account 123456789012 --busy-group queue".split(" "),
    ..."--limit groups=5 --limit page=7".split(" "),
  ];
  await runtime(argv, undefined, { rooms: given });
  assert.deepEqual(started.server, {
    listen: "[::1]:0",
    data: "d",
    store: "libsql://x",
    timeLapse: 60,
    region: "us-west-2",
    account: "123456789012",
    limits: ["groups=5", "page=7"],
    busyGroup: "queue",
  });
});

test("agent join collects tags and knows the folders of the stock agent", async () => {
  const { started, rooms: given } = rooms();
  const argv = "agent join http://h:1/ --token T --name web-1 --tag role=web --tag only".split(" ");
  const ran = await runtime(argv, undefined, { rooms: given });
  assert.equal(ran.err, "");
  assert.deepEqual(started.join, {
    url: "http://h:1",
    token: "T",
    name: "web-1",
    tags: [{ Key: "role", Value: "web" }, { Key: "only", Value: "" }],
    configDir: "/etc/codedeploy-agent/conf",
    root: "/opt/codedeploy-agent/deployment-root",
  });
});

const refused: [argv: string, says: RegExp][] = [
  ["deplyo", /unknown command 'deplyo'[\s\S]*Did you mean deploy\?/],
  ["help deplyo", /unknown command 'deplyo'[\s\S]*Did you mean deploy\?/],
  ["help NONSENSE", /unknown command 'NONSENSE'/],
  ["help version", /unknown command 'version'/],
  ["help token crate", /unknown command 'crate'[\s\S]*create/],
  ["token crate", /unknown command 'crate'[\s\S]*create/],
  ["deploy --ap shop", /unknown option '--ap'[\s\S]*--app/],
  ["stop", /missing required argument 'deployment'/],
  ["push . --app", /--app <name>' argument missing/],
  ["push .", /--app: give the application/],
  ["server --listen 8080", /--listen: HOST:PORT is wanted \(given: "8080"\)/],
  ["server --tls-cert c.pem", /--tls-cert and --tls-key go together/],
  ["server --listen 0.0.0.0:80 --time-lapse 60", /loopback/],
  ["server --time-lapse 3601", /--time-lapse: at most 3600 \(given: "3601"\)/],
  ["server --time-lapse 0.5", /--time-lapse: at least 1/],
  ["agent join ftp://x --token T --name n", /not a URL of the form/],
  ["agent join http://h --token T --name n/1", /--name: must be 1 to 100/],
  ["agent join http://h", /--token and --name are needed, or --registered/],
  ["agent join http://h --name n", /--token and --name are needed, or --registered/],
  ["agent join http://h --registered f --name n", /has its name, tags and keys already/],
  ["agent join http://h --registered f --tag a=b", /has its name, tags and keys already/],
  ["server --account 12345", /--account: must be an account id of 12 digits/],
  ["server --region Europe", /--region: must be a region such as eu-central-1/],
  ["agent join http://h --token T --name n --tag =x", /--tag: =x is not KEY=VALUE/],
  ["agent run-local --type rar", /--type: directory, tgz, tar or zip is wanted/],
  ["agent run-local -b NEVER", /--file-exists-behavior: DISALLOW, OVERWRITE or RETAIN/],
  ["agent run-locl", /unknown command|too many arguments|run-local/],
  ["token create --expires 0", /--expires: at least 1 second/],
  ["deploy --app a --group g --timeout soon --revision x", /--timeout: a number of seconds/],
  ["status --app shop", /--app and --group go together/],
  ["rollback", /Name one deployment, or --app and --group/],
];
for (const [argv, says] of refused) {
  test(`runtime ${argv} is a usage failure that says what to do`, async () => {
    const ran = await runtime(argv.split(" "), { url: "http://127.0.0.1:1" });
    assert.equal(ran.code, 2, ran.err);
    assert.match(ran.err, says);
    assert.match(ran.err, /\n {2}state {5}nothing was done\n {2}next {6}\S/);
    assert.equal(ran.out, "");
  });
}

test("with --json a failure is JSON too", async () => {
  const ran = await runtime(["push", ".", "--json"], { url: "http://127.0.0.1:1" });
  const { error } = JSON.parse(ran.err);
  assert.equal(error.exitCode, 2);
  assert.equal(error.cause, "--app: give the application");
});

test("help lists every verb, and explains each with an example", async () => {
  const overview = await runtime(["help"]);
  assert.equal(overview.code, 0);
  for (const name of VERBS.keys()) {
    const [first = ""] = name.split(" ");
    assert.match(overview.out, new RegExp(`^  ${first}\\b`, "m"));
    const explained = await runtime(["help", ...name.split(" ")]);
    assert.equal(explained.code, 0);
    assert.match(explained.out, new RegExp(`Usage: runtime ${name}\\b`));
    assert.match(explained.out, /Examples?:\n {2}.*runtime /);
    assert.equal((await runtime([...name.split(" "), "--help"])).out, explained.out);
  }
});

test("help of help is the overview; of the server, it says what is not there yet", async () => {
  const overview = await runtime(["help"]);
  assert.deepEqual(await runtime(["help", "help"]), overview);
  const { out } = await runtime(["help", "server"], undefined, {});
  for (const flag of ["--store", "--plugins"]) {
    const [, text = ""] = out.replaceAll(/\s+/g, " ").split(`${flag} <`);
    assert.match(text, /^[^(]*\(not in this version yet\)/, flag);
  }
});

test("no arguments show the overview as a usage failure; --version is one line", async () => {
  const nothing = await runtime([]);
  assert.equal(nothing.code, 2);
  assert.match(nothing.err, /Usage: runtime/);
  assert.deepEqual(await runtime(["--version"]), { code: 0, out: `${VERSION}\n`, err: "" });
});
