/**
 * The clocks of a host behind a balancer, leg by leg, and whose failure may be ignored (spec 4.5).
 * @module
 */
import assert from "node:assert/strict";
import type { GroupSettings } from "../../core/domain/deployment_group.ts";
import {
  AGENT_SILENT_MESSAGE,
  HOST_EVENTS,
  type LifecycleEventName,
  SERVER_EVENTS,
} from "../../core/domain/lifecycle_event.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import {
  balancedTest,
  carryOut,
  end,
  eventsOf,
  hasOrder,
  type TestBalancer,
} from "./balanced_fleet.ts";
import type { Fleet } from "./fleet.ts";

const MINUTE = 60_000;
const BALANCED: GroupSettings = {
  deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" },
};

async function after(fleet: Fleet, ms: number): Promise<void> {
  fleet.now += ms;
  fleet.engine.tick();
  await fleet.settled();
}

/** The host has done so many orders, and takes the next one where it says so. */
type Row = [
  leg: string,
  clock: number,
  failed: LifecycleEventName,
  message: string | RegExp,
  play: (fleet: Fleet, balancer: TestBalancer) => Promise<unknown>,
];

const late = (event: string) => `The lifecycle event ${event} did not end within 3600 seconds.`;
/** One that the balancer does not answer; the host has done the orders before it. */
const held = (orders: number) => async (fleet: Fleet, balancer: TestBalancer) => {
  for (let order = 0; order < orders; order++) await carryOut(fleet, "web-1");
  const last = await fleet.take("web-1");
  balancer.held = new Promise(() => {});
  await end(fleet, last);
};
/** It begins the `at`th event of its order and is heard of no more. */
const begun = (orders: number, at: number) => async (fleet: Fleet) => {
  for (let order = 0; order < orders; order++) await carryOut(fleet, "web-1");
  const last = await fleet.take("web-1");
  await starts(fleet, last, at);
};
/** It does not take its next order. */
const silent = (orders: number) => async (fleet: Fleet) => {
  for (let order = 0; order < orders; order++) await carryOut(fleet, "web-1");
  await fleet.poll("web-1");
};

function starts(fleet: Fleet, { commandId, events }: Order, at: number) {
  return fleet.engine.hosts.report(commandId, {
    kind: "progress",
    events: events.slice(0, at + 1).map((name, index) => ({
      name,
      status: index < at ? "Succeeded" : "InProgress",
      startTime: fleet.now,
    })),
  });
}

const ROWS: readonly Row[] = [
  ["its first order", 5 * MINUTE, "BeforeBlockTraffic", AGENT_SILENT_MESSAGE, silent(0)],
  [
    "its order after BlockTraffic",
    5 * MINUTE,
    "AfterBlockTraffic",
    AGENT_SILENT_MESSAGE,
    silent(1),
  ],
  [
    "its order after AllowTraffic",
    5 * MINUTE,
    "AfterAllowTraffic",
    AGENT_SILENT_MESSAGE,
    silent(2),
  ],
  [
    "BeforeBlockTraffic",
    60 * MINUTE,
    "BeforeBlockTraffic",
    late("BeforeBlockTraffic"),
    begun(0, 0),
  ],
  ["BlockTraffic, the balancer's", 60 * MINUTE, "BlockTraffic", late("BlockTraffic"), held(0)],
  ["Install, in the middle", 60 * MINUTE, "Install", late("Install"), begun(1, 4)],
  ["AllowTraffic, the balancer's", 60 * MINUTE, "AllowTraffic", late("AllowTraffic"), held(1)],
  ["AfterAllowTraffic", 60 * MINUTE, "AfterAllowTraffic", late("AfterAllowTraffic"), begun(2, 0)],
];
for (const [leg, clock, failed, message, play] of ROWS) {
  const what = clock === 5 * MINUTE ? `five minutes to pick up ${leg}` : `an hour to end ${leg}`;
  balancedTest(`spec 4.5 trap 46: ${what}`, { hosts: 1, ...BALANCED }, async (fleet, balancer) => {
    const id = await fleet.deploy("v1.zip");
    await play(fleet, balancer);
    await after(fleet, clock - 1);
    assert.equal(fleet.show(id), "R InProgress");
    await after(fleet, 1);
    await fleet.ended(id);
    const [target] = fleet.targets(id);
    const event = target?.events.find((event) => event.name === failed);
    assert.deepEqual([event?.status, event?.diagnostics?.message], ["Failed", message]);
    assert.equal(target?.status, "Failed");
  });
}

/** The host ends its orders, all well but `broken`; its agent goes on after it in any case. */
async function goThrough(
  fleet: Fleet,
  id: string,
  host: string,
  broken: LifecycleEventName,
): Promise<void> {
  for (let orders = 0; orders < 3; orders++) {
    await fleet.settled();
    if (!hasOrder(fleet, id, host)) return;
    const { commandId, events } = await fleet.take(host);
    await fleet.engine.hosts.report(commandId, {
      kind: "completed",
      succeeded: true,
      events: events.map((name) => ({ name, status: name === broken ? "Failed" : "Succeeded" })),
      failure: { code: 0, message: "" },
    });
  }
}

const IGNORABLE = "BeforeBlockTraffic AfterBlockTraffic ApplicationStop";
const BROKEN = HOST_EVENTS.inPlaceBalanced;
for (const [ignoreApplicationStopFailures, passes] of [[true, IGNORABLE], [false, ""]] as const) {
  balancedTest(
    `spec 4.5 ignoreApplicationStopFailures=${ignoreApplicationStopFailures}: passed over are ${
      passes || "none"
    }`,
    {
      hosts: BROKEN.length,
      ...BALANCED,
      deploymentConfigName: "CodeDeployDefault.AllAtOnce",
    },
    async (fleet, balancer) => {
      const verbs: Partial<Record<LifecycleEventName, string>> = {
        BlockTraffic: "block",
        AllowTraffic: "allow",
      };
      for (const [index, name] of BROKEN.entries()) {
        if (SERVER_EVENTS.has(name)) {
          balancer.broken.set(`${verbs[name]} web-${index + 1}`, "broke");
        }
      }
      const id = await fleet.deploy("v1.zip", { ignoreApplicationStopFailures });
      await fleet.settled();
      for (const [index, name] of BROKEN.entries()) {
        await goThrough(fleet, id, `web-${index + 1}`, name);
      }
      await fleet.ended(id);
      const survived = BROKEN.filter((name, index) => {
        const events = eventsOf(fleet, id, `web-${index + 1}`);
        assert.match(events, new RegExp(` ${name}:Failed`), "the event itself still shows Failed");
        return events.startsWith("Succeeded");
      });
      assert.equal(survived.join(" "), passes);
    },
  );
}
