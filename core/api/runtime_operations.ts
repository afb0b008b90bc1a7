/** Operations that only this server has (`core/wire/runtime_api.ts`). @module */
import { operationsByName } from "./operation.ts";
import { createJoinToken } from "./operations/create_join_token.ts";
import { deleteEventTarget } from "./operations/delete_event_target.ts";
import { deleteIntegration } from "./operations/delete_integration.ts";
import { listLocks, lockDeployments } from "./operations/lock_deployments.ts";
import { getServerKey } from "./operations/get_server_key.ts";
import { listAuditRecords } from "./operations/list_audit_records.ts";
import { listDeadLetters } from "./operations/list_dead_letters.ts";
import { listEventTargets } from "./operations/list_event_targets.ts";
import { listStrategies } from "./operations/list_strategies.ts";
import { putEventTarget } from "./operations/put_event_target.ts";
import { listFreezeWindows } from "./operations/put_freeze_window.ts";
import { getGroupPolicy, putGroupPolicy } from "./operations/put_group_policy.ts";
import { listSchedules } from "./operations/put_schedule.ts";
import { putGitHubAccountToken } from "./operations/put_github_account_token.ts";
import { putStrategyConfig } from "./operations/put_strategy_config.ts";
import { deleteDeadLetters, replayDeadLetters } from "./operations/replay_dead_letters.ts";

export const RUNTIME_OPERATIONS = operationsByName([
  createJoinToken,
  deleteDeadLetters,
  deleteEventTarget,
  deleteIntegration,
  getGroupPolicy,
  getServerKey,
  listAuditRecords,
  listDeadLetters,
  listEventTargets,
  listFreezeWindows,
  listLocks,
  listSchedules,
  listStrategies,
  lockDeployments,
  putEventTarget,
  putGitHubAccountToken,
  putGroupPolicy,
  putStrategyConfig,
  replayDeadLetters,
]);
