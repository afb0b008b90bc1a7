/**
 * Hosts that come the way CodeDeploy's user guide tells: `aws deploy register`, and the session of a
 * role. The aws CLI is unchanged and given no endpoint.
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { connect } from "../../core/store/database.ts";
import { AwsHosts } from "./aws_hosts.ts";
import { version } from "./bundles.ts";
import { installed } from "./deployments.ts";
import { AWS, Fleet, type Host, until } from "./fleet.ts";

const skip = !existsSync(AWS) && "Debian's awscli is not installed";
const Session = z.object({
  Credentials: z.object({
    AccessKeyId: z.string(),
    SecretAccessKey: z.string(),
    SessionToken: z.string(),
    Expiration: z.string(),
  }),
  AssumedRoleUser: z.object({ Arn: z.string() }),
});

test("a host comes with aws deploy register, takes a deployment, and goes with deregister", {
  skip,
}, async () => {
  await inPlaceOfAmazon(async (fleet, hosts) => {
    const host = place(fleet, "web-1");
    const register = ["deploy", "register", "--instance-name", "web-1"];
    const registered = await hosts.aws(fleet, ...register, "--tags", "Key=role,Value=web");
    assert.equal(registered.code, 0, registered.stdout + registered.stderr);
    assert.match(registered.stdout, /IamUserArn: arn:aws:iam::0{12}:user\/AWS\/CodeDeploy\/web-1/);
    assert.deepEqual([...new Set(hosts.asked)], [
      "iam.amazonaws.com",
      "codedeploy.us-east-1.amazonaws.com",
    ]);
    const file = join(fleet.directory, "codedeploy.onpremises.yml");
    await trust(fleet, host, file);
    await fleet.startAgent(host);
    await deployed(fleet, host, "1");

    const again = await hosts.aws(fleet, ...register);
    assert.match(again.stderr, /EntityAlreadyExists.*User with name web-1 already exists/);

    profile(fleet, file);
    const whoami = ["sts", "get-caller-identity", "--profile", "host", "--output", "text"];
    const arn = await hosts.aws(fleet, ...whoami, "--query", "Arn");
    assert.equal(arn.stdout.trim(), "arn:aws:iam::000000000000:user/AWS/CodeDeploy/web-1");
    const gone = await hosts.aws(fleet, "deploy", "deregister", "--instance-name", "web-1");
    assert.equal(gone.code, 0, gone.stdout + gone.stderr);
    const user = await hosts.aws(fleet, "iam", "get-user", "--user-name", "web-1");
    assert.match(user.stderr, /\(NoSuchEntity\).*The user with name web-1 cannot be found/);
    assert.match((await hosts.aws(fleet, ...whoami)).stderr, /InvalidClientTokenId/);
  });
});

test("a host signs with the session of a role, over a restart and beyond its end", {
  skip,
}, async () => {
  await inPlaceOfAmazon(async (fleet, hosts) => {
    const host = place(fleet, "web-1");
    const credentials = join(host.installRoot, "credentials");
    const first = await session(hosts, fleet, credentials);
    const arn = "arn:aws:sts::000000000000:assumed-role/CodeDeployInstances/web-1";
    assert.equal(first.AssumedRoleUser.Arn, arn);
    for (
      const argv of [
        ["register-on-premises-instance", "--instance-name", "web-1", "--iam-session-arn", arn],
        ["add-tags-to-on-premises-instances", "--instance-names", "web-1", "--tags"]
          .concat("Key=role,Value=web"),
      ]
    ) {
      const ran = await hosts.aws(fleet, "deploy", ...argv);
      assert.equal(ran.code, 0, ran.stderr);
    }
    const file = join(host.installRoot, "codedeploy.onpremises.yml");
    writeFileSync(
      file,
      `iam_session_arn: ${arn}\nregion: us-east-1\naws_credentials_file: ${credentials}\n`,
    );
    await trust(fleet, host, file);
    await fleet.startAgent(host);
    await deployed(fleet, host, "1");

    await fleet.killServer();
    await fleet.startServer();
    await deployed(fleet, host, "2");

    await fleet.killServer();
    end(fleet, first.Credentials.AccessKeyId);
    await fleet.startServer();
    const log = join(host.root, "agent-logs", "codedeploy-agent.log");
    await until(
      "the agent is told that its session ended",
      () => /ExpiredToken|security token.*expired/.test(readFileSync(log, "utf8")),
    );
    const id = await deploy(fleet, "3");
    await session(hosts, fleet, credentials);
    await succeeded(fleet, id);
    assert.equal(installed(host), "3\n");
  });
});

async function inPlaceOfAmazon(
  play: (fleet: Fleet, hosts: AwsHosts) => Promise<void>,
): Promise<void> {
  const hosts = await AwsHosts.start();
  const fleet = await Fleet.startTls(0, hosts.tls);
  hosts.leadTo(fleet.url);
  try {
    await play(fleet, hosts);
  } finally {
    await fleet.close();
    await hosts.close();
  }
}

/** A host's folders, before it is known to anybody. */
function place(fleet: Fleet, name: string): Host {
  const installRoot = join(fleet.directory, name);
  mkdirSync(installRoot);
  const config = join(installRoot, "conf", "codedeployagent.yml");
  const host: Host = { name, installRoot, root: join(installRoot, "deployment-root"), config };
  fleet.hosts.push(host);
  return host;
}

