import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type AgentConfig, readConfig, type Settings } from "../../core/agent/config.ts";
import { AgentFailure } from "../../core/agent/failure.ts";
import { AgentSettings, settingKind } from "../../core/domain/agent_settings.ts";
import { AGENT, KEY, NO_IMDS, USER, withFiles } from "./config_files.ts";

const root = join(import.meta.dirname ?? "", "../..");

/** What the configuration says of one key; undefined leaves the key out. */
async function configOf(
  lines: string | undefined,
  settings: Settings = {},
): Promise<AgentConfig> {
  const files = { agent: AGENT + (lines ?? ""), onPremises: USER };
  return await withFiles(files, (agentFile) => readConfig(agentFile, settings, NO_IMDS));
}

async function refused(lines: string, settings: Settings = {}): Promise<string> {
  try {
    await configOf(lines, settings);
  } catch (error) {
    assert.ok(error instanceof AgentFailure, String(error));
    assert.equal(error.parts.exitCode, 2);
    return error.render();
  }
  return assert.fail("it was taken");
}

type Field = keyof AgentConfig;
interface Row {
  key: string;
  field: Field;
  /** Without the key. */
  initially: unknown;
  written: string;
  read: unknown;
  wrong: string;
  mustBe: RegExp;
}

const SECONDS = /must be a number of seconds, 0 or more/;
const TRUTH = /must be true or false/;
const PATH = /must be an absolute path/;
const COUNT = /must be a whole number, 1 or more/;

function row(
  key: string,
  field: Field,
  initially: unknown,
  [written, read]: [string, unknown],
  wrong: string,
  mustBe: RegExp,
): Row {
  return { key, field, initially, written, read, wrong, mustBe };
}

const rows: Row[] = [
  row("root_dir", "rootDir", "/opt/codedeploy-agent/deployment-root", ["/r", "/r"], "here", PATH),
  row("log_dir", "logDir", "/var/log/aws/codedeploy-agent", ["/l", "/l"], "logs", PATH),
  row("pid_dir", "pidFile", undefined, ["/p/", "/p/codedeploy-agent.pid"], "p", PATH),
  row("verbose", "verbose", false, ["true", true], "loud", TRUTH),
  row("wait_between_runs", "waitBetweenRunsMs", 1000, ["3", 3000], "-1", SECONDS),
  row("wait_after_error", "waitAfterErrorMs", 30_000, ["7", 7000], "soon", SECONDS),
  row("wait_after_throttle_error", "waitAfterThrottleMs", 60_000, ["9", 9000], "[]", SECONDS),
  row(
    "wait_after_connection_problem",
    "waitAfterConnectionProblemMs",
    5000,
    ["0.5", 500],
    "'5'",
    SECONDS,
  ),
  row("http_read_timeout", "readTimeoutMs", 80_000, ["20", 20_000], "0", /, more than 0/),
  row("max_revisions", "maxRevisions", 5, ["2", 2], "0", COUNT),
  row(
    "kill_agent_max_wait_time_seconds",
    "stopWaitMs",
    7_200_000,
    ["60", 60_000],
    "-2",
    SECONDS,
  ),
  row("enable_deployments_log", "enableDeploymentsLog", true, ["false", false], "maybe", TRUTH),
  row("enable_auth_policy", "enableAuthPolicy", false, ["true", true], "1", TRUTH),
  row(
    "deploy_control_endpoint",
    "endpoint",
    "http://server:1",
    ["https://other:8443", "https://other:8443"],
    "server:1",
    /must be an http:\/\/ or https:\/\/ URL/,
  ),
  row(
    "s3_endpoint_override",
    "s3Endpoint",
    "http://server:1",
    ["https://s3.test", "https://s3.test"],
    "s3",
    /must be an http:\/\/ or https:\/\/ URL/,
  ),
  row("codedeploy_test_profile", "testProfile", "prod", ["beta", "beta"], "alpha", /prod or beta/),
  row(
    "ongoing_deployment_tracking",
    "ongoingDeployments",
    "ongoing-deployment",
    ["busy", "busy"],
    "a/b",
    /must be a plain file name/,
  ),
  row("install_root", "installRoot", undefined, ["/i", "/i"], "i", PATH),
  row("max_rate", "maxRate", undefined, ["10MB", 10_000_000], "0", /must be bytes per second/),
  row(
    "github_endpoint",
    "githubEndpoint",
    "https://api.github.com",
    ["https://github.test/api/v3", "https://github.test/api/v3"],
    "http://github.test",
    /must be an https:\/\/ URL/,
  ),
  row("github_token_file", "githubTokenFile", undefined, ["/t", "/t"], "t", PATH),
  row(
    "existence_checks",
    "existenceChecks",
    "after-removal",
    ["before-removal", "before-removal"],
    "never",
    /must be after-removal or before-removal/,
  ),
  row("enable_archive_reuse", "enableArchiveReuse", true, ["false", false], "x", TRUTH),
  row("adopt_if_identical", "adoptIfIdentical", false, ["true", true], "x", TRUTH),
  row("release_directories", "releaseDirectories", [], ["[/srv]", ["/srv"]], "[srv]", PATH),
  row("stop_script_from", "stopScriptFrom", "previous", ["new", "new"], "old", /previous or new/),
  row("max_parallel_deployments", "maxParallelDeployments", 16, ["4", 4], "1.5", COUNT),
  row(
    "reboot_command",
    "rebootCommand",
    ["systemctl", "reboot"],
    ["[reboot]", ["reboot"]],
    "reboot",
    /must be a list of words/,
  ),
];

