/** Names, ARNs, descriptions, tags and revisions of spec 1.4. @module */
import { letters, type Rule, type Value } from "./rule.ts";

const ROLE = "arn:aws:iam::000000000000:role/deploy";
const USER = "arn:aws:iam::000000000000:user/";

function names(kind: string): Value[] {
  const invalid = `Invalid${kind}Name`;
  return [
    ["one character", "x", "taken"],
    ["100 characters", letters(100), "taken"],
    ["every kind of character", "aZ09+=,.@_-", "taken"],
    ["none", "", `${kind}NameRequired`],
    ["101 characters", letters(101), invalid, /1 to 100 of/],
    ["a blank", "a b", invalid],
    ["a slash", "a/b", invalid],
    ["a letter beyond ASCII", "straße", invalid],
    ["a line's end", "a\n", invalid],
  ];
}

const NAME = "application / group / config / on-prem instance name";
const NAME_RULES: Rule[] = [
  {
    name: NAME,
    operation: "CreateApplication",
    input: (applicationName) => ({ applicationName }),
    values: names("Application"),
  },
  {
    name: NAME,
    operation: "UpdateApplication",
    input: (newApplicationName) => ({ applicationName: "shop", newApplicationName }),
    values: names("Application"),
  },
  {
    name: NAME,
    operation: "CreateDeploymentGroup",
    input: (deploymentGroupName) => ({
      applicationName: "shop",
      deploymentGroupName,
      serviceRoleArn: ROLE,
    }),
    values: names("DeploymentGroup"),
  },
  {
    name: NAME,
    operation: "CreateDeploymentConfig",
    input: (deploymentConfigName) => ({
      deploymentConfigName,
      minimumHealthyHosts: { type: "HOST_COUNT", value: 1 },
    }),
    values: [
      ...names("DeploymentConfig"),
      [
        "CodeDeploy's own prefix",
        "CodeDeployDefault.x",
        "InvalidDeploymentConfigName",
        /predefined/,
      ],
      ["that prefix without its dot", "CodeDeployDefaultx", "taken"],
    ],
  },
  {
    name: NAME,
    operation: "RegisterOnPremisesInstance",
    input: (instanceName) => ({ instanceName, iamUserArn: `${USER}web` }),
    values: [
      ...names("Instance"),
      ["the beginning of an EC2 id", "i-web", "InvalidInstanceName", /i-/],
      ["i- further on", "web-i-1", "taken"],
    ],
  },
  {
    name: NAME,
    operation: "GetOnPremisesInstance",
    input: (instanceName) => ({ instanceName }),
    // An instance of EC2 is one that is not registered, and no malformed name.
    values: [["the id of an EC2 instance", "i-0123456789abcdef0", "InstanceNotRegistered"]],
  },
];

const APPLICATION = "arn:aws:codedeploy:us-east-1:000000000000:application:";
const ARN_RULES: Rule[] = ["TagResource", "UntagResource", "ListTagsForResource"].map(
  (operation) => {
    // What is not there is refused by its own name, so the ARN itself was good.
    const unknown = operation === "ListTagsForResource" ? "InvalidArn" : "ApplicationDoesNotExist";
    return {
      name: "ARN input (tag ops)",
      operation,
      input: (ResourceArn) => ({ ResourceArn, Tags: [{ Key: "a" }], TagKeys: ["a"] }),
      values: [
        ["an application", `${APPLICATION}shop`, "taken"],
        ["no character", "", "ResourceArnRequired"],
        ["one character", "x", "InvalidArn", /is not an ARN/],
        ["1011 characters", APPLICATION.padEnd(1011, "x"), unknown, /No application found/],
        ["1012 characters", APPLICATION.padEnd(1012, "x"), "InvalidArn", /1011/],
      ],
    };
  },
);

const ADDRESS = { bucket: "b", key: "k.zip", bundleType: "zip" };
const S3 = { revisionType: "S3", s3Location: ADDRESS };
const register = (changes: object) => ({ applicationName: "shop", revision: S3, ...changes });
const REVISION_RULES: Rule[] = [
  {
    name: "description",
    operation: "RegisterApplicationRevision",
    input: (description) => register({ description }),
    values: [
      ["no character", "", "taken"],
      ["256 characters", letters(256), "taken"],
      ["257 characters", letters(257), "DescriptionTooLong", /256/],
    ],
  },
  {
    name: "S3 bundleType",
    operation: "RegisterApplicationRevision",
    input: (bundleType) =>
      register({ revision: { revisionType: "S3", s3Location: { ...ADDRESS, bundleType } } }),
    values: [
      ...["tar", "tgz", "zip", "YAML", "JSON", "ZIP", "Tgz", "yaml", "json"]
        .map((type): Value => [type, type, "taken"]),
      ...["rar", "gz", ".zip", ""].map((type): Value => [
        `"${type}"`,
        type,
        "InvalidRevision",
        /revision\.s3Location\.bundleType/,
      ]),
    ],
  },
  {
    name: "GitHub repository",
    operation: "RegisterApplicationRevision",
    input: (gitHubLocation) => register({ revision: { revisionType: "GitHub", gitHubLocation } }),
    values: gitHub(),
  },
];

