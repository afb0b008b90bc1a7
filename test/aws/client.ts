/** AWS's own client of CodeDeploy, with nothing changed but where it speaks to. @module */
import { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { Fleet } from "../binary/fleet.ts";

export function clientOf(fleet: Fleet): CodeDeployClient {
  const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = fleet.env;
  return new CodeDeployClient({
    endpoint: fleet.url,
    region: "us-east-1",
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  });
}

/** Seconds between the looks of a waiter; the clients' own pace is 15. */
export const SOON = { minDelay: 1, maxDelay: 1, maxWaitTime: 60 };

export const ACCOUNT = "000000000000";
export const REGION = "us-east-1";
