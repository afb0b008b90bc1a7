import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { folder, Refusal, runtime, standIn } from "./stand_in.ts";

const TOKEN = "ghp_0123456789abcdef";

function keeping() {
  return standIn({ PutGitHubAccountToken: ({ tokenName }) => ({ tokenName }) });
}

test("set takes the token from stdin, and prints nothing of it", async () => {
  await using server = await keeping();
  const ran = await runtime(["github-token", "set", "acme"], server, { answers: [TOKEN] });
  assert.equal(ran.code, 0, ran.err);
  assert.deepEqual(server.asked, [{
    operation: "PutGitHubAccountToken",
    input: { tokenName: "acme", token: TOKEN },
  }]);
  assert.equal((ran.out + ran.err).includes(TOKEN), false);
  assert.match(ran.out, /--revision github:acme\/REPOSITORY@COMMIT/);
});

test("set takes the token from a file, its end of line not included", async () => {
  await using server = await keeping();
  await using place = await folder();
  await writeFile(join(place.path, "token"), `${TOKEN}\n`);
  const argv = ["github-token", "set", "acme", "--token-file", "token", "--json"];
  const ran = await runtime(argv, server, { cwd: place.path });
  assert.deepEqual(ran, { code: 0, out: '{"tokenName": "acme"}\n', err: "" });
  assert.equal(server.asked[0]?.input["token"], TOKEN);
});

const bad: [what: string, argv: string[], answers: string[], says: RegExp][] = [
  ["nothing on stdin", ["acme"], [], /stdin holds no token/],
  ["two words", ["acme"], ["two words"], /stdin holds no token/],
  ["a file that is not there", ["acme", "--token-file", "/gone"], [], /cannot be read from \/gone/],
  ["a name that GitHub has not", ["a/b"], [TOKEN], /--name: must be 1 to 100/],
];
for (const [what, argv, answers, says] of bad) {
  test(`set refuses ${what}, and asks the server nothing`, async () => {
    await using server = await keeping();
    const ran = await runtime(["github-token", "set", ...argv], server, { answers });
    assert.equal(ran.code, 2);
    assert.match(ran.err, says);
    assert.deepEqual(server.asked, []);
  });
}

test("list prints the names of all pages", async () => {
  await using server = await standIn({
    ListGitHubAccountTokenNames: ({ nextToken }) =>
      nextToken === undefined
        ? { tokenNameList: ["acme"], nextToken: "more" }
        : { tokenNameList: ["octo"] },
  });
  assert.equal((await runtime(["github-token", "list"], server)).out, "acme\nocto\n");
  const json = await runtime(["github-token", "list", "--json"], server);
  assert.deepEqual(JSON.parse(json.out), { tokenNameList: ["acme", "octo"] });
});

test("list says how to put one where there is none", async () => {
  await using server = await standIn({ ListGitHubAccountTokenNames: () => ({}) });
  const ran = await runtime(["github-token", "list"], server);
  assert.deepEqual([ran.code, ran.out], [0, ""]);
  assert.match(ran.err, /runtime github-token set NAME/);
});

test("remove names what it removed; a name that is not there is a failure", async () => {
  await using server = await standIn({
    DeleteGitHubAccountToken: ({ tokenName }) => {
      if (tokenName === "acme") return { tokenName };
      throw new Refusal("GitHubAccountTokenDoesNotExistException", "There is no token gone");
    },
  });
  const ran = await runtime(["github-token", "remove", "acme"], server);
  assert.deepEqual([ran.code, ran.out], [0, "Removed the token for acme\n"]);
  const gone = await runtime(["github-token", "remove", "gone"], server);
  assert.notEqual(gone.code, 0);
  assert.match(gone.err, /There is no token gone/);
});
