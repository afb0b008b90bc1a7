/**
 * Six applications on one host, deployed side by side again and again: nothing of one may show in
 * another's files, scripts, variables or lines. `ROUNDS=50` plays it longer than the suite does.
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { z } from "zod";
import { ended, IN_PLACE } from "./deployments.ts";
import { Fleet, type Host } from "./fleet.ts";

const APPS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot"];
const ROUNDS = Number(process.env["ROUNDS"] ?? 3);
const HOOKED = IN_PLACE.filter((event) => !["DownloadBundle", "Install"].includes(event));
const LINES_A_SCRIPT = 20;

/** Everything in it names the application and the round; each script writes down what it was told. */
function revision(app: string, round: number): Record<string, string> {
  const hooks = HOOKED.map((event) => `  ${event}:\n    - location: scripts/${event}.sh\n`);
  const files: Record<string, string> = {
    "appspec.yml": `version: 0.0\nos: linux\nfiles:\n  - source: files\n    destination: /srv/${app}
hooks:\n${hooks.join("")}`,
    [`files/${app}-${round}.txt`]: `${app} ${round}\n`,
    "files/version.txt": `${app} ${round}\n`,
  };
  for (const event of HOOKED) {
    files[`scripts/${event}.sh`] = `#!/bin/sh
echo "${app} ${round} $LIFECYCLE_EVENT $APPLICATION_NAME $DEPLOYMENT_GROUP_NAME $DEPLOYMENT_ID" \\
  >>"$HOST_DIR/told-${app}"
for n in $(seq ${LINES_A_SCRIPT}); do echo "${app} ${round} $LIFECYCLE_EVENT $n"; done
`;
  }
  return files;
}

async function declare(fleet: Fleet): Promise<void> {
  const applications = APPS.map((app) =>
    `  - name: ${app}\n    groups:\n      - name: ${app}-group\n        tags: { role: web }
        config: CodeDeployDefault.AllAtOnce\n`
  );
  const file = join(fleet.directory, "deploy.yaml");
  writeFileSync(file, `applications:\n${applications.join("")}`);
  const ran = await fleet.runtime("apply", "-f", file);
  assert.equal(ran.code, 0, ran.stderr);
}

async function begin(fleet: Fleet, app: string, round: number): Promise<string> {
  const bundle = fleet.bundle(`${app}-${round}`, revision(app, round));
  const ran = await fleet.runtime(
    ...["deploy", "--app", app, "--group", `${app}-group`, bundle, "--no-wait", "--json"],
  );
  assert.equal(ran.code, 0, ran.stderr);
  return z.object({ deploymentId: z.string() }).parse(JSON.parse(ran.stdout)).deploymentId;
}

/** What the scripts of an application were told since the start, one line a script. */
function told(host: Host, app: string): string[] {
  const file = join(host.installRoot, `told-${app}`);
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

/** The lines of a round's scripts: ApplicationStop is the one of the round before. */
function expected(round: number): { round: number; event: string }[] {
  return HOOKED.flatMap((event) => {
    const from = event === "ApplicationStop" ? round - 1 : round;
    return from === 0 ? [] : [{ round: from, event }];
  });
}

async function printed(fleet: Fleet, deploymentId: string): Promise<string[]> {
  const answer = await fleet.runtime("logs", deploymentId, "--json");
  assert.equal(answer.code, 0, answer.stderr);
  return answer.stdout.split("\n").filter((line) => line !== "").map((line) =>
    JSON.parse(line).text
  );
}

test(`${APPS.length} applications on one host, ${ROUNDS} rounds side by side: no cross-talk`, async () => {
  const fleet = await Fleet.start(1);
  const [host] = fleet.hosts;
  assert.ok(host);
  try {
    await declare(fleet);
    for (let round = 1; round <= ROUNDS; round++) {
      const ids = await Promise.all(APPS.map((app) => begin(fleet, app, round)));
      await Promise.all(ids.map(async (id) => {
        const { status, errorInformation } = await ended(fleet, id);
        assert.equal(status, "Succeeded", errorInformation?.message ?? id);
      }));
      for (const [index, app] of APPS.entries()) {
        const id = ids[index] ?? "";
        const place = `${app}, round ${round}`;
        const tree = join(host.installRoot, "srv", app);
        assert.deepEqual(readdirSync(tree).sort(), [`${app}-${round}.txt`, "version.txt"], place);
        assert.equal(readFileSync(join(tree, "version.txt"), "utf8"), `${app} ${round}\n`, place);
        const scripts = expected(round);
        assert.deepEqual(
          told(host, app).slice(-scripts.length),
          scripts.map((from) => `${app} ${from.round} ${from.event} ${app} ${app}-group ${id}`),
          place,
        );
        const lines = (await printed(fleet, id)).filter((text) => / \d+ \w+ \d+$/.test(text));
        const wanted = scripts.flatMap((from) =>
          Array.from(
            { length: LINES_A_SCRIPT },
            (_, n) => `${app} ${from.round} ${from.event} ${n + 1}`,
          )
        );
        assert.deepEqual(lines, wanted, place);
      }
      assert.deepEqual(readdirSync(join(host.installRoot, "srv")).sort(), APPS);
    }
    for (const app of APPS) {
      assert.equal(told(host, app).length, ROUNDS * HOOKED.length - 1, `${app}: scripts that ran`);
    }
  } finally {
    await fleet.close();
  }
});
