/** What a host's order says of a bundle that lies at GitHub or at a web address. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openShop } from "./shop.ts";

const commitId = "0123456789abcdef0123456789abcdef01234567";
const sha256 = "ab".repeat(32);
const GITHUB = {
  revisionType: "GitHub",
  gitHubLocation: { repository: "owner/repo", commitId },
};
const HTTPS = {
  revisionType: "HTTPS",
  httpsLocation: { url: "https://h/x.zip", sha256: sha256.toUpperCase(), bundleType: "ZIP" },
};

test("spec 12.3: an order names account, repository and commit of a GitHub revision", async () => {
  await using shop = await openShop(1);
  await shop.deploy("", { revision: GITHUB });
  const order = await shop.hosts[0]!.take();
  assert.deepEqual(order.specification.Revision, {
    RevisionType: "GitHub",
    GitHubRevision: { Account: "owner", Repository: "repo", CommitId: commitId },
  });
});

test("an order carries address and hash of an HTTPS revision, and the deployment shows them", async () => {
  await using shop = await openShop(1);
  const id = await shop.deploy("", { revision: HTTPS });
  const order = await shop.hosts[0]!.take();
  assert.deepEqual(order.specification.Revision, {
    RevisionType: "HTTPS",
    HttpsRevision: { Url: "https://h/x.zip", SHA256: sha256, BundleType: "zip" },
  });
  const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId: id });
  const shown = { ...HTTPS.httpsLocation, sha256, bundleType: "zip" };
  assert.deepEqual(deploymentInfo.revision, { revisionType: "HTTPS", httpsLocation: shown });
});

test("a registered HTTPS revision is found by its hash in any case", async () => {
  await using shop = await openShop(0);
  const applicationName = "shop";
  await shop.call("RegisterApplicationRevision", { applicationName, revision: HTTPS });
  const revision = { ...HTTPS, httpsLocation: { ...HTTPS.httpsLocation, sha256 } };
  const found = await shop.call("GetApplicationRevision", { applicationName, revision });
  assert.equal(found.revision.httpsLocation.sha256, sha256);
});

const forStock: [what: string, revision: object, answers: boolean][] = [
  ["GitHub", GITHUB, true],
  ["HTTPS", HTTPS, false],
];
for (const [what, revision, answers] of forStock) {
  test(`AWS's agent ${answers ? "gets" : "is refused, with a way on,"} an ${what} revision`, async () => {
    await using shop = await openShop(1);
    const [host] = shop.hosts;
    await shop.deploy("", { revision });
    host!.isOurs = false;
    const { HostCommand } = await host!.poll();
    const ask = () =>
      host!.call("GetDeploymentSpecification", {
        DeploymentExecutionId: HostCommand!.DeploymentExecutionId,
        HostIdentifier: host!.identifier,
      });
    if (!answers) {
      const why = /^web-1 runs AWS's agent, .*https:\/\/h\/x\.zip\. Run this server's agent there/;
      return await shop.refusal(ask, "ClientException", why);
    }
    const { DeploymentSpecification } = await ask();
    const payload = JSON.parse(DeploymentSpecification.GenericEnvelope.Payload);
    assert.deepEqual(payload.Revision.GitHubRevision, {
      Account: "owner",
      Repository: "repo",
      CommitId: commitId,
    });
  });
}
