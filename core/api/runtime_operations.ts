/** Operations that only this server has (`core/wire/runtime_api.ts`). @module */
import { operationsByName } from "./operation.ts";
import { createJoinToken } from "./operations/create_join_token.ts";

export const RUNTIME_OPERATIONS = operationsByName([createJoinToken]);
