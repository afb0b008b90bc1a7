/** `runtime import aws` between two servers of the compiled binary. @module */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { version } from "./bundles.ts";
import { deploy } from "./deployments.ts";
import { Fleet, type Ran } from "./fleet.ts";
import { disturbingProxy } from "./disturbing_proxy.ts";

const ROLE = "arn:aws:iam::123456789012:role/deploy";
const MANY = 120;

/** Two servers with keys of their own; the source's are in a profile of the destination's user. */
async function twoServers(): Promise<AsyncDisposable & { source: Fleet; here: Fleet }> {
  const source = new Fleet();
  const here = new Fleet();
  const close = async () => {
    await source.close();
    await here.close();
  };
  try {
    const key = { id: "AKIASOURCE0000000000", secret: "a-secret-of-the-source" };
    Object.assign(source.env, {
      AWS_ACCESS_KEY_ID: key.id,
      AWS_SECRET_ACCESS_KEY: key.secret,
      RUNTIME_ADMIN_ACCESS_KEY_ID: key.id,
      RUNTIME_ADMIN_SECRET_ACCESS_KEY: key.secret,
    });
    await source.startServer();
    await here.startServer();
    mkdirSync(join(here.directory, ".aws"));
    writeFileSync(
      join(here.directory, ".aws", "credentials"),
      `[source]\naws_access_key_id = ${key.id}\naws_secret_access_key = ${key.secret}\n` +
        `[stranger]\naws_access_key_id = AKIANOBODY0000000000\naws_secret_access_key = x\n`,
    );
    return { source, here, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

const importFrom = (url: string, here: Fleet, ...more: string[]): Promise<Ran> =>
  here.runtime("import", "aws", "--from-url", url, "--from-profile", "source", ...more);

/** A group that says something in every member. */
const FULL_GROUP = {
  deploymentConfigName: "two-thirds",
  ec2TagSet: { ec2TagSetList: [[{ Key: "role", Value: "web", Type: "KEY_AND_VALUE" }]] },
  onPremisesTagSet: {
    onPremisesTagSetList: [
      [{ Key: "role", Value: "web", Type: "KEY_AND_VALUE" }, { Key: "role", Type: "KEY_ONLY" }],
      [{ Key: "zone", Value: "1", Type: "KEY_AND_VALUE" }],
    ],
  },
  autoScalingGroups: ["asg-a", "asg-b"],
  triggerConfigurations: [{
    triggerName: "page",
    triggerTargetArn: "arn:aws:sns:us-east-1:123456789012:page",
    triggerEvents: ["DeploymentFailure", "DeploymentStop"],
  }],
  alarmConfiguration: { enabled: true, ignorePollAlarmFailure: true, alarms: [{ name: "errors" }] },
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
  outdatedInstancesStrategy: "IGNORE",
  deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" },
  blueGreenDeploymentConfiguration: {
    terminateBlueInstancesOnDeploymentSuccess: {
      action: "KEEP_ALIVE",
      terminationWaitTimeInMinutes: 5,
    },
  },
  loadBalancerInfo: { targetGroupInfoList: [{ name: "web" }] },
  terminationHookEnabled: true,
  serviceRoleArn: ROLE,
};

/** More than a page of applications, groups of one application, and instances. */
async function furnish(source: Fleet): Promise<void> {
  await source.api("CreateDeploymentConfig", {
    deploymentConfigName: "two-thirds",
    minimumHealthyHosts: { type: "FLEET_PERCENT", value: 66 },
  });
  await source.api("CreateDeploymentConfig", {
    deploymentConfigName: "slowly",
    computePlatform: "Lambda",
    trafficRoutingConfig: {
      type: "TimeBasedLinear",
      timeBasedLinear: { linearPercentage: 20, linearInterval: 3 },
    },
  });
  for (const index of Array(MANY).keys()) {
    await source.api("CreateApplication", { applicationName: `app-${index}` });
    await source.api("CreateDeploymentGroup", {
      applicationName: "app-0",
      deploymentGroupName: `group-${index}`,
      serviceRoleArn: ROLE,
    });
    await source.api("RegisterOnPremisesInstance", {
      instanceName: `web-${index}`,
      iamUserArn: `arn:aws:iam::123456789012:user/web-${index}`,
    });
  }
  for (const from of [0, MANY / 2]) {
    const instanceNames = Array.from({ length: MANY / 2 }, (_, index) => `web-${from + index}`);
    const tags = [{ Key: "role", Value: "web" }, { Key: "zone", Value: from === 0 ? "1" : "2" }];
    await source.api("AddTagsToOnPremisesInstances", { instanceNames, tags });
  }
  await source.api("RegisterOnPremisesInstance", {
    instanceName: "gone",
    iamUserArn: "arn:aws:iam::123456789012:user/gone",
  });
  await source.api("DeregisterOnPremisesInstance", { instanceName: "gone" });
  await source.api("CreateApplication", {
    applicationName: "functions",
    computePlatform: "Lambda",
    tags: [{ Key: "team", Value: "api" }],
  });
  await source.api("CreateDeploymentGroup", {
    applicationName: "app-1",
    deploymentGroupName: "full",
    ...FULL_GROUP,
    tags: [{ Key: "cost", Value: "7" }],
  });
  for (const key of ["v1.zip", "v2.zip"]) {
    await source.api("RegisterApplicationRevision", {
      applicationName: "app-1",
      description: `of ${key}`,
      revision: { revisionType: "S3", s3Location: { bucket: "b", key, bundleType: "zip" } },
    });
  }
}

const Report = z.object({
  steps: z.array(z.looseObject({ action: z.string(), kind: z.string(), name: z.string() })),
  notes: z.array(z.string()),
  applied: z.boolean(),
});
function report(ran: Ran): z.infer<typeof Report> {
  return Report.parse(JSON.parse(ran.stdout));
}
const count = (ran: Ran, action: string) =>
  report(ran).steps.filter((step) => step.action === action).length;

/** Applications, groups of app-0, groups of app-1, configs, instances, revisions. */
const THINGS = (MANY + 1) + MANY + 1 + 2 + MANY + 2;

/** What a server says of a thing, but for what is its own: ids and times. */
async function told(fleet: Fleet): Promise<unknown[]> {
  const group = { applicationName: "app-1", deploymentGroupName: "full" };
  const arn = "arn:aws:codedeploy:us-east-1:123456789012";
  const answers = [
    await fleet.api("GetDeploymentGroup", group),
    await fleet.api("GetDeploymentConfig", { deploymentConfigName: "slowly" }),
    await fleet.api("BatchGetOnPremisesInstances", { instanceNames: ["web-3", "web-119"] }),
    await fleet.api("GetApplication", { applicationName: "functions" }),
    await fleet.api("ListTagsForResource", { ResourceArn: `${arn}:deploymentgroup:app-1/full` }),
    await fleet.api("ListTagsForResource", { ResourceArn: `${arn}:application:functions` }),
    await fleet.api("ListApplicationRevisions", {
      applicationName: "app-1",
      sortBy: "registerTime",
    }),
    await fleet.api("ListOnPremisesInstances", { registrationStatus: "Registered" }),
  ];
  const own = /^(applicationId|deploymentGroupId|deploymentConfigId|instanceArn|nextToken|.*Time)$/;
  return answers.map((answer) =>
    JSON.parse(JSON.stringify(answer), (key, value) => own.test(key) ? undefined : value)
  );
}

test("an import brings more than a page of everything, and a second one has nothing to do", async () => {
  await using servers = await twoServers();
  const { source, here } = servers;
  await furnish(source);

  const dry = await importFrom(source.url, here, "--revisions", "--dry-run", "--json");
  assert.equal(dry.code, 0, dry.stderr);
  assert.equal(count(dry, "create"), THINGS);
  assert.equal(report(dry).steps.length, THINGS);
  assert.deepEqual(report(dry).notes, []);
  assert.equal(report(dry).applied, false);
  assert.deepEqual((await here.api("ListApplications", {}))["applications"], []);

  const ran = await importFrom(source.url, here, "--revisions");
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /^created config slowly\ncreated config two-thirds\n/);
  assert.match(ran.stdout, new RegExp(`\n${THINGS} created\n$`));
  assert.deepEqual(await told(here), await told(source));

  const again = await importFrom(source.url, here, "--revisions", "--dry-run");
  assert.equal(again.stdout, `nothing to do: ${THINGS} unchanged\n`);
  assert.equal(again.code, 0);

  await source.api("UpdateDeploymentGroup", {
    applicationName: "app-1",
    currentDeploymentGroupName: "full",
    alarmConfiguration: { enabled: false, alarms: [] },
    autoScalingGroups: [],
  });
  await source.api("AddTagsToOnPremisesInstances", {
    instanceNames: ["web-7"],
    tags: [{ Key: "zone", Value: "9" }],
  });
  await here.api("CreateApplication", { applicationName: "only-here" });
  const change = await importFrom(source.url, here);
  assert.equal(
    change.stdout,
    "updated group app-1/full: alarmConfiguration, autoScalingGroups\n" +
      `updated instance web-7: tags\n2 updated, ${THINGS - 4} unchanged\n`,
    change.stderr,
  );
  assert.deepEqual(await told(here), await told(source));
  await here.api("GetApplication", { applicationName: "only-here" });
});

test("a source that throttles now and then is waited for", async () => {
  await using servers = await twoServers();
  const { source, here } = servers;
  for (const index of Array(6).keys()) {
    await source.api("CreateApplication", { applicationName: `app-${index}` });
  }
  await using proxy = await disturbingProxy(
    source.url,
    (count) => count % 4 === 0 ? "throttled" : undefined,
  );
  const ran = await importFrom(proxy.url, here);
  assert.equal(ran.code, 0, ran.stderr);
  assert.ok(proxy.disturbed >= 2, `${proxy.disturbed}`);
  assert.match(ran.stdout, /\n6 created\n/);
});

test("hosts join after the import, under imported names, and are deployed to", async () => {
  await using servers = await twoServers();
  const { source, here } = servers;
  await source.api("CreateApplication", { applicationName: "shop" });
  await source.api("CreateDeploymentGroup", {
    applicationName: "shop",
    deploymentGroupName: "production",
    serviceRoleArn: ROLE,
    onPremisesInstanceTagFilters: [{ Key: "role", Value: "web", Type: "KEY_AND_VALUE" }],
  });
  const instanceName = "web-1";
  const iamUserArn = "arn:aws:iam::123456789012:user/AWS/CodeDeploy/web-1";
  await source.api("RegisterOnPremisesInstance", { instanceName, iamUserArn });
  const tags = [{ Key: "role", Value: "web" }];
  await source.api("AddTagsToOnPremisesInstances", { instanceNames: [instanceName], tags });
  assert.equal((await importFrom(source.url, here)).code, 0);
  const instance = z.object({
    instanceInfo: z.object({
      iamUserArn: z.string(),
      instanceArn: z.string(),
      tags: z.array(z.unknown()),
    }),
  });
  const told = async () =>
    instance.parse(await here.api("GetOnPremisesInstance", { instanceName })).instanceInfo;
  const imported = await told();

  const token = (await here.runtime("token", "create")).stdout.match(/^join-\S+/m)?.[0] ?? "";
  const installRoot = join(here.directory, instanceName);
  const host = {
    name: instanceName,
    installRoot,
    root: join(installRoot, "deployment-root"),
    config: join(installRoot, "conf", "codedeployagent.yml"),
  };
  const joinAt = (conf: string) =>
    here.runtime(
      ...["agent", "join", here.url, "--token", token, "--name", instanceName],
      ...["--tag", "zone=1", "--config-dir", conf],
      ...["--root", host.root, "--install-root", host.installRoot],
    );
  const joined = await joinAt(dirname(host.config));
  assert.equal(joined.code, 0, joined.stderr);
  const own = "arn:aws:iam::000000000000:user/AWS/CodeDeploy/web-1";
  assert.equal(
    joined.stdout.split("\n")[1],
    `it was registered as ${iamUserArn} and keeps its tags; it is ${own} now`,
  );
  assert.deepEqual(await told(), {
    ...imported,
    iamUserArn: own,
    tags: [...tags, { Key: "zone", Value: "1" }],
  });

  await here.startAgent(host);
  const deployed = await deploy(here, here.bundle("v1", version("v1")));
  assert.equal(deployed.code, 0, deployed.stdout + deployed.stderr);
  assert.equal(readFileSync(join(host.installRoot, "srv/app/version.txt"), "utf8"), "v1\n");

  const again = await importFrom(source.url, here);
  assert.equal(again.stdout, "nothing to do: 3 unchanged\n", again.stderr);
  const second = await joinAt(join(here.directory, "elsewhere"));
  assert.equal(second.code, 2, second.stdout);
  assert.match(second.stderr, /web-1 is registered already, for a host that signs as/);
  assert.match(second.stderr, /deregister-on-premises-instance --instance-name web-1/);
});

test("one application comes with its config and the instances that its groups choose", async () => {
  await using servers = await twoServers();
  const { source, here } = servers;
  for (const name of ["a", "b"]) {
    await source.api("CreateApplication", { applicationName: name });
    await source.api("CreateDeploymentConfig", {
      deploymentConfigName: `config-${name}`,
      minimumHealthyHosts: { type: "HOST_COUNT", value: 1 },
    });
    await source.api("CreateDeploymentGroup", {
      applicationName: name,
      deploymentGroupName: "production",
      deploymentConfigName: `config-${name}`,
      serviceRoleArn: ROLE,
      onPremisesInstanceTagFilters: [{ Key: "for", Value: name, Type: "KEY_AND_VALUE" }],
    });
    const instanceName = `host-${name}`;
    const iamSessionArn = `arn:aws:sts::123456789012:assumed-role/hosts/${name}`;
    await source.api("RegisterOnPremisesInstance", { instanceName, iamSessionArn });
    const tags = [{ Key: "for", Value: name }];
    await source.api("AddTagsToOnPremisesInstances", { instanceNames: [instanceName], tags });
  }
  const ran = await importFrom(source.url, here, "--app", "b");
  assert.equal(
    ran.stdout,
    "created config config-b\ncreated application b\ncreated group b/production\n" +
      "created instance host-b\n4 created\n",
    ran.stderr,
  );
});

test("what this server refuses is told with its reason, and the others go on", async () => {
  await using servers = await twoServers();
  const { source, here } = servers;
  const config = (fleet: Fleet, value: number) =>
    fleet.api("CreateDeploymentConfig", {
      deploymentConfigName: "mine",
      minimumHealthyHosts: { type: "HOST_COUNT", value },
    });
  await config(source, 1);
  await config(here, 2);
  await source.api("RegisterOnPremisesInstance", {
    instanceName: "web-1",
    iamUserArn: "arn:aws:iam::123456789012:user/web",
  });
  await here.api("RegisterOnPremisesInstance", {
    instanceName: "other",
    iamUserArn: "arn:aws:iam::123456789012:user/web",
  });
  await source.api("CreateApplication", { applicationName: "shop", computePlatform: "ECS" });
  await here.api("CreateApplication", { applicationName: "shop" });
  await source.api("CreateApplication", { applicationName: "zoo" });
  const ran = await importFrom(source.url, here);
  assert.equal(ran.code, 1, ran.stderr);
  const [config1, shop, zoo, web, end] = ran.stdout.split("\n");
  assert.match(
    config1!,
    /^did not import config mine: .*minimumHealthyHosts is \{.*1\} there, .*2\} here\)$/,
  );
  assert.match(
    shop!,
    /^did not import application shop: .*computePlatform is "ECS" there, "Server" here\)$/,
  );
  assert.equal(zoo, "created application zoo");
  assert.match(
    web!,
    /^did not import instance web-1: IamUserArnAlreadyRegisteredException: .*other/,
  );
  assert.equal(end, "1 created, 3 not imported");
});

