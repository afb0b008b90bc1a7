/**
 * The ownership of one deployment. It is taken with the runner's first write and kept with every other
 * one; a write of a runner that has lost it meanwhile is refused, and the runner is of no more use.
 * @module
 */
import { keepLease, leaseOf, type Seen, takeLease } from "../store/leases.ts";
import type { Db } from "../store/database.ts";
import type { Tx } from "../store/group_commit.ts";
import type { EngineContext } from "./context.ts";

/** How long an owner may be silent before another takes over, in milliseconds. */
export const LEASE_TIME = 30_000;

/** Another server runs the deployment now, or has written since it was loaded here. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

type OwnerContext = Pick<EngineContext, "owner" | "isSoleServer" | "now">;

export class Ownership {
  readonly #deploymentId: string;
  readonly #seen: Seen;
  readonly #context: OwnerContext;
  #fence: number | undefined;
  #expires = 0;

  private constructor(deploymentId: string, seen: Seen, context: OwnerContext) {
    this.#deploymentId = deploymentId;
    this.#seen = seen;
    this.#context = context;
  }

  /**
   * To be called before the deployment is loaded. Undefined, with the time until which to wait, when
   * another server has it. Who is the only server of its store waits for nobody.
   */
  static of(
    db: Db,
    deploymentId: string,
    context: OwnerContext,
  ): Ownership | { heldUntil: number } {
    const lease = leaseOf(db, deploymentId);
    const isFree = !lease || context.isSoleServer || lease.owner === context.owner ||
      lease.expires <= context.now();
    return isFree ? new Ownership(deploymentId, lease, context) : { heldUntil: lease.expires };
  }

  /** First in each write. Throws LeaseLost. */
  hold(tx: Tx): void {
    const { owner, now } = this.#context;
    const expires = now() + LEASE_TIME;
    const held = this.#fence === undefined
      ? takeLease(tx, this.#deploymentId, this.#seen, { owner, expires })
      : keepLease(tx, this.#deploymentId, { fence: this.#fence, expires }) && this.#fence;
    if (held === undefined || held === false) {
      throw new LeaseLost(`another server has taken the deployment ${this.#deploymentId} over`);
    }
    this.#fence = held;
    this.#expires = expires;
  }

  /** Whether an owner that writes nothing has to say that it is there. */
  isRunningOut(): boolean {
    return !this.#context.isSoleServer && this.#expires - this.#context.now() < LEASE_TIME / 2;
  }
}
