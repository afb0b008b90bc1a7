import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentOptions, Rooms } from "../../core/cli/rooms.ts";
import { AgentSettings } from "../../core/domain/agent_settings.ts";
import { runtime } from "./stand_in.ts";

/** What `runtime agent` with these arguments starts the agent with. */
async function started(args: string[]): Promise<AgentOptions> {
  const asked: AgentOptions[] = [];
  const agent: Rooms["agent"] = () =>
    Promise.resolve({
      runAgent(options) {
        asked.push(options);
        return Promise.resolve(0);
      },
    });
  const ran = await runtime(["agent", ...args], undefined, { rooms: { agent } });
  assert.equal(ran.code, 0, ran.err);
  const [options] = asked;
  assert.ok(options);
  return options;
}

for (const key of Object.keys(AgentSettings.shape)) {
  test(`spec 11.2 :${key}: may be given as a flag`, async () => {
    const flag = `--${key.replaceAll("_", "-")}`;
    const { settings } = await started([flag, "some-value"]);
    assert.deepEqual(settings, { [key]: "some-value" });
  });
}

test("without flags nothing goes before the file, wherever it is", async () => {
  assert.deepEqual(await started(["--config", "./a.yml"]), { config: "./a.yml" });
  const { config, settings } = await started(["--config", "./a.yml", "--verbose", "true"]);
  assert.equal(config, "./a.yml");
  assert.deepEqual(settings, { verbose: "true" });
});

test("a flag that nobody knows is refused with the one that may be meant", async () => {
  const ran = await runtime(["agent", "--max-revision", "3"], undefined, {});
  assert.equal(ran.code, 2);
  assert.match(ran.err, /unknown option '--max-revision'[\s\S]*--max-revisions/);
});
