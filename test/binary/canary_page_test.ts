/** The commands of docs/canary.md do what the page says, one after the other in one shell. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { readText } from "../house/tree.ts";
import { freePort } from "../plugins/balancers/programs.ts";
import { BINARY } from "./fleet.ts";
import { endApplication } from "./web_application.ts";

const SHELL_BLOCK = /^```sh\n([\s\S]*?)^```$/gm;

test("a canary from nothing, by the commands of its page", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "canary-page-"));
  symlinkSync(BINARY, join(folder, "runtime"));
  const commands = [...readText("docs/canary.md").matchAll(SHELL_BLOCK)].map(([, text]) => text);
  const page = commands.join("").replaceAll("8080", String(await freePort()));
  // All that it starts is in its process group, which goes with the test.
  const shell = spawn("sh", ["-e"], {
    cwd: folder,
    detached: true,
    env: { PATH: `${folder}:${process.env["PATH"]}`, HOME: folder },
  });
  t.after(() => {
    process.kill(-(shell.pid ?? 0), "SIGKILL");
    // Agents give scripts a group of their own.
    for (const host of ["web-1", "web-2", "web-3"]) {
      endApplication({ installRoot: join(folder, "hosts", host, "srv/shop") });
    }
    rmSync(folder, { recursive: true, force: true });
  });
  let printed = "";
  for (const stream of [shell.stdout, shell.stderr]) stream.on("data", (text) => printed += text);
  shell.stdin.end(`${page}\necho the page ends\n`);
  const late = setTimeout(() => shell.kill(), 60_000);
  const code = await new Promise((resolve) => shell.on("exit", resolve));
  clearTimeout(late);
  assert.equal(code, 0, printed);
  for (
    const told of [
      /Measures error-rate: 2 of 3 taken/,
      /succeeded after .*: 3 hosts on /,
      /failed: error-rate was 0\.\d+, at most 0\.05 is allowed: 2 of \d measurements failed/,
      /rolled back by d-[\s\S]*exit code 3\n/,
      /waits +Waits for the approval "release" until/,
      /Approved d-/,
      /the page ends\n/,
    ]
  ) assert.match(printed, told);
});
