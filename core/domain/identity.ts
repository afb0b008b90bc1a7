/**
 * Who and where: the account and region that a server speaks for, and the ARNs made of them.
 *
 * A self-hosted server has one of each; both appear in every ARN (spec 0).
 * @module
 */

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