function gitHub(): Value[] {
  const commitId = "0123456789abcdef0123456789ABCDEF01234567";
  const repositories: [repository: string, expected: string][] = [
    ["acme/shop", "taken"],
    ["acme/shop.js", "taken"],
    ["acme/.github", "taken"],
    ["acme/..", "InvalidRevision"],
    ["acme", "InvalidRevision"],
    ["acme/", "InvalidRevision"],
    ["/shop", "InvalidRevision"],
    ["acme/shop/tree", "InvalidRevision"],
    ["https://github.com/acme/shop", "InvalidRevision"],
    ["acme/shop of all", "InvalidRevision"],
  ];
  const commits: [told: string, id: string][] = [
    ["39 digits", commitId.slice(1)],
    ["41 digits", `${commitId}0`],
    ["a branch", "main"],
    ["a letter that is no digit", commitId.replace("0", "g")],
  ];
  return [
    ...repositories.map(([repository, expected]): Value => [
      repository,
      { repository, commitId },
      expected,
      /repository.*owner\/repo/,
    ]),
    ...commits.map(([told, id]): Value => [
      `a commitId of ${told}`,
      { repository: "acme/shop", commitId: id },
      "InvalidRevision",
      /commitId.*SHA-1/,
    ]),
  ];
}

const REGISTER = "RegisterOnPremisesInstance";
const BAD_USER = "InvalidIamUserArn";
const BAD_SESSION = "InvalidIamSessionArn";
const SESSION = "arn:aws:sts::000000000000:assumed-role/";
const IAM_RULES: Rule[] = [
  {
    name: "IAM user ARN (register)",
    operation: REGISTER,
    input: (iamUserArn) => ({ instanceName: "web", iamUserArn }),
    values: [
      ["a user", `${USER}web`, "taken"],
      ["a user below a path", `${USER}hosts/eu/web`, "taken"],
      ["every kind of character", `${USER}aZ09/+=,.@_-`, "taken"],
      ["no name", USER, BAD_USER, /:user\/NAME/],
      ["a blank", `${USER}a b`, BAD_USER],
      ["an account of 11 digits", "arn:aws:iam::00000000000:user/web", BAD_USER],
      ["a role", ROLE, BAD_USER],
      ["a session", `${SESSION}host/web`, BAD_USER],
    ],
  },
  {
    name: "IAM user ARN (register), session",
    operation: REGISTER,
    input: (iamSessionArn) => ({ instanceName: "web", iamSessionArn }),
    values: [
      ["a session", `${SESSION}host/web`, "taken"],
      ["no session", `${SESSION}host`, BAD_SESSION, /ROLE\/SESSION/],
      ["no role", `${SESSION}/web`, BAD_SESSION],
      ["an account of 13 digits", "arn:aws:sts::0000000000000:assumed-role/a/b", BAD_SESSION],
      ["a user", `${USER}web`, BAD_SESSION],
    ],
  },
];

const NAMED = { applicationName: "new" };
const tagValues = (tag: (key: string, value: string) => unknown, invalid: string): Value[] => [
  ["a key of one character", tag("k", ""), "taken"],
  ["a key of 128 and a value of 256 characters", tag(letters(128), letters(256)), "taken"],
  ["no key", tag("", ""), invalid, /Key/],
  ["a key of 129 characters", tag(letters(129), ""), invalid, /Key.*128/],
  ["a value of 257 characters", tag("k", letters(257)), invalid, /Value.*256/],
];
const TAG = "tag key / value";
const TAG_RULES: Rule[] = [
  {
    name: TAG,
    operation: "CreateApplication",
    input: (tag) => ({ ...NAMED, tags: [tag] }),
    values: tagValues((Key, Value) => ({ Key, Value }), "InvalidTagsToAdd"),
  },
  {
    name: TAG,
    operation: "TagResource",
    input: (tag) => ({ ResourceArn: `${APPLICATION}shop`, Tags: [tag] }),
    values: tagValues((Key, Value) => ({ Key, Value }), "InvalidTagsToAdd"),
  },
  {
    name: TAG,
    operation: "UntagResource",
    input: (key) => ({ ResourceArn: `${APPLICATION}shop`, TagKeys: [key] }),
    values: [
      ["a key of 128 characters", letters(128), "taken"],
      ["a key of 129 characters", letters(129), "InvalidTagsToAdd", /128/],
    ],
  },
  {
    name: TAG,
    operation: "ListOnPremisesInstances",
    input: (filter) => ({ tagFilters: [filter] }),
    values: tagValues((Key, Value) => ({ Key, Value }), "InvalidTagFilter"),
  },
];

export const NAMING_RULES: readonly Rule[] = [
  ...NAME_RULES,
  ...ARN_RULES,
  ...REVISION_RULES,
  ...IAM_RULES,
  ...TAG_RULES,
];
