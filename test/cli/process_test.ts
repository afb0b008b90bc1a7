/** The program as a process: arguments, stdin, streams and exit code. @module */
import { test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { selfCommand } from "../../core/platform.ts";
import { folder, standIn } from "./stand_in.ts";

/** Runs the program with a text on stdin; environment is PATH and what is given. */
async function program(argv: string[], stdin: string, env: Record<string, string>) {
  const [command = "", ...first] = selfCommand();
  const { PATH = "", HOME = "", DENO_DIR } = process.env;
  const child = spawn(command, [...first, ...argv], {
    env: { PATH, HOME, ...(DENO_DIR && { DENO_DIR }), ...env },
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk) => out.push(chunk));
  child.stderr.on("data", (chunk) => err.push(chunk));
  child.stdin.end(stdin);
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

test("a usage failure goes to stderr and ends the process with 2", async () => {
  const { code, out, err } = await program(["deplyo"], "", {});
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, /^runtime: unknown command 'deplyo'\n {2}evidence {2}Did you mean deploy\?\n/);
});

test("login reads both keys from a pipe that delivers them at once", async () => {
  await using server = await standIn({ ListApplications: () => ({ applications: [] }) });
  await using place = await folder();
  const env = { XDG_CONFIG_HOME: place.path };
  const { code, err } = await program(["login", server.url], "AKTEST\nsecret\n", env);
  assert.equal(code, 0, err);
  const kept = JSON.parse(await readFile(join(place.path, "runtime", "login.json"), "utf8"));
  assert.deepEqual([kept.accessKeyId, kept.secretAccessKey], ["AKTEST", "secret"]);
});
