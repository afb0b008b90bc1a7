import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../core/agent/config.ts";
import { AgentFailure } from "../../core/agent/failure.ts";

const KEY =
  ":server_public_key: |\n  -----BEGIN PUBLIC KEY-----\n  x\n  -----END PUBLIC KEY-----\n";
const AGENT = `:deploy_control_endpoint: http://server:1\n${KEY}`;
const USER = "iam_user_arn: arn:aws:iam::1:user/AWS/CodeDeploy/web-01\nregion: us-east-1\n" +
  "aws_access_key_id: AKIA\naws_secret_access_key: s\n";

/** Runs with the two files in a folder of their own; undefined leaves one out. */
async function withFiles(
  files: { agent?: string; onPremises?: string; credentials?: string },
  play: (agentFile: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "config-"));
  try {
    const onPremises = join(folder, "onpremises.yml");
    const agentFile = join(folder, "agent.yml");
    if (files.onPremises !== undefined) {
      await writeFile(onPremises, files.onPremises.replaceAll("FOLDER", folder));
    }
    if (files.credentials !== undefined) {
      await writeFile(join(folder, "credentials"), files.credentials);
    }
    if (files.agent !== undefined) {
      await writeFile(agentFile, `:on_premises_config_file: ${onPremises}\n${files.agent}`);
    }
    await play(agentFile, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const faults: [what: string, agent: string | undefined, onPremises: string | undefined, RegExp][] =
  [
    ["no agent file", undefined, USER, /agent\.yml is missing\n(.*\n){2}.*runtime agent join/],
    ["no on-premises file", AGENT, undefined, /onpremises\.yml is missing\n(.*\n){2}.*agent join/],
    [
      "no endpoint",
      KEY,
      USER,
      /agent\.yml is not valid\n.*:deploy_control_endpoint: must be an http/,
    ],
    ["no pinned key", ":deploy_control_endpoint: http://s\n", USER, /:server_public_key: /],
    ["a relative root", `${AGENT}:root_dir: here\n`, USER, /:root_dir: must be an absolute path/],
    ["max_revisions 0", `${AGENT}:max_revisions: 0\n`, USER, /:max_revisions: Too small/],
    ["a rate of nothing", `${AGENT}:max_rate: 0\n`, USER, /:max_rate: must be bytes per second/],
    ["no YAML", `${AGENT}:a: [\n`, USER, /agent\.yml is not valid\n.*not YAML: .*line \d+, column/],
    [
      "a user without a secret",
      AGENT,
      USER.replace(/aws_secret.*\n/, ""),
      /'aws_secret_access_key' key is required when 'iam_user_arn' is provided\./,
    ],
    [
      "a session without a region",
      AGENT,
      "iam_session_arn: arn:aws:sts::1:assumed-role/r/web\naws_credentials_file: /x\n",
      /'region' key is required when 'iam_session_arn' is provided\./,
    ],
    [
      "both ARNs",
      AGENT,
      `${USER}iam_session_arn: arn\n`,
      /cannot contain both 'iam_user_arn' and 'iam_session_arn' keys\./,
    ],
    [
      "a list instead of keys",
      AGENT,
      "- a\n",
      /the format of the following on-premises configuration/,
    ],
  ];
for (const [what, agent, onPremises, expected] of faults) {
  test(`the configuration is refused for ${what}, naming file and key`, async () => {
    const files = {
      ...(agent !== undefined && { agent }),
      ...(onPremises !== undefined && { onPremises }),
    };
    await withFiles(files, async (agentFile) => {
      await assert.rejects(readConfig(agentFile), (error: unknown) => {
        assert.ok(error instanceof AgentFailure, String(error));
        assert.match(error.render(), expected);
        assert.equal(error.parts.exitCode, 2);
        return true;
      });
    });
  });
}

test("keys replace defaults one by one; an empty key counts as absent", async () => {
  const agent = `${AGENT}:wait_between_runs: 3\n:proxy_uri:\n:max_revisions:\n:verbose: false\n`;
  await withFiles({ agent, onPremises: USER }, async (agentFile) => {
    const config = await readConfig(agentFile);
    assert.equal(config.waitBetweenRunsMs, 3000);
    assert.equal(config.maxRevisions, 5);
    assert.equal(config.s3Endpoint, "http://server:1");
  });
});

test("a setting given as a flag goes before the file; a bad one is named as the flag it was", async () => {
  await withFiles({ agent: `${AGENT}:max_revisions: 3\n`, onPremises: USER }, async (agentFile) => {
    const config = await readConfig(agentFile, { max_revisions: 7, max_rate: "1MB" });
    assert.equal(config.maxRevisions, 7);
    assert.equal(config.maxRate, 1_000_000);
    await assert.rejects(readConfig(agentFile, { max_revisions: 0 }), (error: unknown) => {
      assert.ok(error instanceof AgentFailure, String(error));
      assert.match(error.render(), /^--max-revisions 0 is not valid\n/);
      assert.equal(error.parts.exitCode, 2);
      return true;
    });
  });
});

test("a download is limited by :max_rate: alone", async () => {
  await withFiles({ agent: AGENT, onPremises: USER }, async (agentFile) => {
    assert.equal((await readConfig(agentFile)).maxRate, undefined);
  });
  await withFiles({ agent: `${AGENT}:max_rate: 10MB\n`, onPremises: USER }, async (agentFile) => {
    assert.equal((await readConfig(agentFile)).maxRate, 10_000_000);
  });
});

test("a session's keys come from its credentials file, token included", async () => {
  const onPremises = "iam_session_arn: arn:aws:sts::1:assumed-role/r/web-01\nregion: eu-west-1\n" +
    "aws_credentials_file: FOLDER/credentials\n";
  const credentials = "[default]\naws_access_key_id = ASIA\naws_secret_access_key = s\n" +
    "aws_session_token = t\n";
  await withFiles({ agent: AGENT, onPremises, credentials }, async (agentFile) => {
    const { identity } = await readConfig(agentFile);
    assert.equal(identity.name, "web-01");
    assert.deepEqual(await identity.credentials(), {
      accessKeyId: "ASIA",
      secretAccessKey: "s",
      sessionToken: "t",
    });
  });
});