/** The host pins the server's key with the keys it has. */
async function trust(fleet: Fleet, host: Host, file: string): Promise<void> {
  const ran = await fleet.runtime(
    ...["agent", "join", fleet.url, "--registered", file],
    ...["--config-dir", join(host.installRoot, "conf")],
    ...["--root", host.root, "--install-root", host.installRoot],
  );
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  assert.match(ran.stdout, new RegExp(`^${host.name} trusts https://`));
}

/** A new session of the host, in the file that its agent reads. */
async function session(
  hosts: AwsHosts,
  fleet: Fleet,
  file: string,
): Promise<z.infer<typeof Session>> {
  const role = "arn:aws:iam::000000000000:role/CodeDeployInstances";
  const ran = await hosts.aws(
    fleet,
    ...["sts", "assume-role", "--role-arn", role, "--role-session-name", "web-1"],
    ...["--output", "json"],
  );
  assert.equal(ran.code, 0, ran.stderr);
  const answer = Session.parse(JSON.parse(ran.stdout));
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials;
  writeFileSync(
    file,
    `[default]\naws_access_key_id = ${AccessKeyId}\naws_secret_access_key = ${SecretAccessKey}\n` +
      `aws_session_token = ${SessionToken}\nexpiration = ${Expiration}\n`,
  );
  return answer;
}

/** Lets a session be over, while the server does not run. */
function end(fleet: Fleet, accessKeyId: string): void {
  const { client } = connect(join(fleet.data, "runtime.db"));
  const over = client.prepare("UPDATE access_keys SET expires_at = ? WHERE access_key_id = ?")
    .run(Date.now() - 1000, accessKeyId);
  client.close();
  assert.equal(over.changes, 1);
}

async function deployed(fleet: Fleet, host: Host, name: string): Promise<void> {
  await succeeded(fleet, await deploy(fleet, name));
  assert.equal(installed(host), `${name}\n`);
}

/** Begins a deployment of a new version; answers its id. */
async function deploy(fleet: Fleet, name: string): Promise<string> {
  if (name === "1") await fleet.declare();
  const bundle = fleet.bundle(`v${name}`, version(name));
  const ran = await fleet.runtime(
    ...["deploy", "--app", "shop", "--group", "production", bundle, "--no-wait", "--json"],
  );
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  return z.object({ deploymentId: z.string() }).parse(JSON.parse(ran.stdout)).deploymentId;
}

async function succeeded(fleet: Fleet, id: string): Promise<void> {
  const status = await until(`${id} ends`, async () => {
    const Info = z.object({ deploymentInfo: z.object({ status: z.string() }) });
    const answer = await fleet.api("GetDeployment", { deploymentId: id });
    const { deploymentInfo } = Info.parse(answer);
    return /^(Succeeded|Failed|Stopped)$/.test(deploymentInfo.status) && deploymentInfo.status;
  }, 60);
  assert.equal(status, "Succeeded");
}

/** The profile `host` of the aws CLI, with the keys that `register` wrote. */
function profile(fleet: Fleet, file: string): void {
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n").flatMap((line) => {
    const [, key, value] = /^(aws_\w+): (.*)$/.exec(line) ?? [];
    return key === undefined ? [] : [`${key} = ${value}`];
  });
  mkdirSync(join(fleet.directory, ".aws"));
  writeFileSync(
    join(fleet.directory, ".aws", "credentials"),
    ["[host]", ...lines, ""].join("\n"),
  );
}
