/** Lines that an agent sends again because it heard no answer are kept once. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogLine } from "../../core/wire/agent_protocol.ts";
import { GetDeploymentLogsOutput, RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { reported } from "../rollout/letters.ts";
import { envelope, type Host, line } from "./host.ts";
import { nthDeployment, openShop, type Shop } from "./shop.ts";

const FIRST = nthDeployment(0);
const COMMAND = { HostCommandIdentifier: `${FIRST}/web-1` };

type Say = (host: Host) => Promise<unknown>;

function lines(sequence: number, ...texts: string[]): Say {
  const payload = { log: texts.map(line), mark: { run: "a", sequence } };
  return (host) =>
    host.call("PostHostCommandUpdate", { ...COMMAND, Diagnostics: envelope(payload) });
}

const anotherRun: Say = (host) =>
  host.call("PostHostCommandUpdate", {
    ...COMMAND,
    Diagnostics: envelope({ log: [line("x")], mark: { run: "b", sequence: 1 } }),
  });

function end(texts: string[], sent_before?: object): Say {
  const log_lines: LogLine[] = texts.map(line);
  const events = reported("SSSSSSS");
  const payload = { error_code: 0, events, log_lines, ...(sent_before && { sent_before }) };
  return (host) =>
    host.call("PutHostCommandComplete", {
      ...COMMAND,
      CommandStatus: "Succeeded",
      Diagnostics: envelope(payload),
    });
}

const rows: [what: string, says: Say[], kept: string[]][] = [
  ["an update again", [lines(1, "x", "y"), lines(1, "x", "y")], ["x", "y"]],
  ["an update after the next one", [lines(1, "x"), lines(2, "y"), lines(1, "x")], ["x", "y"]],
  ["the same words under a new mark", [lines(1, "x"), lines(2, "x")], ["x", "x"]],
  ["the same number of another run", [lines(1, "x"), anotherRun], ["x", "x"]],
  [
    "an end that brings what an update brought",
    [lines(3, "x", "y"), end(["x", "y", "z"], { run: "a", sequence: 3, lines: 2 })],
    ["x", "y", "z"],
  ],
  [
    "an end that brings what no update brought",
    [lines(2, "w"), end(["x", "y", "z"], { run: "a", sequence: 3, lines: 2 })],
    ["w", "x", "y", "z"],
  ],
  [
    "an update that comes after the end that brought it",
    [end(["x", "y"], { run: "a", sequence: 1, lines: 1 }), lines(1, "x")],
    ["x", "y"],
  ],
  ["an end again", [end(["x"]), end(["x"])], ["x"]],
];

for (const [what, says, kept] of rows) {
  test(`${what}: kept are ${kept.join(", ")}`, async () => {
    await using shop = await openShop(1);
    await shop.deploy("v1.zip");
    const [web1] = shop.hosts;
    await web1!.take();
    for (const say of says) await say(web1!);
    assert.deepEqual(await texts(shop), kept);
  });

  test(`${what}, all at once: kept are as many`, async () => {
    await using shop = await openShop(1);
    await shop.deploy("v1.zip");
    const [web1] = shop.hosts;
    await web1!.take();
    await Promise.all(says.map((say) => say(web1!)));
    assert.deepEqual((await texts(shop)).sort(), [...kept].sort());
  });
}

async function texts(shop: Shop): Promise<string[]> {
  const answer = await shop.target(
    RUNTIME_TARGET_PREFIX + "GetDeploymentLogs",
    { deploymentId: FIRST },
  );
  const { chunks } = GetDeploymentLogsOutput.parse(answer);
  return chunks.flatMap(({ lines }) => lines.map(({ text }) => text));
}
