/** A web application that hook scripts start and kill, for hosts behind a balancer. @module */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { statOf } from "../../core/platform/process_group.ts";
import { freePort, PROGRAM } from "../plugins/balancers/programs.ts";
import type { Fleet, Host } from "./fleet.ts";

/** Exists on a host whose AfterBlockTraffic is to fail. */
const REFUSAL = "refuse-to-leave";

const script = (text: string) => `#!/bin/sh\n${text}\n`;

/**
 * Answers `HOST VERSION` at the host's port. It is killed without a warning, and started with nobody
 * waiting but for its port. One that is not `valid` fails its ValidateService.
 */
export function webVersion(name: string, valid = true): Record<string, string> {
  const start = `"${process.execPath}" run -A --no-check --no-config "${PROGRAM}" ` +
    `"$(cat "$HOST_DIR/port")" "$(cat "$HOST_DIR/name") ${name}"`;
  const scripts = {
    "AfterBlockTraffic.sh": `test ! -e "$HOST_DIR/${REFUSAL}"`,
    "ApplicationStop.sh": `kill -9 "$(cat "$HOST_DIR/pid")"`,
    // It says "ready" when it listens, and until then this script waits.
    "ApplicationStart.sh":
      `test ! -e "$HOST_DIR/pid" || kill -9 "$(cat "$HOST_DIR/pid")" 2>/dev/null\n` +
      `${start} >"$HOST_DIR/said" 2>&1 & echo $! >"$HOST_DIR/pid"\n` +
      `while ! grep -q ready "$HOST_DIR/said"; do sleep 0.05; done`,
    "ValidateService.sh": valid ? "true" : "echo the page has no prices >&2; exit 1",
  };
  const hooks = Object.keys(scripts).map((file) =>
    `  ${file.replace(".sh", "")}:\n    - location: ${file}\n`
  );
  return {
    "appspec.yml": `version: 0.0\nos: linux\nhooks:\n${hooks.join("")}`,
    ...Object.fromEntries(Object.entries(scripts).map(([file, text]) => [file, script(text)])),
  };
}

/** Gives a host its name and port, which its scripts read, and a tag with its address. */
export async function place(fleet: Fleet, { name, installRoot }: Host) {
  const port = await freePort();
  mkdirSync(installRoot, { recursive: true });
  writeFileSync(join(installRoot, "name"), name);
  writeFileSync(join(installRoot, "port"), String(port));
  const tags = [{ Key: "address", Value: `127.0.0.1:${port}` }];
  await fleet.api("AddTagsToOnPremisesInstances", { instanceNames: [name], tags });
  return { host: { name, tags }, port };
}

/** The host's AfterBlockTraffic fails until the answer is called. */
export function refuseToLeave({ installRoot }: Host): () => void {
  const file = join(installRoot, REFUSAL);
  writeFileSync(file, "");
  return () => rmSync(file);
}

export function endApplication({ installRoot }: Pick<Host, "installRoot">): void {
  const file = join(installRoot, "pid");
  const pid = existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
  if (pid !== undefined && statOf(pid)) process.kill(pid, "SIGKILL");
}
