/**
 * What the store has of a history's deployments, read after each commit, beside what it had before. Of
 * a deployment that has ended only that it stays as it is looked at again.
 * @module
 */
import {
  type Deployment,
  type DeploymentOverview,
  type DeploymentRequest,
  type DeploymentStatus,
  TERMINAL_DEPLOYMENT,
} from "../../core/domain/deployment.ts";
import type { Progress } from "../../core/domain/progress.ts";
import type { LifecycleEvent } from "../../core/domain/lifecycle_event.ts";
import type { Target, TargetStatus } from "../../core/domain/target.ts";
import type { Disk } from "./disk.ts";

interface DeploymentRow {
  id: string;
  status: DeploymentStatus;
  overview: string;
  error: string | null;
  stop: string | null;
  progress: string | null;
  termination_wait: string | null;
  create_time: number;
  /** All that must not change any more once it has ended. */
  whole: string;
}

interface GroupRow {
  revision: string | null;
  deployment: string | null;
  live: string | null;
}

interface TargetRow {
  target_id: string;
  status: TargetStatus;
  events: string;
  command: string | null;
  label: Target["label"] | null;
  zone: string | null;
  last_updated: number;
}

export interface TargetSeen {
  readonly row: TargetRow;
  readonly events: readonly LifecycleEvent[];
}

export interface DeploymentSeen {
  readonly id: string;
  readonly status: DeploymentStatus;
  readonly request: DeploymentRequest;
  readonly overview: DeploymentOverview;
  readonly isFailing: boolean;
  readonly isStopping: boolean;
  readonly progress: Progress | undefined;
  readonly terminationWait: Deployment["terminationWait"];
  readonly createTime: number;
  readonly whole: string;
  readonly targets: ReadonlyMap<string, TargetSeen>;
  /** Hosts that were healthy when it began. */
  readonly healthy: ReadonlySet<string>;
}

export class Ledger {
  /** In the order in which they were written. */
  readonly seen = new Map<string, DeploymentSeen>();
  readonly #deployments: () => DeploymentRow[];
  readonly #request: (id: string) => { request: string }[];
  readonly #targets: (id: string) => TargetRow[];
  readonly #healthy: () => { instance_name: string }[];
  readonly #group: () => GroupRow[];

  constructor(disk: Disk) {
    this.#deployments = disk.rows<DeploymentRow>([
      ...["id", "status", "overview", "error", "stop", "progress", "termination_wait"],
      "create_time",
      "status || overview || coalesce(error, '') || coalesce(stop, '') || " +
      "coalesce(complete_time, '') || rollback AS whole",
    ], "FROM deployments ORDER BY rowid");
    this.#request = disk.rows(["request"], "FROM deployments WHERE id = ?");
    this.#targets = disk.rows<TargetRow>(
      ["target_id", "status", "events", "command", "label", "zone", "last_updated"],
      "FROM targets WHERE deployment_id = ? ORDER BY position",
    );
    this.#healthy = disk.rows(["instance_name"], "FROM instance_health WHERE healthy = 1");
    this.#group = disk.rows(
      [
        "target_revision AS revision",
        "last_successful_deployment_id AS deployment",
        "live_hosts AS live",
      ],
      "FROM deployment_groups",
    );
  }

  /** All deployments that may have changed, as they were and as they are. */
  read(): { before: DeploymentSeen | undefined; now: DeploymentSeen }[] {
    return this.#deployments().map((row) => {
      const before = this.seen.get(row.id);
      const now = this.#read(row, before);
      this.seen.set(row.id, now);
      return { before, now };
    });
  }

  /** A deployment as it is in the store at this moment. */
  row(id: string): DeploymentRow | undefined {
    return this.#deployments().find((row) => row.id === id);
  }

  /** The targets of a deployment as they are in the store at this moment. */
  targets(id: string): Map<string, TargetSeen> {
    return this.#targetsNow(id, undefined);
  }

  /** What the group says was its last success. */
  lastSuccess(): GroupRow | undefined {
    return this.#group()[0];
  }

  /** Names of the hosts that serve the group since a blue/green deployment. */
  liveHosts(): readonly string[] | undefined {
    const live = this.#group()[0]?.live;
    return live ? JSON.parse(live) : undefined;
  }

  #read(row: DeploymentRow, before: DeploymentSeen | undefined): DeploymentSeen {
    const { id, status, whole } = row;
    // Its hosts are compared once more when the history is over.
    const isOver = before && TERMINAL_DEPLOYMENT.has(before.status);
    if (isOver && before.whole === whole) return before;
    const targets = isOver ? before.targets : this.#targetsNow(id, before?.targets);
    return {
      ...{ id, status, whole, targets },
      request: before?.request ?? this.#requestOf(id),
      overview: JSON.parse(row.overview),
      isFailing: row.error !== null,
      isStopping: row.stop !== null,
      progress: row.progress === null ? undefined : JSON.parse(row.progress),
      terminationWait: row.termination_wait === null ? undefined : JSON.parse(row.termination_wait),
      createTime: row.create_time,
      healthy: before && before.targets.size > 0 ? before.healthy : this.#healthyNow(targets),
    };
  }

  #requestOf(id: string): DeploymentRequest {
    return JSON.parse(this.#request(id)[0]?.request ?? "{}");
  }

  #healthyNow(targets: ReadonlyMap<string, TargetSeen>): ReadonlySet<string> {
    return targets.size === 0
      ? new Set()
      : new Set(this.#healthy().map((row) => row.instance_name));
  }

  /** What has not changed is not parsed again. */
  #targetsNow(
    id: string,
    before: ReadonlyMap<string, TargetSeen> | undefined,
  ): Map<string, TargetSeen> {
    return new Map(
      this.#targets(id).map((row) => {
        const known = before?.get(row.target_id);
        const events = known?.row.events === row.events ? known.events : JSON.parse(row.events);
        return [row.target_id, { row, events }];
      }),
    );
  }
}
