import assert from "node:assert/strict";
import { chmod, mkdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../core/agent/config.ts";
import { AgentFailure } from "../../core/agent/failure.ts";
import { type Identity, readIdentity } from "../../core/agent/identity.ts";
import { sessionCredentials } from "../../core/agent/session_credentials.ts";
import { AGENT, NO_IMDS, USER, withFiles } from "./config_files.ts";

const SESSION = "iam_session_arn: arn:aws:sts::1:assumed-role/r/web-01\nregion: eu-west-1\n" +
  "aws_credentials_file: FOLDER/credentials\n";

/** A profile whose parts tell it apart. */
function profile(name: string, more = ""): string {
  return `[default]\naws_access_key_id = ASIA${name}\naws_secret_access_key = s-${name}\n` +
    `aws_session_token = t-${name}\n${more}`;
}

function keysOf(name: string) {
  return { accessKeyId: `ASIA${name}`, secretAccessKey: `s-${name}`, sessionToken: `t-${name}` };
}

function identityOf(onPremises: string, credentials?: string): Promise<Identity> {
  return withFiles({ agent: AGENT, onPremises, credentials }, async (file) => {
    return (await readConfig(file, {}, NO_IMDS)).identity;
  });
}

test("spec 11.1 IAM user: the ARN verbatim, its region and its keys", async () => {
  const identity = await identityOf(USER);
  assert.equal(identity.hostIdentifier, "arn:aws:iam::1:user/AWS/CodeDeploy/web-01");
  assert.equal(identity.name, "web-01");
  assert.equal(identity.region, "us-east-1");
  assert.deepEqual(await identity.credentials(), { accessKeyId: "AKIA", secretAccessKey: "s" });
});

test("spec 11.1 IAM user: the file's region is taken, whatever AWS_REGION says", async () => {
  await withFiles({ agent: AGENT, onPremises: USER }, async (file) => {
    const config = await readConfig(file, {}, { ...NO_IMDS, AWS_REGION: "ap-south-1" });
    assert.equal(config.identity.region, "us-east-1");
  });
});

test("spec 11.1 IAM session: the ARN verbatim, keys and token of the credentials file", async () => {
  const identity = await identityOf(SESSION, profile("A"));
  assert.equal(identity.hostIdentifier, "arn:aws:sts::1:assumed-role/r/web-01");
  assert.equal(identity.region, "eu-west-1");
  assert.deepEqual(await identity.credentials(), keysOf("A"));
});

test("spec 11.1 keys that look like numbers stay texts, and keys may have colons", async () => {
  const onPremises = ":iam_user_arn: arn:aws:iam::1:user/w\n:region: us-east-1\n" +
    ":aws_access_key_id: 0123456789\n:aws_secret_access_key: 1e5\n";
  const identity = await identityOf(onPremises);
  assert.deepEqual(await identity.credentials(), {
    accessKeyId: "0123456789",
    secretAccessKey: "1e5",
  });
});

const faults: [what: string, onPremises: string, expected: RegExp][] = [
  ...["region", "aws_access_key_id", "aws_secret_access_key"].map(
    (key): [string, string, RegExp] => [
      `IAM user without ${key}`,
      USER.replace(new RegExp(`${key}.*\\n`), ""),
      new RegExp(`'${key}' key is required when 'iam_user_arn' is provided\\.`),
    ],
  ),
  ...["region", "aws_credentials_file"].map((key): [string, string, RegExp] => [
    `IAM session without ${key}`,
    SESSION.replace(new RegExp(`${key}.*\\n`), ""),
    new RegExp(`'${key}' key is required when 'iam_session_arn' is provided\\.`),
  ]),
  [
    "IAM user with an empty key",
    USER.replace("region: us-east-1", "region:"),
    /'region' key is required when 'iam_user_arn' is provided\./,
  ],
  [
    "both ARNs",
    `${USER}iam_session_arn: arn\n`,
    /On Premises config cannot contain both 'iam_user_arn' and 'iam_session_arn' keys\./,
  ],
  ["neither ARN", "region: x\n", /One of the keys 'iam_user_arn' and 'iam_session_arn'/],
  ["both forms of a key", `${USER}:region: x\n`, /line 2 has region: and line 5 has :region:/],
  ...[["no YAML", "a: [\n"], ["a list", "- a\n"]].map(
    ([what, text]): [string, string, RegExp] => [
      `unparseable, ${what}`,
      text ?? "",
      /The deployment failed because the format of the following on-premises configuration file is invalid: \S+onpremises\.yml/,
    ],
  ),
];
for (const [what, onPremises, expected] of faults) {
  test(`spec 11.1 ${what} is refused in the words of CodeDeploy's agent`, async () => {
    await assert.rejects(identityOf(onPremises, profile("A")), (error: unknown) => {
      assert.ok(error instanceof AgentFailure, String(error));
      assert.match(error.render(), expected);
      assert.match(error.render(), /onpremises\.yml is not valid\n/);
      assert.equal(error.parts.exitCode, 2);
      return true;
    });
  });
}

test("spec 11.1 a slip in a key's name is a warning that knows better", async () => {
  await withFiles({ agent: AGENT, onPremises: `${USER}regoin: x\n` }, async (file) => {
    const { warnings } = await readConfig(file, {}, NO_IMDS);
    assert.match(warnings.join(), /onpremises\.yml, line 5: regoin: .* did you mean region\?$/);
  });
});

const instance: Identity = {
  ...{ hostIdentifier: "arn:aws:ec2:r:1:instance/i-1", name: "i-1", region: "r" },
  credentials: () => Promise.resolve({ accessKeyId: "A", secretAccessKey: "s" }),
};

test("spec 11.1 a file that is absent means an EC2 instance", async () => {
  const asked: string[] = [];
  const { identity, warnings } = await readIdentity("/nonexistent/onpremises.yml", (why) => {
    asked.push(why);
    return Promise.resolve(instance);
  });
  assert.equal(identity, instance);
  assert.deepEqual(warnings, []);
  assert.deepEqual(asked, ["/nonexistent/onpremises.yml is missing"]);
});

test("spec 11.1 a file that cannot be read means an EC2 instance, with a warning", async () => {
  await withFiles({}, async (_, folder) => {
    const file = join(folder, "onpremises.yml");
    await mkdir(file); // root may read every file, but nobody may read a folder as one
    const { identity, warnings } = await readIdentity(file, () => Promise.resolve(instance));
    assert.equal(identity, instance);
    assert.deepEqual(warnings, [`${file} cannot be read (EISDIR)`]);
  });
});

test("a host without a file and without instance metadata is told how to join", async () => {
  await withFiles({ agent: AGENT }, async (file) => {
    await assert.rejects(readConfig(file, {}, NO_IMDS), (error: unknown) => {
      assert.ok(error instanceof AgentFailure);
      assert.match(
        error.render(),
        /it has no on-premises file and no instance metadata\n +evidence .*onpremises\.yml is missing; AWS_EC2_METADATA_DISABLED.*\n +state .*\n +next +runtime agent join /,
      );
      return true;
    });
  });
});

/** Runs with a credentials file, and a clock that the test moves. */
async function withCredentials(
  text: string,
  play: (session: {
    file: string;
    keys(): Promise<unknown>;
    moveClock(ms: number): void;
  }) => Promise<void>,
): Promise<void> {
  await withFiles({ credentials: text }, async (_, folder) => {
    const file = join(folder, "credentials");
    let now = Date.parse("2026-11-25T12:00:00Z");
    const keys = await sessionCredentials(file, () => now);
    await play({ file, keys, moveClock: (ms) => now += ms });
  });
}

test("a session's file that is written again is used at the next request", async () => {
  await withCredentials(profile("A"), async ({ file, keys }) => {
    assert.deepEqual(await keys(), keysOf("A"));
    await writeFile(file, profile("B"));
    assert.deepEqual(await keys(), keysOf("B"));
  });
});

test("a session's file that is replaced by another with the same time is used", async () => {
  await withCredentials(profile("A"), async ({ file, keys }) => {
    const when = new Date("2026-01-01T00:00:00Z");
    await utimes(file, when, when);
    await keys();
    await writeFile(`${file}.new`, profile("B"));
    await utimes(`${file}.new`, when, when);
    await rename(`${file}.new`, file);
    assert.deepEqual(await keys(), keysOf("B"));
  });
});

test("a session's file is read again after half an hour, changed or not", async () => {
  await withCredentials(profile("A"), async ({ file, keys, moveClock }) => {
    await keys();
    await rm(file);
    // Gone, but the keys are known; and when it is back, it is read.
    moveClock(31 * 60_000);
    assert.deepEqual(await keys(), keysOf("A"));
    await writeFile(file, profile("B"));
    assert.deepEqual(await keys(), keysOf("B"));
  });
});

const halves: [what: string, text: string][] = [
  ["is empty", ""],
  ["ends before the secret", "[default]\naws_access_key_id = ASIAB\n"],
  ["has another section alone", profile("B").replace("default", "other")],
];
for (const [what, text] of halves) {
  test(`a session's file that ${what} keeps the last good keys, and the next write is seen`, async () => {
    await withCredentials(profile("A"), async ({ file, keys }) => {
      await writeFile(file, text);
      assert.deepEqual(await keys(), keysOf("A"));
      await writeFile(file, profile("C"));
      assert.deepEqual(await keys(), keysOf("C"));
    });
  });
}

test("a session's file with expired keys keeps the last good ones", async () => {
  await withCredentials(profile("A"), async ({ file, keys }) => {
    await writeFile(file, profile("B", "aws_expiration = 2026-11-25T11:00:00Z\n"));
    assert.deepEqual(await keys(), keysOf("A"));
    await writeFile(file, profile("C", "aws_expiration = 2026-11-25T13:00:00Z\n"));
    assert.deepEqual(await keys(), keysOf("C"));
  });
});

test("a session's file that nobody may read keeps the last good keys", async () => {
  await withCredentials(profile("A"), async ({ file, keys }) => {
    await rm(file);
    await mkdir(file, { mode: 0o000 });
    assert.deepEqual(await keys(), keysOf("A"));
    await chmod(file, 0o700);
  });
});

test("a session's file that is missing at the start is refused, naming it", async () => {
  await assert.rejects(identityOf(SESSION), (error: unknown) => {
    assert.ok(error instanceof AgentFailure);
    assert.match(error.render(), /credentials file \S+\/credentials cannot be used\n.*ENOENT/);
    return true;
  });
});

test("a session's file without a secret at the start is refused, naming section and key", async () => {
  const half = "[default]\naws_access_key_id = ASIA\n";
  await assert.rejects(identityOf(SESSION, half), (error: unknown) => {
    assert.ok(error instanceof AgentFailure);
    assert.match(error.render(), /\[default\] has no aws_secret_access_key/);
    return true;
  });
});
