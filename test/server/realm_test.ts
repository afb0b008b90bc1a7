import assert from "node:assert/strict";
import { test } from "node:test";
import { realmFrom, RealmRefused } from "../../core/server/realm.ts";

const table: [
  title: string,
  options: { account?: string; region?: string },
  env: Record<string, string>,
  expected: string,
][] = [
  ["nothing said", {}, {}, "000000000000 us-east-1"],
  [
    "the environment",
    {},
    { RUNTIME_ACCOUNT_ID: "123456789012", RUNTIME_REGION: "eu-central-1" },
    "123456789012 eu-central-1",
  ],
  [
    "flags before the environment",
    { account: "999999999999", region: "us-gov-west-1" },
    { RUNTIME_ACCOUNT_ID: "123456789012", RUNTIME_REGION: "eu-central-1" },
    "999999999999 us-gov-west-1",
  ],
  ["flags before an environment that is wrong", { region: "ap-southeast-2" }, {
    RUNTIME_REGION: "x",
  }, "000000000000 ap-southeast-2"],
];
for (const [title, options, env, expected] of table) {
  test(`account and region: ${title}`, () => {
    const { account, region } = realmFrom(options, env);
    assert.equal(`${account} ${region}`, expected);
  });
}

const refused: [
  title: string,
  options: { account?: string; region?: string },
  env: Record<string, string>,
  message: RegExp,
][] = [
  [
    "an account of eleven digits",
    {},
    { RUNTIME_ACCOUNT_ID: "12345678901" },
    /^RUNTIME_ACCOUNT_ID must be an account id of 12 digits, not "12345678901"\.$/,
  ],
  ["an account with letters", { account: "12345678901a" }, {}, /^--account must be/],
  ["an empty account", {}, { RUNTIME_ACCOUNT_ID: "" }, /^RUNTIME_ACCOUNT_ID/],
  [
    "a zone in the place of a region",
    {},
    { RUNTIME_REGION: "eu-central-1a" },
    /^RUNTIME_REGION must be a region such as eu-central-1, not "eu-central-1a"\.$/,
  ],
  ["a region in capitals", { region: "EU-CENTRAL-1" }, {}, /^--region/],
  ["a colon, which would make another ARN", { region: "eu:1" }, {}, /^--region/],
];
for (const [title, options, env, message] of refused) {
  test(`account and region: ${title} is refused in a sentence`, () => {
    assert.throws(
      () => realmFrom(options, env),
      (error) => error instanceof RealmRefused && message.test(error.message),
    );
  });
}
