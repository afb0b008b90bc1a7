/** Parameters of a second factor, which this server does not check and therefore does not take. @module */
import { z } from "zod";

const none = z.undefined("this server has no MFA devices; leave it out").optional();

export const NO_MFA = { SerialNumber: none, TokenCode: none };
