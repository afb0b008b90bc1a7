/** The JSON inside an envelope of the command service: `Diagnostics.Payload` (spec 12.2). @module */
import type { z } from "zod";
import { DomainError } from "../domain/errors.ts";

/** Parses a payload; throws ClientException, the one refusal that agents take for an answer. */
export function diagnosticsIn<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DomainError("ClientException", "Diagnostics.Payload", `not JSON: ${reason}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = ["Diagnostics.Payload", ...(issue?.path ?? [])].join(".");
  throw new DomainError("ClientException", path, `${path}: ${issue?.message}`);
}
