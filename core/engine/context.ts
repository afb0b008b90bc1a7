/** What the engine needs from outside: the store, the plugins, the clock, randomness, its key. @module */
import type { KeyObject } from "node:crypto";
import type { Artifact } from "../domain/deployment.ts";
import type { BusyGroup } from "../domain/group_policy.ts";
import type { Realm } from "../domain/identity.ts";
import type { Quotas } from "../domain/quotas.ts";
import type { S3Location } from "../domain/revision.ts";
import type { PluginContext } from "../plugin/contract.ts";
import type { AtOnce } from "../plugin/plugin_context.ts";
import type { Registry } from "../plugin/registry.ts";
import type { HostClocks } from "../rollout/host_clock.ts";
import type { Store } from "../store/store.ts";

export interface EngineContext {
  readonly store: Store;
  /** Tells this server from others of its store; another one with every start. */
  readonly owner: string;
  /** Nobody else has the store open: what another server owned is taken over at once. */
  readonly isSoleServer: boolean;
  readonly plugins: Registry;
  readonly realm: Realm;
  readonly quotas: Quotas;
  readonly busyGroup: BusyGroup;
  /** Signs orders; agents pinned its public half. */
  readonly orderKey: KeyObject;
  readonly clocks: HostClocks;
  /**
   * By how much every duration of a rollout is shortened, at least 1: waits, holds and intervals are
   * divided by it. `clocks` are so already.
   */
  readonly timeLapse: number;
  /** The token that reads the repositories of an account of GitHub, if one is kept here. */
  githubToken(owner: string): string | undefined;
  /** The object of the server's own store that a location names now. */
  findArtifact(location: S3Location): Artifact | undefined;
  /**
   * What a plugin reaches the world with, until the signal; its lines go to `log`. What is under way
   * with the same `atOnce` is bounded by it.
   */
  pluginContext(
    signal: AbortSignal,
    log: (line: string) => void,
    atOnce?: AtOnce,
  ): PluginContext;
  /** Milliseconds since the epoch. */
  now(): number;
  randomBytes(length: number): Uint8Array;
  /** An error nobody waits for: it must be seen, but cannot be answered. */
  report(error: unknown, doing: string): void;
}
