/** ApplicationInfo: an application as the API shows it. @module */
import type { Application } from "../domain/application.ts";
import { epochSeconds } from "./epoch_seconds.ts";
import type { ApplicationInfo } from "./shapes/application.ts";

export function applicationInfo(application: Application): ApplicationInfo {
  return {
    applicationId: application.id,
    applicationName: application.name,
    createTime: epochSeconds(application.createTime),
    linkedToGitHub: false,
    computePlatform: application.computePlatform,
  };
}
