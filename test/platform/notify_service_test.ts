import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { notifyService } from "../../core/platform/notify_service.ts";
import { ServiceManagerSocket } from "./notify_socket.ts";

function withSocket<Answer>(path: string | undefined, run: () => Answer): Answer {
  const before = process.env.NOTIFY_SOCKET;
  if (path === undefined) delete process.env.NOTIFY_SOCKET;
  else process.env.NOTIFY_SOCKET = path;
  try {
    return run();
  } finally {
    if (before === undefined) delete process.env.NOTIFY_SOCKET;
    else process.env.NOTIFY_SOCKET = before;
  }
}

const folder = mkdtempSync(join(tmpdir(), "runtime-notify-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

for (const path of [join(folder, "a socket"), `@runtime-notify-${process.pid}`]) {
  test(`the service manager at ${path.replace(folder, "…")} is told, each state whole`, () => {
    using manager = new ServiceManagerSocket(path);
    assert.equal(withSocket(path, () => notifyService("READY=1\nSTATUS=grüßt")), "told");
    assert.equal(withSocket(path, () => notifyService("WATCHDOG=1")), "told");
    assert.equal(manager.read(), "READY=1\nSTATUS=grüßt");
    assert.equal(manager.read(), "WATCHDOG=1");
    assert.equal(manager.read(), undefined);
  });
}

test("without NOTIFY_SOCKET nobody is told", () => {
  assert.equal(withSocket(undefined, () => notifyService("READY=1")), "unasked");
  assert.equal(withSocket("", () => notifyService("READY=1")), "unasked");
});

test("a manager that is gone, or an address that is none, is no error of the service", () => {
  for (const path of [join(folder, "gone"), "vsock:2:1234", `/${"x".repeat(200)}`]) {
    assert.equal(withSocket(path, () => notifyService("READY=1")), "unreachable", path);
  }
});

test("a manager that does not read does not stop its service", () => {
  const path = join(folder, "deaf");
  using _manager = new ServiceManagerSocket(path);
  const answers = Array.from({ length: 2000 }, () => withSocket(path, () => notifyService("x")));
  assert.equal(answers[0], "told");
  assert.equal(answers.at(-1), "unreachable");
});
