/** A time on the wire: seconds since the epoch with a fraction, never text. @module */
import { z } from "zod";

export const Timestamp = z.number().describe("seconds since the epoch");
