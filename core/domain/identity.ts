/**
 * Who and where: the account and region that a server speaks for, and the ARNs made of them.
 *
 * A self-hosted server has one of each; both appear in every ARN (spec 0).
 * @module
 */
import { z } from "zod";

export const Account = z.string().regex(/^\d{12}$/, "must be an account id of 12 digits");
/** As AWS forms its names; SDKs make host names of it. */
export const Region = z.string()
  .regex(/^[a-z]{2}(-[a-z]{2,12}){1,3}-\d{1,2}$/, "must be a region such as eu-central-1");

/** The account id (12 digits) and region shown in ARNs. */
export interface Realm {
  account: string;
  region: string;
}

export const DEFAULT_REALM: Realm = { account: "000000000000", region: "us-east-1" };

/** ARN of an on-premises instance; `id` is unique per registration, e.g. `web-1_8fJ2kq`. */
export function instanceArn(realm: Realm, id: string): string {
  return `arn:aws:codedeploy:${realm.region}:${realm.account}:instance/${id}`;
}

/** ARN of the IAM user that an on-premises host signs as (`aws deploy register` uses this path). */
export function hostUserArn(realm: Realm, instanceName: string): string {
  return `arn:aws:iam::${realm.account}:user/AWS/CodeDeploy/${instanceName}`;
}
