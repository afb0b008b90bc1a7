/**
 * A fleet behind a balancer of the test: hosts answer their orders whole, and the balancer's state is
 * there to look at. @module
 */
import assert from "node:assert/strict";
import type { GroupSettings } from "../../core/domain/deployment_group.ts";
import type { LifecycleEventName } from "../../core/domain/lifecycle_event.ts";
import { type Balancer, defineBalancer, z } from "../../core/plugin/contract.ts";
import { putIntegration } from "../../core/store/integrations.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import { type Fleet, fleetTest } from "./fleet.ts";

export class TestBalancer {
  /** Hosts that get no traffic. */
  readonly blocked = new Set<string>();
  /** `block web-1`, in the order they were asked for. */
  readonly asked: string[] = [];
  /** Hosts for which it fails, and why. */
  readonly broken = new Map<string, string>();
  /** While there is one, nothing is answered before it has settled. */
  held: Promise<unknown> | undefined;
  /** How many were asked for at once, at most. */
  most = 0;
  readonly plugin: Balancer;

  constructor(name: string) {
    let now = 0;
    const act = async (verb: "block" | "allow" | "check", host: string) => {
      this.most = Math.max(this.most, ++now);
      await this.held;
      now--;
      const fault = this.broken.get(`${verb} ${host}`);
      if (verb !== "check") this.asked.push(`${verb} ${host}`);
      if (fault !== undefined) throw new Error(fault);
      if (verb === "block") this.blocked.add(host);
      if (verb === "allow") this.blocked.delete(host);
    };
    this.plugin = defineBalancer({
      name,
      description: "remembers what it was asked",
      config: z.object({}),
      block: ({ host }) => act("block", host.name),
      allow: ({ host }) => act("allow", host.name),
      check: ({ host }) => act("check", host.name),
    });
  }
}

/** A test over hosts behind the balancers `web`, and any `others`, each of a plugin of its name. */
export function balancedTest(
  name: string,
  settings: { hosts: number } & GroupSettings,
  body: (fleet: Fleet, balancer: TestBalancer) => Promise<void>,
  others: readonly TestBalancer[] = [],
): void {
  const balancer = new TestBalancer("web");
  const all = [balancer, ...others];
  const targetGroupInfoList = all.map(({ plugin: { name } }) => ({ name }));
  fleetTest(name, { loadBalancerInfo: { targetGroupInfoList }, ...settings }, async (fleet) => {
    fleet.plugins = [...fleet.plugins, ...all.map(({ plugin }) => plugin)];
    await fleet.store.commit((tx) => {
      for (const { plugin: { name } } of all) {
        putIntegration(tx, { kind: "balancer", name, plugin: name, config: {} }, fleet.now);
      }
    });
    fleet.restart();
    await body(fleet, balancer);
  });
}

/** The host carries its next order out, all events well but `failing`. Answers the events. */
export async function carryOut(
  fleet: Fleet,
  host: string,
  failing?: LifecycleEventName,
): Promise<string> {
  const order = await fleet.take(host);
  await end(fleet, order, failing);
  return order.events.join(" ");
}

export async function end(
  fleet: Fleet,
  { commandId, events }: Order,
  failing?: LifecycleEventName,
): Promise<void> {
  const at = failing === undefined ? events.length : events.indexOf(failing);
  assert.notEqual(at, -1, `${failing} is none of ${events}`);
  await fleet.engine.hosts.report(commandId, {
    kind: "completed",
    succeeded: failing === undefined,
    events: events.slice(0, at + 1).map((name, index) => ({
      name,
      status: index === at ? "Failed" : "Succeeded",
      startTime: fleet.now,
      endTime: fleet.now,
      ...(index === at && {
        diagnostics: { error_code: 4, script_name: "a.sh", message: `${name} broke.`, log: "" },
      }),
    })),
    failure: { code: 5, message: "broke" },
  });
}

/** `Succeeded BeforeBlockTraffic:Succeeded …`, one line a host. */
export function eventsOf(fleet: Fleet, id: string, host: string): string {
  const target = fleet.targets(id).find((target) => target.id === host);
  assert.ok(target, `${host} is not in ${id}`);
  const events = target.events.map(({ name, status }) => `${name}:${status}`);
  return `${target.status} ${events.join(" ")}`;
}

/** Whether an order lies ready for the host that it has not taken. */
export function hasOrder(fleet: Fleet, id: string, host: string): boolean {
  const command = fleet.targets(id).find((target) => target.id === host)?.command;
  return command !== undefined && command.takenAt === undefined;
}
