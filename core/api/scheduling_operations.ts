/** The operations on what lets a deployment begin that need the engine's calendar. @module */
import type { Engine } from "../engine/engine.ts";
import type { Operation } from "./operation.ts";
import { unlockDeployments } from "./operations/lock_deployments.ts";
import { deleteFreezeWindow, putFreezeWindow } from "./operations/put_freeze_window.ts";
import { deleteSchedule, putSchedule } from "./operations/put_schedule.ts";
import { retryDeployment } from "./operations/retry_deployment.ts";
import { scheduleDeployment } from "./operations/schedule_deployment.ts";

export function schedulingOperations(engine: Engine): Operation[] {
  return [
    deleteFreezeWindow(engine),
    deleteSchedule(engine),
    putFreezeWindow(engine),
    putSchedule(engine),
    retryDeployment(engine),
    scheduleDeployment(engine),
    unlockDeployments(engine),
  ];
}