test("a source that is not there, keys that are not its own, a server that is not there", async () => {
  await using servers = await twoServers();
  const { source, here } = servers;
  await source.api("CreateApplication", { applicationName: "shop" });
  const stranger = ["import", "aws", "--from-url", source.url, "--from-profile", "stranger"];
  const keys = await here.runtime(...stranger);
  assert.equal(keys.code, 7, keys.stderr);
  assert.match(
    keys.stderr,
    new RegExp(`^The CodeDeploy to import from, ${source.url}: The server does`),
  );
  assert.match(keys.stderr, /state {5}nothing was changed/);

  const nowhere = await importFrom("http://127.0.0.1:1", here);
  assert.equal(nowhere.code, 8, nowhere.stderr);
  assert.match(nowhere.stderr, /^The CodeDeploy to import from, http:\/\/127\.0\.0\.1:1: /);

  const gone = await importFrom(source.url, here, "--url", "http://127.0.0.1:1");
  assert.equal(gone.code, 8, gone.stderr);
  assert.match(gone.stderr, /^The server to import to, http:\/\/127\.0\.0\.1:1: /);
  assert.deepEqual((await here.api("ListApplications", {}))["applications"], []);
});

test("without a profile the environment's keys are the source's and the login's this server's", async () => {
  await using servers = await twoServers();
  const { source, here } = servers;
  await source.api("CreateApplication", { applicationName: "shop" });
  const login = await here.runtime("login", here.url);
  assert.equal(login.code, 0, login.stderr);
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) {
    here.env[name] = source.env[name]!;
  }
  const ran = await here.runtime("import", "aws", "--from-url", source.url);
  assert.equal(ran.stdout, "created application shop\n1 created\n", ran.stderr);
});

