/** Who watches the hosts of a history. @module */
import type { LifecycleEvent, LifecycleEventName } from "../../core/domain/lifecycle_event.ts";
import type { HostReport } from "../../core/rollout/host_report.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import type { SimHost } from "./sim_host.ts";

export interface HostWatcher {
  took(host: SimHost, order: Order): void;
  /** Before the event is in the host's journal, unless it is begun again. */
  begins(host: SimHost, order: Order, event: LifecycleEventName, isResumed: boolean): void;
  ended(host: SimHost, order: Order, event: LifecycleEvent): void;
  /** A report is with the server; passes its answer on. */
  told(
    host: SimHost,
    commandId: string,
    report: HostReport,
    answer: Promise<string>,
  ): Promise<string>;
}
