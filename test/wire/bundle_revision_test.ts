/** What is said of a deployment specification that cannot be followed (spec 12.3). @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DeploymentSpecification } from "../../core/wire/agent_protocol.ts";

const S3 = { Bucket: "b", Key: "k", BundleType: "tgz" };
const GITHUB = { Account: "a", Repository: "r", CommitId: "c" };
const HTTPS = { Url: "https://h/x.tgz", SHA256: "ab".repeat(32), BundleType: "tgz" };
const SPECIFICATION = {
  DeploymentId: "d-1",
  DeploymentGroupId: "g-1",
  DeploymentGroupName: "g",
  ApplicationName: "a",
  DeploymentCreator: "user",
  DeploymentType: "IN_PLACE",
  AgentActionOverrides: { AgentOverrides: {} },
  Revision: { RevisionType: "S3", S3Revision: S3 },
};
const s3 = (changes: object) => ({
  Revision: { RevisionType: "S3", S3Revision: { ...S3, ...changes } },
});
const github = (changes: object) => ({
  Revision: { RevisionType: "GitHub", GitHubRevision: { ...GITHUB, ...changes } },
});
const https = (changes: object) => ({
  Revision: { RevisionType: "HTTPS", HttpsRevision: { ...HTTPS, ...changes } },
});

const S3_MEMBERS = "S3Revision in Deployment Spec must specify Bucket, Key and BundleType";
const GITHUB_MEMBERS =
  "GitHubRevision in Deployment Spec must specify Account, Repository and CommitId";
const HTTPS_MEMBERS = "HttpsRevision in Deployment Spec must specify Url, SHA256 and BundleType";

const refused: [changes: object, said: string][] = [
  ...["DeploymentId", "DeploymentGroupId", "DeploymentGroupName", "ApplicationName"].flatMap(
    (member): [object, string][] => [
      [{ [member]: undefined }, `Deployment Spec has no ${member}`],
      [{ [member]: "" }, `Deployment Spec has no ${member}`],
    ],
  ),
  [{ Revision: undefined }, "Must specify a revison"],
  [{ Revision: null }, "Must specify a revison"],
  [{ Revision: {} }, "Must specify a revision source"],
  [
    { Revision: { RevisionType: "Tape" } },
    "Exactly one of S3Revision, GitHubRevision, or HttpsRevision must be specified",
  ],
  [{ Revision: { RevisionType: "S3" } }, S3_MEMBERS],
  [s3({ Bucket: undefined }), S3_MEMBERS],
  [s3({ Key: "" }), S3_MEMBERS],
  [s3({ BundleType: undefined }), S3_MEMBERS],
  [s3({ BundleType: "rar" }), "BundleType in S3Revision must be tar, tgz or zip"],
  [{ Revision: { RevisionType: "GitHub" } }, GITHUB_MEMBERS],
  [github({ Account: undefined }), GITHUB_MEMBERS],
  [github({ CommitId: "" }), GITHUB_MEMBERS],
  [
    github({ Anonymous: false }),
    "GitHubRevision in Deployment Spec must specify Account, Repository, CommitId and OAuthToken",
  ],
  [{ Revision: { RevisionType: "HTTPS" } }, HTTPS_MEMBERS],
  [https({ BundleType: undefined }), HTTPS_MEMBERS],
  [https({ BundleType: "rar" }), "BundleType in HttpsRevision must be tar, tgz or zip"],
  [https({ SHA256: "12" }), "a SHA-256 of 64 hex digits"],
];
for (const [changes, said] of refused) {
  test(`spec 12.3 ${JSON.stringify(changes, (_, v) => v ?? null)}: ${said}`, () => {
    const parsed = DeploymentSpecification.safeParse({ ...SPECIFICATION, ...changes });
    assert.deepEqual(parsed.error?.issues.map(({ message }) => message), [said]);
  });
}

test("spec 12.3: version and tag of S3, token and type of GitHub may be left out or null", () => {
  const understood = (changes: object) =>
    DeploymentSpecification.parse({ ...SPECIFICATION, ...changes }).Revision;
  assert.deepEqual(understood(s3({})), {
    RevisionType: "S3",
    S3Revision: { ...S3, Version: null, ETag: null },
  });
  const nulls = { BundleType: null, Anonymous: null, OAuthToken: null };
  assert.deepEqual(understood(github(nulls)), github(nulls).Revision);
  assert.deepEqual(
    understood(github({ Anonymous: false, OAuthToken: "t" })).RevisionType,
    "GitHub",
  );
});
