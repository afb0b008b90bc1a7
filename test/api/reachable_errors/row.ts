/** A row of the table of reachable exceptions: a request, and what is answered. @module */
import type { Role } from "../../../core/domain/instance.ts";

/** `error` is written without `Exception`; `says` is what the message tells. */
export type Row = [operation: string, error: string, input: object, says: RegExp, role?: Role];
