/** The operations of AWS STS that this server has (API version 2011-06-15). @module */
import { queryOperationsByName, type QueryService } from "../query_service.ts";
import { assumeRole } from "./assume_role.ts";
import { getCallerIdentity } from "./get_caller_identity.ts";
import { getSessionToken } from "./get_session_token.ts";

export const STS: QueryService = {
  signingName: "sts",
  version: "2011-06-15",
  namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
  operations: queryOperationsByName([assumeRole, getCallerIdentity, getSessionToken]),
};
