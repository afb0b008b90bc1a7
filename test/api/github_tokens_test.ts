import assert from "node:assert/strict";
import { test } from "node:test";
import { eq } from "drizzle-orm";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import { githubTokens } from "../../core/store/schema.ts";
import { RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { type Refusal, testRefusalsOf } from "./refusals.ts";
import { openShop, type Shop } from "./shop.ts";
import { openTestApi, SERVICES, type TestApi } from "./test_api.ts";

const PUT = RUNTIME_TARGET_PREFIX + "PutGitHubAccountToken";
const SECRET = "ghp_0123456789abcdefABCDEF";

const put = (api: Pick<TestApi, "target">, tokenName: string, token = SECRET) =>
  api.target(PUT, { tokenName, token });
const names = async (api: Pick<TestApi, "call">) =>
  (await api.call("ListGitHubAccountTokenNames", {}, "viewer")).tokenNameList;

test("a token is put, listed by its name alone, replaced and deleted", async () => {
  using api = await openTestApi();
  assert.deepEqual(await put(api, "octo"), { tokenName: "octo" });
  await put(api, "acme");
  await put(api, "octo", "ghp_other");
  assert.deepEqual(await api.call("ListGitHubAccountTokenNames", {}), {
    tokenNameList: ["acme", "octo"],
  });
  assert.equal(api.context.githubTokens.tokenFor("octo"), "ghp_other");
  const gone = await api.call("DeleteGitHubAccountToken", { tokenName: "octo" });
  assert.deepEqual(gone, { tokenName: "octo" });
  assert.deepEqual(await names(api), ["acme"]);
});

test("a token lies encrypted in the store, and another row's does not decrypt", async () => {
  using api = await openTestApi();
  await put(api, "octo");
  await put(api, "acme", "ghp_acme");
  await api.context.store.commit((tx) => {
    const octo = tx.select().from(githubTokens).where(eq(githubTokens.name, "octo")).get();
    assert.ok(octo);
    assert.equal(octo.secret.includes(SECRET), false);
    const { secret } = octo;
    tx.update(githubTokens).set({ secret }).where(eq(githubTokens.name, "acme")).run();
  });
  assert.equal(api.context.githubTokens.tokenFor("octo"), SECRET);
  assert.throws(() => api.context.githubTokens.tokenFor("acme"), /GitHub token acme cannot/);
});

test("there are 25 tokens at most; replacing one of them is no further one", async () => {
  using api = await openTestApi();
  for (let n = 0; n < AWS_QUOTAS.githubTokens; n++) await put(api, `account-${n}`);
  await put(api, "account-7", "ghp_new");
  await api.refusal(() => put(api, "one-more"), "ResourceValidationException", /25 tokens/);
});

test("names are listed a page at a time, although tokens came and went", async () => {
  using api = await openTestApi({
    serverPublicKey: "",
    services: () => SERVICES,
    quotas: { ...AWS_QUOTAS, page: 2 },
  });
  for (const name of ["b", "d", "f"]) await put(api, name);
  const first = await api.call("ListGitHubAccountTokenNames", {});
  assert.deepEqual(first.tokenNameList, ["b", "d"]);
  await put(api, "a");
  await put(api, "e");
  await api.call("DeleteGitHubAccountToken", { tokenName: "d" });
  const { nextToken } = first;
  assert.deepEqual(await api.call("ListGitHubAccountTokenNames", { nextToken }), {
    tokenNameList: ["e", "f"],
  });
});

const choices: [rule: string, names: string[], owner: string, chosen: string | undefined][] = [
  ["none is there", [], "octo", undefined],
  ["the only one is for everybody", ["acme"], "octo", "acme"],
  ["the one named like the owner", ["acme", "octo"], "octo", "octo"],
  ["whatever its case", ["acme", "Octo"], "oCTO", "Octo"],
  ["of several none is named so", ["acme", "umbrella"], "octo", undefined],
];
for (const [rule, there, owner, chosen] of choices) {
  test(`which token reads a repository of ${owner}: ${rule}`, async () => {
    using api = await openTestApi();
    for (const name of there) await put(api, name, `ghp_${name}`);
    assert.equal(api.context.githubTokens.nameFor(owner), chosen);
    assert.equal(api.context.githubTokens.tokenFor(owner), chosen && `ghp_${chosen}`);
  });
}

const github = (repository: string) => ({
  revisionType: "GitHub",
  gitHubLocation: { repository, commitId: "ab".repeat(20) },
});

/** The token in the order of a deployment of this revision. */
async function orderedToken(shop: Shop, revision: object): Promise<string | null | undefined> {
  const id = await shop.deploy("", { revision });
  const { specification } = await shop.hosts[0]!.run();
  await shop.ended(id);
  return specification.GitHubAccessToken;
}

test("a host gets the token with a revision of GitHub, and with no other", async () => {
  await using shop = await openShop(1);
  assert.equal(await orderedToken(shop, github("octo/shop")), undefined);
  await put(shop, "octo");
  await put(shop, "acme", "ghp_acme");
  assert.equal(await orderedToken(shop, github("octo/shop")), SECRET);
  assert.equal(await orderedToken(shop, github("acme/shop")), "ghp_acme");
  assert.equal(await orderedToken(shop, github("umbrella/shop")), undefined);
  const s3 = { bucket: "b", key: "k", bundleType: "zip" };
  assert.equal(await orderedToken(shop, { revisionType: "S3", s3Location: s3 }), undefined);
  for (const operation of ["GetDeployment", "BatchGetDeployments"]) {
    const ids = (await shop.call("ListDeployments", {})).deployments;
    const input = operation === "GetDeployment" ? { deploymentId: ids[1] } : { deploymentIds: ids };
    assert.equal(JSON.stringify(await shop.call(operation, input)).includes("ghp_"), false);
  }
});

test("a deployment that waits gets the token of when its host is given the order", async () => {
  await using shop = await openShop(1);
  await put(shop, "octo", "ghp_old");
  await shop.deploy("", { revision: github("octo/shop") });
  await put(shop, "octo", "ghp_new");
  const { specification } = await shop.hosts[0]!.take();
  assert.equal(specification.GitHubAccessToken, "ghp_new");
});

test("an application is linked to the account whose token reads its repository", async () => {
  await using shop = await openShop(1);
  const shown = async () => {
    const one = await shop.call("GetApplication", { applicationName: "shop" });
    const all = await shop.call("BatchGetApplications", { applicationNames: ["shop"] });
    assert.deepEqual(all.applicationsInfo, [one.application]);
    const { linkedToGitHub, gitHubAccountName } = one.application;
    return [linkedToGitHub, gitHubAccountName];
  };
  const register = (revision: object) =>
    shop.call("RegisterApplicationRevision", { applicationName: "shop", revision });
  assert.deepEqual(await shown(), [false, undefined]);
  await put(shop, "octo");
  await put(shop, "acme");
  assert.deepEqual(await shown(), [false, undefined], "it never came from GitHub");
  await register(github("octo/shop"));
  assert.deepEqual(await shown(), [true, "octo"]);
  shop.clock.now = Date.now() + 60_000;
  await orderedToken(shop, github("acme/shop"));
  assert.deepEqual(await shown(), [true, "acme"], "the repository that was used last counts");
  await shop.call("DeleteGitHubAccountToken", { tokenName: "acme" });
  await put(shop, "umbrella");
  assert.deepEqual(await shown(), [false, undefined]);
});

const refusals: Refusal[] = [
  ["DeleteGitHubAccountToken", {}, "GitHubAccountTokenNameRequired"],
  ["DeleteGitHubAccountToken", { tokenName: "" }, "GitHubAccountTokenNameRequired"],
  ["DeleteGitHubAccountToken", { tokenName: "a/b" }, "InvalidGitHubAccountTokenName"],
  ["DeleteGitHubAccountToken", { tokenName: "gone" }, "GitHubAccountTokenDoesNotExist", /gone/],
  ["ListGitHubAccountTokenNames", { nextToken: "garbage" }, "InvalidNextToken"],
];
testRefusalsOf(refusals, async () => {
  const api = await openTestApi();
  await put(api, "octo");
  return api;
});

const refusedPuts: [input: object, type: string][] = [
  [{ token: SECRET }, "GitHubAccountTokenNameRequiredException"],
  [{ tokenName: "a/b", token: SECRET }, "InvalidGitHubAccountTokenNameException"],
  [{ tokenName: "octo" }, "InvalidGitHubAccountTokenException"],
  [{ tokenName: "octo", token: "" }, "InvalidGitHubAccountTokenException"],
  [{ tokenName: "octo", token: "two words" }, "InvalidGitHubAccountTokenException"],
  [{ tokenName: "octo", token: "line\n" }, "InvalidGitHubAccountTokenException"],
];
for (const [input, type] of refusedPuts) {
  test(`PutGitHubAccountToken refuses ${JSON.stringify(input)} as ${type}`, async () => {
    using api = await openTestApi();
    await api.refusal(() => api.target(PUT, input), type);
  });
}

test("tokens are the admin's to put and to delete", async () => {
  using api = await openTestApi();
  const type = "AccessDeniedException";
  const input = { tokenName: "octo", token: SECRET };
  await api.refusal(() => api.target(PUT, input, "deployer"), type, /admin/);
  const tokenName = "octo";
  await api.refuses("DeleteGitHubAccountToken", { tokenName }, type, /admin/, "deployer");
});
