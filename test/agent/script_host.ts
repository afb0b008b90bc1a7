/**
 * A host for tests whose events are shell scripts in a folder, one named after each event; an event
 * without one succeeds. Each script is a real process that leads its own group.
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { type Host, SUCCEEDED, unknownError } from "../../core/agent/host.ts";

export function scriptHost(folder: string): Host {
  return {
    run(event, order, { onLine, onSpawn }) {
      const script = join(folder, event);
      if (!existsSync(script)) return Promise.resolve(SUCCEEDED);
      const env = { ...process.env, DEPLOYMENT_ID: order.specification.DeploymentId };
      const child = spawn("/bin/sh", [script], {
        detached: true,
        env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      if (child.pid) onSpawn(child.pid);
      createInterface({ input: child.stdout }).on("line", (text) => onLine("stdout", text));
      createInterface({ input: child.stderr }).on("line", (text) => onLine("stderr", text));
      return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => {
          if (code === 0) return resolve(SUCCEEDED);
          const message = `Script at specified location: ${event} failed with exit code ${code}`;
          resolve({ ...unknownError(message, event), error_code: 4 });
        });
      });
    },
  };
}
