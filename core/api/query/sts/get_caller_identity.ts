/** GetCallerIdentity: whoever can sign may ask who he is. @module */
import { z } from "zod";
import { principalOf } from "../principal.ts";
import { queryOperation } from "../query_service.ts";

export const getCallerIdentity = queryOperation({
  name: "GetCallerIdentity",
  role: "anyone",
  input: z.object({}),
  run: (_, { realm }, { caller }) => ({
    Arn: caller.arn,
    UserId: principalOf(caller.arn).id,
    Account: realm.account,
  }),
});