for (const { key, field, initially, written, read, wrong, mustBe } of rows) {
  test(`spec 11.2 :${key}: is ${JSON.stringify(initially) ?? "absent"} unless it is given`, async () => {
    assert.deepEqual((await configOf(undefined))[field], initially);
  });

  test(`spec 11.2 :${key}: ${written} is read, with and without colons`, async () => {
    const agent = key === "deploy_control_endpoint" ? KEY : AGENT;
    for (const line of [`:${key}: ${written}\n`, `${key}: ${written}\n`]) {
      const files = { agent: agent + line, onPremises: USER };
      const config = await withFiles(files, (file) => readConfig(file, {}, NO_IMDS));
      assert.deepEqual(config[field], read);
      assert.deepEqual(config.warnings, []);
    }
  });

  test(`spec 11.2 :${key}: ${wrong} is refused with file, line, column, value and what is allowed`, async () => {
    const agent = key === "deploy_control_endpoint" ? KEY : AGENT;
    const files = { agent: `${agent}:${key}: ${wrong}\n`, onPremises: USER };
    const line = 1 + agent.split("\n").length;
    await withFiles(files, async (file) => {
      await assert.rejects(readConfig(file, {}, NO_IMDS), (error: unknown) => {
        assert.ok(error instanceof AgentFailure, String(error));
        const text = error.render();
        assert.match(text, /^The agent's configuration .*agent\.yml is not valid\n/);
        const place = `agent.yml, line ${line}, column ${key.length + 4}: :${key}: is `;
        assert.ok(text.includes(place), `${text} should have "${place}"`);
        assert.match(text, mustBe);
        return true;
      });
    });
  });
}

test("spec 11.2 :program_name: names the pid file", async () => {
  const config = await configOf(":pid_dir: /p\n:program_name: deployer\n");
  assert.equal(config.pidFile, "/p/deployer.pid");
  assert.match(await refused(":program_name: ../x\n"), /:program_name: is "\.\.\/x"; it must be/);
});

test("spec 11.2 :children: must be 1", async () => {
  assert.ok(await configOf(":children: 1\n"));
  assert.match(await refused(":children: 2\n"), /:children: is 2; it must be 1: children can only/);
});

test("spec 11.2 :kill_agent_max_wait_time_seconds: is a day at most", async () => {
  const { stopWaitMs } = await configOf(":kill_agent_max_wait_time_seconds: 100000\n");
  assert.equal(stopWaitMs, 86_400_000);
});

test("spec 11.2 :server_public_key: is ours and must be a key in PEM", async () => {
  assert.match((await configOf("")).serverPublicKey ?? "", /^-----BEGIN PUBLIC KEY/);
  const files = { agent: ":server_public_key: abc\n", onPremises: USER };
  await assert.rejects(withFiles(files, (file) => readConfig(file, {}, NO_IMDS)), (error) => {
    assert.ok(error instanceof AgentFailure);
    assert.match(error.render(), /line 2, column 21: :server_public_key: is "abc"; it must be a/);
    return true;
  });
});

test("spec 11.2 every key of the table has its rows here, and only those have", async () => {
  const source = await readFile(join(root, "test/agent/config_test.ts"), "utf8");
  // In the files on identity and network.
  const elsewhere = ["on_premises_config_file", "disable_imds_v1", "proxy_uri", "ca_file"];
  const others = ["log_aws_wire", "order_signer_certificate", "use_fips_mode"];
  const missing = Object.keys(AgentSettings.shape).filter((key) =>
    !rows.some((one) => one.key === key) && !source.includes(`:${key}:`) &&
    !elsewhere.includes(key) && !others.includes(key)
  );
  assert.deepEqual(missing, []);
});

test("several wrong values are told together, each with its line", async () => {
  const text = await refused(":max_revisions: 0\n:verbose: 7\n");
  assert.match(text, /line 7, column 17: :max_revisions: is 0.*\n +agent\.yml, line 8, column 11/);
});

test("a file that is missing is fatal and says how to join", async () => {
  await assert.rejects(readConfig("/nonexistent/agent.yml", {}, NO_IMDS), (error: unknown) => {
    assert.ok(error instanceof AgentFailure);
    assert.match(error.render(), /agent\.yml is missing\n(.*\n){2}.*runtime agent join/);
    return true;
  });
});

const malformed: [what: string, lines: string, RegExp][] = [
  ["no YAML", ":a: [\n", /not YAML: .*line \d+, column/],
  ["one key twice", ":verbose: true\n:verbose: false\n", /not YAML: .*unique at line 8/],
  [
    "both forms of one key",
    ":max_revisions: 2\nmax_revisions: 3\n",
    /line 7 has :max_revisions: and line 8 has max_revisions:, which mean the same; keep one/,
  ],
];
for (const [what, lines, expected] of malformed) {
  test(`a file with ${what} is refused with its line`, async () => {
    assert.match(await refused(lines), expected);
  });
}

test("a file that is a list is refused", async () => {
  await withFiles({}, async (_, folder) => {
    const file = join(folder, "list.yml");
    await writeFile(file, "- a\n");
    await assert.rejects(readConfig(file, {}, NO_IMDS), /is not valid/);
  });
});

const unknown: [lines: string, warning: RegExp | undefined][] = [
  [":max_revision: 3\n", /agent\.yml, line 7: :max_revision: .* did you mean max_revisions\?$/],
  ["Root_Dir: /x\n", /Root_Dir: is not a key .* did you mean root_dir\?$/],
  [":something_else: 3\n", /:something_else: is not a key of this agent and has no effect$/],
  [":user: codedeploy\n", /:user: is a key of CodeDeploy's agent without effect here$/],
  [":max_revision:\n", undefined],
];
for (const [lines, warning] of unknown) {
  const what = lines.trim();
  test(`the key in "${what}" is ${warning ? "named in a warning" : "absent, as it is empty"}`, async () => {
    const { warnings } = await configOf(lines);
    assert.equal(warnings.length, warning ? 1 : 0, warnings.join("\n"));
    if (warning) assert.match(warnings[0] ?? "", warning);
  });
}

test("keys replace defaults one by one; an empty key counts as absent", async () => {
  const config = await configOf(":wait_between_runs: 3\n:proxy_uri:\n:max_revisions:\n");
  assert.equal(config.waitBetweenRunsMs, 3000);
  assert.equal(config.maxRevisions, 5);
});

test("YAML's other words for true and false are understood as AWS's agent does", async () => {
  assert.equal((await configOf(":verbose: yes\n")).verbose, true);
  assert.equal((await configOf(":enable_deployments_log: off\n")).enableDeploymentsLog, false);
});

const flags: [settings: Settings, field: Field, expected: unknown][] = [
  [{ max_revisions: "7" }, "maxRevisions", 7],
  [{ max_rate: "1MB" }, "maxRate", 1_000_000],
  [{ verbose: "true" }, "verbose", true],
  [{ release_directories: "/srv/a,/srv/b" }, "releaseDirectories", ["/srv/a", "/srv/b"]],
  [{ stop_script_from: "new" }, "stopScriptFrom", "new"],
];
for (const [settings, field, expected] of flags) {
  test(`the flag ${JSON.stringify(settings)} goes before the file`, async () => {
    const lines = ":max_revisions: 3\n:verbose: false\n";
    assert.deepEqual((await configOf(lines, settings))[field], expected);
  });
}

test("a wrong flag is named as the flag it was", async () => {
  assert.match(
    await refused(":max_revisions: 3\n", { max_revisions: "0" }),
    /^--max-revisions 0 is not valid\n +evidence +it must be a whole number, 1 or more\n/,
  );
  assert.match(await refused("", { verbose: "loud" }), /^--verbose loud is not valid\n/);
});

test("every key has a word for its flag and is described", () => {
  for (const [key, schema] of Object.entries(AgentSettings.shape)) {
    assert.ok(settingKind(key), key);
    assert.ok((schema.description ?? "").length > 5, `${key} is not described`);
  }
});

const endpoints: [region: string, lines: string, endpoint: string, s3: string][] = [
  [
    "eu-west-1",
    "",
    "https://codedeploy-commands.eu-west-1.amazonaws.com",
    "https://s3.eu-west-1.amazonaws.com",
  ],
  [
    "us-east-1",
    ":enable_auth_policy: true\n",
    "https://codedeploy-commands-secure.us-east-1.amazonaws.com",
    "https://s3.us-east-1.amazonaws.com",
  ],
  [
    "us-gov-west-1",
    ":enable_auth_policy: true\n:use_fips_mode: true\n",
    "https://codedeploy-commands-secure-fips.us-gov-west-1.amazonaws.com",
    "https://s3-fips.us-gov-west-1.amazonaws.com",
  ],
  [
    "us-east-2",
    ":deploy_control_endpoint: https://codedeploy-commands.us-east-2.amazonaws.com\n",
    "https://codedeploy-commands.us-east-2.amazonaws.com",
    "https://s3.us-east-2.amazonaws.com",
  ],
  [
    "cn-north-1",
    "",
    "https://codedeploy-commands.cn-north-1.amazonaws.com.cn",
    "https://s3.cn-north-1.amazonaws.com.cn",
  ],
];
for (const [region, lines, endpoint, s3] of endpoints) {
  test(`spec 12.1 without an endpoint, ${region} with "${lines.trim()}" is ${endpoint}`, async () => {
    const files = { agent: lines, onPremises: USER.replace("us-east-1", region) };
    const config = await withFiles(files, (file) => readConfig(file, {}, NO_IMDS));
    assert.equal(config.endpoint, endpoint);
    assert.equal(config.s3Endpoint, s3);
    assert.equal(config.serverPublicKey, undefined);
  });
}

test("spec 11.2 :use_fips_mode: outside of the USA is refused with its line", async () => {
  const files = { agent: ":use_fips_mode: true\n", onPremises: USER.replace("us-east", "eu-west") };
  await assert.rejects(withFiles(files, (file) => readConfig(file, {}, NO_IMDS)), (error) => {
    assert.ok(error instanceof AgentFailure);
    assert.match(error.render(), /line 2: :use_fips_mode: .*only in regions located in the USA/);
    return true;
  });
});

test("spec 12.4 a stock host's files are enough: an endpoint, an S3, and a key pair", async () => {
  const agent = ":deploy_control_endpoint: https://h:8443\n:s3_endpoint_override: https://h:8443\n";
  const files = { agent, onPremises: USER.replace("us-east-1", "eu-north-1") };
  const config = await withFiles(files, (file) => readConfig(file, {}, NO_IMDS));
  assert.equal(config.endpoint, "https://h:8443");
  assert.equal(config.identity.region, "eu-north-1", "signatures are of the configured region");
  assert.deepEqual(config.warnings, []);
});

test("docs/operating.md has a row with the default of every key, and no other", async () => {
  const page = await readFile(join(root, "docs/operating.md"), "utf8");
  const documented = new Map(
    [...page.matchAll(/^\| `:(\w+):` +\| ([^|]*?) +\|/gm)].map(([, key = "", text = ""]) =>
      [key, text] as const
    ),
  );
  assert.deepEqual([...documented.keys()].sort(), Object.keys(AgentSettings.shape).sort());
  const defaults: Record<string, unknown> = AgentSettings.parse({});
  for (const [key, text] of documented) {
    const value = defaults[key];
    const shown = Array.isArray(value) ? `[${value.join(", ")}]` : String(value ?? "");
    assert.equal(text.replaceAll("`", ""), shown, key);
  }
});
