/**
 * Bundles whose scripts leave marks: `DEPLOYMENT EVENT begin` and, when they come to their end,
 * `DEPLOYMENT EVENT end`, in a file of the host that outlives every kill.
 * @module
 */
import { Buffer } from "node:buffer";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import type { Host } from "../binary/fleet.ts";

export interface Mark {
  deploymentId: string;
  event: string;
  what: "begin" | "end";
}

const SCRIPTED = [
  "ApplicationStop",
  "BeforeInstall",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
];

/** Bytes of each of the bundle's files: with them, downloading and installing take a moment. */
const FILE_BYTES = 200_000;
const FILES = 10;

/** The files of a version; with `fails`, its application does not start. */
export function markedBundle(version: string, fails: boolean): Record<string, string> {
  const hooks = SCRIPTED.map((event) =>
    `  ${event}:\n    - location: scripts/${event}.sh\n      timeout: 60\n`
  );
  const files: Record<string, string> = {
    "appspec.yml": `version: 0.0
os: linux
files:
  - source: app
    destination: /srv/app
file_exists_behavior: OVERWRITE
hooks:
${hooks.join("")}`,
    "app/version.txt": `${version}\n`,
  };
  for (let at = 0; at < FILES; at++) {
    files[`app/filler-${at}`] = Buffer.from(randomBytes(FILE_BYTES)).toString("latin1");
  }
  for (const event of SCRIPTED) {
    const end = fails && event === "ApplicationStart" ? "exit 1" : mark(event, "end");
    files[`scripts/${event}.sh`] = `#!/bin/sh\n${mark(event, "begin")}\nsleep 0.08\n${end}\n`;
  }
  return files;
}

function mark(event: string, what: Mark["what"]): string {
  return `echo "$DEPLOYMENT_ID ${event} ${what}" >> "$HOST_DIR/marks"`;
}

/** The marks of a host, in the order they were left. */
export function marksOf(host: Host): Mark[] {
  const file = join(host.installRoot, "marks");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8").trim().split("\n").map((line) => {
    const [deploymentId = "", event = "", what = ""] = line.split(" ");
    if (what !== "begin" && what !== "end") throw new Error(`${file}: a torn line: ${line}`);
    return { deploymentId, event, what };
  });
}
