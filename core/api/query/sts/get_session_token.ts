/**
 * GetSessionToken: keys for a while, of the caller's own name and role. Only a lasting key may ask
 * (STS API reference), so that no session lives on by asking for the next.
 * @module
 */
import { z } from "zod";
import { queryInteger } from "../flattened.ts";
import { QueryError } from "../query_error.ts";
import { queryOperation } from "../query_service.ts";
import { keyOfCaller, newSession } from "./new_session.ts";
import { NO_MFA } from "./no_mfa.ts";

const HALF_A_DAY = 43_200;
/** Seconds; 15 minutes to 36 hours (STS API reference). */
const Duration = queryInteger(900, 129_600);

export const getSessionToken = queryOperation({
  name: "GetSessionToken",
  role: "anyone",
  input: z.object({ DurationSeconds: Duration.default(HALF_A_DAY), ...NO_MFA }),
  async run({ DurationSeconds: durationSeconds }, context, { caller }) {
    const key = keyOfCaller(context, caller);
    if (key.session) {
      const message = "Cannot call GetSessionToken with session credentials.";
      throw new QueryError("AccessDenied", message);
    }
    const session = { arn: caller.arn, role: "asker's", durationSeconds } as const;
    return { Credentials: await newSession(context, key, session) };
  },
});
