/** What every operation is given: the store, the keys, who and where the server is, clock, randomness. @module */
import type { Realm } from "../domain/identity.ts";
import type { Quotas } from "../domain/quotas.ts";
import type { Strategies } from "../engine/named_config.ts";
import type { AccessKeys } from "../store/access_keys.ts";
import type { GitHubTokens } from "../store/github_tokens.ts";
import type { Store } from "../store/store.ts";

export interface ApiContext {
  readonly store: Store;
  readonly keys: AccessKeys;
  readonly githubTokens: GitHubTokens;
  readonly realm: Realm;
  readonly quotas: Quotas;
  readonly strategies: Strategies;
  /** SPKI in PEM; hosts that join pin it. */
  readonly serverPublicKey: string;
  /** By how much the waits of a rollout are shortened, at least 1. */
  readonly timeLapse: number;
  /** Milliseconds since the epoch. */
  now(): number;
  randomBytes(length: number): Uint8Array;
}
