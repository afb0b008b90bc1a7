/** Triggers of real deployments, heard by an HTTPS endpoint and a mailbox. @module */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { z } from "zod";
import { makeAuthority } from "../agent/authority.ts";
import { NO_SMTP_SERVER, startSmtpServer } from "../delivery/smtp_server.ts";
import { version } from "./bundles.ts";
import { deploy, ended } from "./deployments.ts";
import { AWS, Fleet, until } from "./fleet.ts";
import { startTopicReceiver, statusOf, type TopicReceiver } from "./topic_receiver.ts";

const TOPIC = "arn:aws:sns:us-east-1:000000000000:deployments";
const NOWHERE = "arn:aws:sns:us-east-1:000000000000:nowhere";
const EVENTS = [
  ...["DeploymentStart", "DeploymentSuccess", "DeploymentFailure", "DeploymentStop"],
  ...["DeploymentRollback", "InstanceStart", "InstanceSuccess", "InstanceFailure"],
];

interface Stage extends AsyncDisposable {
  fleet: Fleet;
  ca: string;
  tls: ReturnType<typeof makeAuthority>;
}

/** A server with TLS and one host; `flags` beside. */
async function openStage(...flags: string[]): Promise<Stage> {
  const authority = makeAuthority("topics");
  const directory = mkdtempSync(join(tmpdir(), "topics-tls-"));
  const files = { cert: "cert.pem", key: "key.pem", ca: "ca.pem" } as const;
  const tls = { cert: "", key: "", ca: "" };
  for (const [name, file] of Object.entries(files) as [keyof typeof files, string][]) { // because these are its keys
    tls[name] = join(directory, file);
    writeFileSync(tls[name], authority[name]);
  }
  const fleet = await Fleet.startTls(1, tls);
  fleet.env["AWS_CA_BUNDLE"] = tls.ca;
  if (flags.length > 0) {
    await fleet.killServer();
    fleet.serverFlags = [...fleet.serverFlags, ...flags];
    await fleet.startServer();
  }
  return {
    fleet,
    ca: authority.ca,
    tls: authority,
    async [Symbol.asyncDispose]() {
      await fleet.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** A trigger for each event, named after it. */
async function declare(fleet: Fleet): Promise<void> {
  await fleet.declare({ rollback: "[failure]" });
  await fleet.api("UpdateDeploymentGroup", {
    applicationName: "shop",
    currentDeploymentGroupName: "production",
    triggerConfigurations: [
      ...EVENTS.map((event) => ({
        triggerName: event,
        triggerTargetArn: TOPIC,
        triggerEvents: [event],
      })),
      { triggerName: "lost", triggerTargetArn: NOWHERE, triggerEvents: ["DeploymentStart"] },
    ],
  });
}

async function run(fleet: Fleet, ...argv: string[]): Promise<string> {
  const ran = await fleet.runtime(...argv);
  assert.equal(ran.code, 0, ran.stderr);
  return ran.stdout;
}

const Said = z.record(z.string(), z.unknown());

/** The messages of a deployment in the order they came, as the receiver has them. */
function toldOf({ documents }: TopicReceiver, id: string) {
  return documents.filter(({ Type }) => Type === "Notification")
    .map(({ Message }) => Said.parse(JSON.parse(Message)))
    .filter((said) => said["deploymentId"] === id);
}

function namesOf(said: readonly Record<string, unknown>[]): unknown[] {
  return said.map((one) => one["eventTriggerName"]);
}

test("every trigger of a deployment, its failure and its rollback is told in order, signed", async () => {
  await using stage = await openStage();
  const { fleet, tls } = stage;
  await using hook = await startTopicReceiver(tls);
  assert.equal(await run(fleet, "topic", "create", "deployments"), `${TOPIC}\n`);
  await run(fleet, "topic", "subscribe", "deployments", hook.url);
  await until("the confirmed subscription", async () => {
    const listed = await run(fleet, "topic", "subscriptions", "deployments", "--json");
    return listed.includes(`${TOPIC}:`);
  });
  await declare(fleet);
  await until(
    "a test message of each trigger",
    () =>
      EVENTS.every((event) =>
        hook.documents.some(({ Message, Subject }) =>
          Subject?.startsWith("TEST: ") && Message.includes(`"eventTriggerName":"${event}"`)
        )
      ),
  );

  assert.equal((await deploy(fleet, fleet.bundle("v1", version("1")))).code, 0);
  const [first = ""] = await deploymentsOf(fleet);
  const success = await until("the success", () => {
    const told = toldOf(hook, first);
    return namesOf(told).includes("DeploymentSuccess") && told;
  });
  assert.deepEqual(namesOf(success), [
    ...["DeploymentStart", "InstanceStart", "InstanceSuccess", "DeploymentSuccess"],
  ]);
  checkMessages(success);

  const broken = version("2", { ApplicationStart: "exit 3" });
  assert.equal((await deploy(fleet, fleet.bundle("v2", broken))).code, 3);
  const [rollback = "", failed = ""] = await deploymentsOf(fleet);
  await until(
    "the end of the rollback",
    () => namesOf(toldOf(hook, rollback)).includes("DeploymentSuccess"),
  );
  const failure = toldOf(hook, failed);
  assert.deepEqual(namesOf(failure), [
    ...["DeploymentStart", "InstanceStart", "InstanceFailure", "DeploymentFailure"],
    "DeploymentRollback",
  ]);
  const [start, , instance, end, rolledBack] = failure;
  assert.equal(start?.["status"], "InProgress");
  assert.equal(instance?.["instanceStatus"], "Failed");
  assert.equal(end?.["status"], "Failed");
  assert.match(String(end?.["errorInformation"]), /"ErrorCode":"HEALTH_CONSTRAINTS"/);
  assert.match(
    String(rolledBack?.["rollbackInformation"]),
    new RegExp(`"RollbackDeploymentId":"${rollback}"`),
  );
  assert.deepEqual(hook.faults, []);

  const dead = await run(fleet, "events", "dead-letters", "--json");
  assert.match(dead, /no topic arn:aws:sns:us-east-1:000000000000:nowhere on this server/);
});

/** The messages of a success: strings alone, and the host's events in PascalCase. */
function checkMessages(told: readonly Record<string, unknown>[]): void {
  for (const said of told) {
    for (const [name, value] of Object.entries(said)) assert.equal(typeof value, "string", name);
  }
  const [, , instance, deployment] = told;
  const events = JSON.parse(String(instance?.["lifecycleEvents"]));
  assert.equal(events[0].LifecycleEvent, "ApplicationStop");
  assert.match(events[0].StartTime, /^\d+\.\d{3}$/);
  assert.match(String(instance?.["instanceId"]), /^arn:aws:codedeploy:.*:instance\/web-1/);
  assert.equal(JSON.parse(String(deployment?.["deploymentOverview"])).Succeeded, "1");
  assert.match(String(deployment?.["completeTime"]), /^\d+\.\d{3}$/);
}

/** The ids of all deployments, the newest first. */
async function deploymentsOf(fleet: Fleet): Promise<string[]> {
  const listed = z.object({ deployments: z.array(z.string()) })
    .parse(await fleet.api("ListDeployments", {}));
  return listed.deployments;
}

test("a mailbox confirms by the link and gets a mail for each trigger until it leaves", {
  skip: NO_SMTP_SERVER,
}, async () => {
  await using smtp = await startSmtpServer();
  const mail = ["--smtp-url", smtp.url, "--mail-from", "runtime@example.test"];
  await using stage = await openStage(...mail);
  const { fleet, ca } = stage;
  await run(fleet, "topic", "create", "deployments", "--display-name", "Shop deployments");
  await run(fleet, "topic", "subscribe", "deployments", "ops@example.test");
  const question = await until("the mail that asks", () => smtp.mails[0]);
  assert.deepEqual(question.recipients, ["ops@example.test"]);
  assert.equal(question.from, "Shop deployments <runtime@example.test>");
  await declare(fleet);
  const link = question.text.match(/https:\S+/)?.[0] ?? "";
  assert.equal(await statusOf(link, ca), 200);

  assert.equal((await deploy(fleet, fleet.bundle("v1", version("1")))).code, 0);
  const [id = ""] = await deploymentsOf(fleet);
  await ended(fleet, id);
  await until("four mails of the deployment", () => smtp.mails.length >= 5);
  const [, ...told] = smtp.mails;
  assert.deepEqual(told.map(({ subject }) => subject.split(":")[0]), [
    ...["IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED", "SUCCEEDED"],
  ]);
  assert.match(told[3]?.subject ?? "", new RegExp(`AWS CodeDeploy ${id} in us-east-1 to shop$`));

  const leave = told[0]?.unsubscribe.slice(1, -1) ?? "";
  assert.equal(await statusOf(leave, ca), 200);
  await run(fleet, "topic", "publish", "deployments", "nobody gets this");
  const heard = await run(fleet, "topic", "subscriptions", "--json");
  assert.deepEqual(JSON.parse(heard), { subscriptions: [] });
});

test("the aws CLI of Debian manages topics of the server, and publishes to them", {
  skip: !existsSync(AWS) && "Debian's awscli is not installed",
}, async () => {
  await using stage = await openStage();
  const { fleet, tls } = stage;
  await using hook = await startTopicReceiver(tls);
  const sns = async (...argv: string[]) => {
    const all = ["sns", ...argv, "--endpoint-url", fleet.url, "--output", "json"];
    const { stdout } = await promisify(execFile)(AWS, all, { env: fleet.env });
    return stdout.trim() === "" ? {} : Said.parse(JSON.parse(stdout));
  };
  const attributes = ["--attributes", "SignatureVersion=2"];
  const made = await sns("create-topic", "--name", "deployments", ...attributes);
  assert.deepEqual(made, { TopicArn: TOPIC });
  assert.deepEqual(await sns("list-topics"), { Topics: [{ TopicArn: TOPIC }] });
  const asked = ["--topic-arn", TOPIC, "--protocol", "https"];
  const subscribed = await sns("subscribe", ...asked, "--notification-endpoint", hook.url);
  assert.deepEqual(subscribed, { SubscriptionArn: "pending confirmation" });
  await until("the confirmed subscription", async () => {
    const listed = await sns("list-subscriptions-by-topic", "--topic-arn", TOPIC);
    return JSON.stringify(listed).includes(`${TOPIC}:`);
  });
  const said = await sns("publish", "--topic-arn", TOPIC, "--message", "Grüße", "--subject", "S");
  const heard = await until("the message", () => hook.documents[1]);
  assert.equal(heard.Message, "Grüße");
  assert.equal(heard.MessageId, said["MessageId"]);
  assert.equal(heard.SignatureVersion, "2");
  assert.deepEqual(hook.faults, []);
  await sns("delete-topic", "--topic-arn", TOPIC);
  assert.deepEqual(await sns("list-topics"), { Topics: [] });
});

for (
  const [flags, said] of [
    [["--smtp-url", "smtp://127.0.0.1:25"], /mail needs both/],
    [["--mail-from", "a@b.test"], /mail needs both/],
    [["--smtp-url", "http://u:secret@h", "--mail-from", "a@b.test"], /^(?!.*secret).*smtp:\/\//],
    [["--public-url", "runtime.test"], /--public-url takes a URL/],
    [["--sns-endpoint", "https://h/path"], /--sns-endpoint takes a URL/],
  ] as const
) {
  test(`a server with ${flags.join(" ")} does not start, and says why`, async () => {
    const fleet = new Fleet();
    try {
      const ran = await fleet.runtime("server", "--listen", "127.0.0.1:0", ...flags);
      assert.notEqual(ran.code, 0);
      assert.match(ran.stderr, said);
    } finally {
      await fleet.close();
    }
  });
}
