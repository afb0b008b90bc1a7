/** How long a poll of AWS's own agent is held. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pollStockCommand } from "../../core/api/stock_agent.ts";
import type { HostService } from "../../core/api/host_commands.ts";

test("trap 41: a poll of AWS's agent is held, and answered well before its 80 seconds", async () => {
  const held: number[] = [];
  const hosts = {
    nextEvent({ waitMs }: { waitMs: number }) {
      held.push(waitMs);
      return Promise.resolve(undefined);
    },
  };
  // because nothing else of the service is asked when there is no event
  const service = { engine: { hosts } } as unknown as HostService;
  const host = { name: "web-1", identifier: "arn:aws:iam::1:user/web-1" };
  assert.deepEqual(await pollStockCommand(service, host, new AbortController().signal), {});
  assert.ok(held.length === 1 && held[0]! > 5_000 && held[0]! < 60_000, held.join());
});
