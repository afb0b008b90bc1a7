/** ApplicationInfo: an application as the API shows it. @module */
import type { Application } from "../domain/application.ts";
import { epochSeconds } from "./epoch_seconds.ts";

export function applicationInfo(application: Application): Record<string, unknown> {
  return {
    applicationId: application.id,
    applicationName: application.name,
    createTime: epochSeconds(application.createTime),
    linkedToGitHub: false,
    computePlatform: application.computePlatform,
  };
}
