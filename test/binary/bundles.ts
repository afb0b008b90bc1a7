/** Bundles of the black-box tests, and how their hooks leave traces. @module */

/** A hook that appends `EVENT VERSION` to the host's trace file. */
function tracing(event: string, version: string, then = ""): string {
  return `#!/bin/sh\necho "${event} ${version}" >> "$HOST_DIR/trace"\n${then}\n`;
}

const HOOKED = ["ApplicationStop", "BeforeInstall", "AfterInstall", "ApplicationStart"] as const;

/**
 * A version of the application: one file, a script in each of five events. `after` adds shell lines
 * to an event's script.
 */
export function version(
  name: string,
  after: Partial<Record<typeof HOOKED[number] | "ValidateService", string>> = {},
): Record<string, string> {
  const events = [...HOOKED, "ValidateService"] as const;
  const hooks = events.map((event) =>
    `  ${event}:\n    - location: scripts/${event}.sh\n      timeout: 60\n`
  );
  const files: Record<string, string> = {
    "appspec.yml": `version: 0.0
os: linux
files:
  - source: app
    destination: /srv/app
hooks:
${hooks.join("")}`,
    "app/version.txt": `${name}\n`,
  };
  for (const event of events) {
    files[`scripts/${event}.sh`] = tracing(event, name, after[event]);
  }
  return files;
}
