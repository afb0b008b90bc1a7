/** A fleet under the alarm `errors`, which reads as the test says. @module */
import type { AlarmConfiguration, GroupSettings } from "../../core/domain/deployment_group.ts";
import { type Alarm, type AlarmReading, defineAlarm, z } from "../../core/plugin/contract.ts";
import { putIntegration } from "../../core/store/integrations.ts";
import { type Fleet, fleetTest } from "./fleet.ts";

export class TestAlarm {
  state: AlarmReading["state"] = "OK";
  reads = 0;
  readonly plugin: Alarm;

  constructor() {
    this.plugin = defineAlarm({
      name: "test",
      description: "reads what the test says",
      config: z.object({}),
      read: () => {
        this.reads++;
        return Promise.resolve({ state: this.state, reason: `errors read ${this.state}` });
      },
    });
  }
}

export const ALARMS: AlarmConfiguration = {
  enabled: true,
  ignorePollAlarmFailure: false,
  alarms: [{ name: "errors" }],
};

/** A group that watches the alarm, unless it says otherwise. */
export function alarmedTest(
  name: string,
  settings: { hosts: number } & GroupSettings,
  body: (fleet: Fleet, alarm: TestAlarm) => Promise<void>,
): void {
  fleetTest(name, { alarmConfiguration: ALARMS, ...settings }, async (fleet) => {
    const alarm = new TestAlarm();
    fleet.plugins = [...fleet.plugins, alarm.plugin];
    const errors = { kind: "alarm", name: "errors", plugin: "test", config: {} } as const;
    await fleet.store.commit((tx) => putIntegration(tx, errors, fleet.now));
    fleet.restart();
    await body(fleet, alarm);
  });
}

/** The next reading of the alarms comes due, and what it decides is on disk. */
export async function readAgain(fleet: Fleet): Promise<void> {
  fleet.now += 10_000;
  fleet.engine.tick();
  await fleet.settled();
  await fleet.settled();
}
