import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import process from "node:process";
import { test } from "node:test";
import { readConfig } from "../../core/agent/config.ts";
import { AgentFailure } from "../../core/agent/failure.ts";
import { Imds } from "../../core/agent/imds.ts";
import {
  instanceIdentity,
  type InstanceOptions,
  roleCredentials,
} from "../../core/agent/instance_identity.ts";
import { AGENT, withFiles } from "./config_files.ts";
import { MetadataServer } from "./metadata_server.ts";

const HOUR = 3_600_000;

async function withImds(play: (imds: MetadataServer) => Promise<void>): Promise<void> {
  const imds = new MetadataServer();
  await imds.listen();
  try {
    await play(imds);
  } finally {
    await imds.close();
  }
}

function options(imds: MetadataServer, changes: Partial<InstanceOptions> = {}): InstanceOptions {
  return {
    why: "x.yml is missing",
    tokenOnly: false,
    keepsEnvironmentKeys: false,
    environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url },
    answerWithin: 100,
    ...changes,
  };
}

test("spec 11.1 EC2: the identifier is made of partition, region, account and instance", async () => {
  await withImds(async (imds) => {
    const identity = await instanceIdentity(options(imds));
    assert.equal(identity.hostIdentifier, "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc");
    assert.equal(identity.name, "i-0abc");
    assert.equal(identity.region, "eu-west-1");
    assert.equal(imds.asked[0], "PUT api/token");
    assert.equal(imds.ttl, "21600");
    assert.equal(imds.asked.filter((one) => one.startsWith("PUT")).length, 1, "one token for all");
  });
});

test("spec 11.1 EC2: another partition has its own ARN and domain", async () => {
  await withImds(async (imds) => {
    imds.answers.set(
      "dynamic/instance-identity/document",
      JSON.stringify({ region: "cn-north-1", accountId: "1", instanceId: "i-1" }),
    );
    imds.answers.set("meta-data/services/partition", "aws-cn");
    imds.answers.set("meta-data/services/domain", "amazonaws.com.cn");
    const identity = await instanceIdentity(options(imds));
    assert.equal(identity.hostIdentifier, "arn:aws-cn:ec2:cn-north-1:1:instance/i-1");
    assert.equal(identity.domain, "amazonaws.com.cn");
  });
});

test("spec 11.1 EC2: a service that does not tell partition and domain leaves them to the region", async () => {
  await withImds(async (imds) => {
    for (const one of ["partition", "domain"]) imds.answers.delete(`meta-data/services/${one}`);
    imds.answers.set(
      "dynamic/instance-identity/document",
      JSON.stringify({ region: "us-gov-west-1", accountId: "1", instanceId: "i-1" }),
    );
    const identity = await instanceIdentity(options(imds));
    assert.equal(identity.hostIdentifier, "arn:aws-us-gov:ec2:us-gov-west-1:1:instance/i-1");
    assert.equal(identity.domain, "amazonaws.com");
  });
});

test("AWS_REGION is the region to ask and to sign for; the identifier stays the instance's", async () => {
  await withImds(async (imds) => {
    const environment = {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url,
      AWS_REGION: "cn-north-1",
    };
    const identity = await instanceIdentity(options(imds, { environment }));
    assert.equal(identity.region, "cn-north-1");
    assert.equal(identity.domain, "amazonaws.com.cn");
    assert.match(identity.hostIdentifier, /:eu-west-1:/);
  });
});

test("a configuration without an on-premises file is the instance's, with its region's service", async () => {
  await withImds(async (imds) => {
    const environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url };
    await withFiles({ agent: ":enable_auth_policy: true\n" }, async (file) => {
      const config = await readConfig(file, {}, environment);
      assert.equal(config.identity.name, "i-0abc");
      const url = "https://codedeploy-commands-secure.eu-west-1.amazonaws.com";
      assert.equal(config.endpoint, url);
    });
    await withFiles({ agent: AGENT }, async (file) => {
      assert.equal((await readConfig(file, {}, environment)).endpoint, "http://server:1");
    });
  });
});

test("spec 11.2 :disable_imds_v1: false asks without a token where none is given out", async () => {
  await withImds(async (imds) => {
    imds.version = 1;
    assert.equal((await instanceIdentity(options(imds))).name, "i-0abc");
  });
});

test("spec 11.2 :disable_imds_v1: false asks without a token where its answer is lost", async () => {
  await withImds(async (imds) => {
    imds.version = 1;
    imds.silent.add("api/token");
    assert.equal((await instanceIdentity(options(imds))).name, "i-0abc");
  });
});

test("spec 11.2 :disable_imds_v1: true never asks without a token", async () => {
  await withImds(async (imds) => {
    imds.version = 1;
    const environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url };
    const asked = withFiles(
      { agent: `${AGENT}:disable_imds_v1: true\n` },
      (file) => readConfig(file, {}, environment),
    );
    await assert.rejects(asked, failure(/gives out no token: HTTP 404/));
    assert.deepEqual(imds.asked, ["PUT api/token"]);
  });
});

