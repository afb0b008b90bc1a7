/**
 * Tokens that read private repositories of GitHub, by the name of the account they are for, encrypted
 * as the secrets of access keys are.
 * @module
 */
import { asc, count, eq, gt, ne } from "drizzle-orm";
import { DomainError } from "../domain/errors.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { githubTokens } from "./schema.ts";
import { decryptSecret, encryptSecret } from "./secret_cipher.ts";

export class GitHubTokens {
  readonly #read: Db;
  readonly #secretsKey: Uint8Array;

  /** `secretsKey` is 32 bytes. */
  constructor(read: Db, secretsKey: Uint8Array) {
    this.#read = read;
    this.#secretsKey = secretsKey;
  }

  /**
   * Writes a token, in place of one with the same name. `nonce` is 12 random bytes, never used twice.
   * Throws ResourceValidation when there are `most` others.
   */
  put(
    tx: Tx,
    { name, token }: { name: string; token: string },
    { nonce, most }: { nonce: Uint8Array; most: number },
  ): void {
    const others = tx.select({ n: count() }).from(githubTokens).where(ne(githubTokens.name, name))
      .get()?.n ?? 0;
    if (others >= most) {
      throw new DomainError(
        "ResourceValidationException",
        "tokenName",
        `There are ${others} tokens for GitHub, the most there may be. Delete one that is not used.`,
      );
    }
    const secret = encryptSecret(token, { key: this.#secretsKey, id: boundTo(name), nonce });
    tx.insert(githubTokens).values({ name, secret })
      .onConflictDoUpdate({ target: githubTokens.name, set: { secret } }).run();
  }

  /** Throws GitHubAccountTokenDoesNotExist. */
  remove(tx: Tx, name: string): void {
    const gone = tx.delete(githubTokens).where(eq(githubTokens.name, name))
      .returning({ name: githubTokens.name }).get();
    if (gone) return;
    throw new DomainError(
      "GitHubAccountTokenDoesNotExistException",
      "tokenName",
      `There is no token for GitHub with the name ${name}`,
    );
  }

  /** Names after `after` in their own order, at most `limit`. */
  names(after: string | undefined, limit: number): string[] {
    return this.#read.select({ name: githubTokens.name }).from(githubTokens)
      .where(after === undefined ? undefined : gt(githubTokens.name, after))
      .orderBy(asc(githubTokens.name)).limit(limit).all().map(({ name }) => name);
  }

  /**
   * The name of the token that reads the repositories of `owner`: the only one there is, or the one
   * that is named like the owner. GitHub's names do not differ by case.
   */
  nameFor(owner: string): string | undefined {
    const names = this.names(undefined, Number.MAX_SAFE_INTEGER);
    if (names.length === 1) return names[0];
    const wanted = owner.toLowerCase();
    return names.find((name) => name.toLowerCase() === wanted);
  }

  /** Throws when the token cannot be decrypted: the key file is not the one it was made with. */
  tokenFor(owner: string): string | undefined {
    const name = this.nameFor(owner);
    if (name === undefined) return undefined;
    const row = this.#read.select().from(githubTokens).where(eq(githubTokens.name, name)).get();
    return row && decryptSecret(row.secret, { key: this.#secretsKey, id: boundTo(name) });
  }
}

/** An access key of the same name is another secret. */
function boundTo(name: string): string {
  return `GitHub token ${name}`;
}
