/**
 * Publishes a test message for each trigger that was saved or changed, in the commit that saves it
 * (CodeDeploy user guide: a new trigger is tried at once). Whether it arrives changes nothing here.
 * @module
 */
import { randomUUID } from "node:crypto";
import { testMessage } from "../delivery/trigger_message.ts";
import type { GroupSettings } from "../domain/deployment_group.ts";
import type { Tx } from "../store/group_commit.ts";
import { publish } from "../store/topic_deliveries.ts";
import type { ApiContext } from "./context.ts";

type Triggers = NonNullable<GroupSettings["triggerConfigurations"]>;

export function tryTriggers(
  tx: Tx,
  { realm, now }: Pick<ApiContext, "realm" | "now">,
  group: {
    applicationName: string;
    groupName: string;
    before: Triggers;
    settings: GroupSettings;
  },
): void {
  const known = new Set(group.before.map((trigger) => JSON.stringify(trigger)));
  for (const trigger of group.settings.triggerConfigurations ?? []) {
    const { triggerName, triggerTargetArn } = trigger;
    if (known.has(JSON.stringify(trigger))) continue;
    if (triggerName === undefined || triggerTargetArn === undefined) continue;
    const said = testMessage({ realm, triggerName }, group);
    publish(tx, realm, triggerTargetArn, { ...said, id: randomUUID(), at: now() });
  }
}