test("a source whose connections break now and then is read to its end", async () => {
  await using servers = await twoServers();
  const { source, here } = servers;
  await source.api("CreateApplication", { applicationName: "shop" });
  await using proxy = await disturbingProxy(
    source.url,
    (count) => count % 3 === 0 ? "answer-lost" : undefined,
  );
  const ran = await importFrom(proxy.url, here);
  assert.equal(ran.stdout, "created application shop\n1 created\n", ran.stderr);
  assert.ok(proxy.disturbed >= 1);
});

test("an import that loses its server in the middle says how far it came, and is run again", async () => {
  await using servers = await twoServers();
  const { source, here } = servers;
  for (const index of Array(9).keys()) {
    await source.api("CreateApplication", { applicationName: `app-${index}` });
  }
  let writes = 0;
  await using proxy = await disturbingProxy(
    here.url,
    (_, operation) => operation === "CreateApplication" && ++writes > 4 ? "answer-lost" : undefined,
  );
  const broken = await importFrom(source.url, here, "--url", proxy.url);
  assert.equal(broken.code, 8, broken.stdout);
  assert.match(broken.stderr, /state {5}4 of 9 steps were done and stay/);
  assert.match(broken.stderr, /run the same command again/);
  // The fifth was done, and nobody heard of it.
  const again = await importFrom(source.url, here);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /\n4 created, 5 unchanged\n$/);
  const dry = await importFrom(source.url, here, "--dry-run");
  assert.equal(dry.stdout, "nothing to do: 9 unchanged\n");
});