function failure(evidence: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof AgentFailure, String(error));
    const text = error.render();
    assert.match(text, /it has no on-premises file and no instance metadata\n/);
    assert.match(text, evidence);
    assert.match(text, /\n +state +the agent has not started\n +next +runtime agent join URL/);
    assert.equal(error.parts.exitCode, 2);
    return true;
  };
}

test("nobody at the address is told in four parts, at once", async () => {
  const imds = new MetadataServer();
  await imds.listen();
  await imds.close();
  await assert.rejects(
    instanceIdentity(options(imds)),
    failure(/x\.yml is missing; http:\/\/127\.0\.0\.1:\d+: .*(refused|ECONNREFUSED)/),
  );
});

test("a service that does not answer is given up after two tries", async () => {
  await withImds(async (imds) => {
    imds.silent.add("api/token").add("dynamic/instance-identity/document");
    await assert.rejects(instanceIdentity(options(imds)), failure(/no answer within 0\.1 seconds/));
    assert.equal(imds.asked.length, 4, imds.asked.join());
  });
});

test("another server at the address is not taken for a metadata service", async () => {
  await withImds(async (imds) => {
    imds.answers.set("dynamic/instance-identity/document", "<html>");
    await assert.rejects(instanceIdentity(options(imds)), failure(/answers no identity document/));
  });
});

test("a token that is no longer good is asked for anew", async () => {
  await withImds(async (imds) => {
    const service = new Imds({ endpoint: imds.url, tokenOnly: true });
    assert.equal(await service.get("meta-data/services/partition"), "aws");
    imds.forgetToken = true;
    assert.equal(await service.get("meta-data/services/partition"), "aws");
    assert.equal(imds.asked.filter((one) => one === "PUT api/token").length, 2);
  });
});

test("the role's keys are kept, and renewed before they expire", async () => {
  await withImds(async (imds) => {
    let now = Date.now();
    imds.giveKeys("A", now + HOUR);
    const keys = roleCredentials(new Imds({ endpoint: imds.url, tokenOnly: true }), () => now);
    const first = { accessKeyId: "ASIAA", secretAccessKey: "s-A", sessionToken: "t-A" };
    assert.deepEqual(await keys(), first);
    const questions = imds.asked.length;
    now += HOUR / 2;
    assert.deepEqual(await keys(), first);
    assert.equal(imds.asked.length, questions, "they are still good");
    imds.giveKeys("B", now + HOUR);
    now += HOUR / 2 - 4 * 60_000;
    assert.equal((await keys()).accessKeyId, "ASIAB");
  });
});

test("keys that cannot be renewed yet are used until they expire", async () => {
  await withImds(async (imds) => {
    let now = Date.now();
    imds.giveKeys("A", now + HOUR);
    const keys = roleCredentials(new Imds({ endpoint: imds.url, tokenOnly: true }), () => now);
    await keys();
    imds.answers.delete("meta-data/iam/security-credentials/web-role");
    now += HOUR - 60_000;
    assert.equal((await keys()).accessKeyId, "ASIAA");
    now += 60_000;
    await assert.rejects(keys(), /security-credentials\/web-role is not there/);
  });
});

test("an instance without a role is told what to do", async () => {
  await withImds(async (imds) => {
    imds.answers.delete("meta-data/iam/security-credentials/");
    const identity = await instanceIdentity(options(imds));
    await assert.rejects(identity.credentials(), /has no role to sign with: attach an instance/);
  });
});

const profiles: [profile: string, accessKeyId: string][] = [["prod", "ASIAA"], ["beta", "AKIAENV"]];
for (const [profile, accessKeyId] of profiles) {
  test(`spec 11.2 :codedeploy_test_profile: ${profile} signs as ${accessKeyId} where AWS_* keys are set`, async () => {
    await withImds(async (imds) => {
      imds.giveKeys("A", Date.now() + HOUR);
      const environment = {
        AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url,
        AWS_ACCESS_KEY_ID: "AKIAENV",
        AWS_SECRET_ACCESS_KEY: "s",
      };
      const agent = `${AGENT}:codedeploy_test_profile: ${profile}\n`;
      await withFiles({ agent }, async (file) => {
        const { identity } = await readConfig(file, {}, environment);
        assert.equal((await identity.credentials()).accessKeyId, accessKeyId);
      });
    });
  });
}

test("the metadata service is never asked through a proxy", async () => {
  const passed: string[] = [];
  const proxy = createServer((request, response) => {
    passed.push(String(request.url));
    response.end();
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  const url = typeof address === "object" && address ? `http://127.0.0.1:${address.port}` : "";
  const before = process.env.HTTP_PROXY;
  process.env.HTTP_PROXY = url;
  try {
    await withImds(async (imds) => {
      const environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url, HTTP_PROXY: url };
      await withFiles({ agent: `${AGENT}:proxy_uri: ${url}\n` }, async (file) => {
        assert.equal((await readConfig(file, {}, environment)).identity.name, "i-0abc");
      });
    });
    assert.deepEqual(passed, []);
  } finally {
    if (before === undefined) delete process.env.HTTP_PROXY;
    else process.env.HTTP_PROXY = before;
    proxy.close();
  }
});
