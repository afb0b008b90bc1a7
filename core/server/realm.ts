/**
 * The account and region that the server speaks for: from the command line, else RUNTIME_ACCOUNT_ID
 * and RUNTIME_REGION, else those of `DEFAULT_REALM`. They stand in every ARN that is made, so they
 * are chosen before the first host joins.
 * @module
 */
import type { z } from "zod";
import { Account, DEFAULT_REALM, type Realm, Region } from "../domain/identity.ts";

/** A setting that cannot be part of an ARN: one sentence, which names it. */
export class RealmRefused extends Error {
  override readonly name = "RealmRefused";
}

/** Throws RealmRefused. */
export function realmFrom(
  options: { account?: string; region?: string },
  env: Readonly<Record<string, string | undefined>>,
): Realm {
  return {
    account: chosen(Account, DEFAULT_REALM.account, [
      ["--account", options.account],
      ["RUNTIME_ACCOUNT_ID", env["RUNTIME_ACCOUNT_ID"]],
    ]),
    region: chosen(Region, DEFAULT_REALM.region, [
      ["--region", options.region],
      ["RUNTIME_REGION", env["RUNTIME_REGION"]],
    ]),
  };
}

function chosen(
  schema: z.ZodType<string>,
  otherwise: string,
  settings: readonly (readonly [name: string, value: string | undefined])[],
): string {
  const set = settings.find(([, value]) => value !== undefined);
  if (!set) return otherwise;
  const [name, value] = set;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RealmRefused(`${name} ${parsed.error.issues[0]?.message}, not "${value}".`);
}
