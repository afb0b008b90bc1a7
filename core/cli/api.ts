/**
 * The public API as verbs call it: one call, one parsed answer. The command line has no other door.
 * @module
 */
import { z } from "zod";
import { ApiError, callJson } from "../wire/aws_json.ts";
import { RUNTIME_TARGET_PREFIX } from "../wire/runtime_api.ts";
import { VERSION } from "../wire/version.ts";
import { connect, type Connection } from "./connection.ts";
import { EXIT } from "./exit.ts";
import { Failure } from "./failure.ts";
import type { Io } from "./io.ts";

const CODEDEPLOY_TARGET_PREFIX = "CodeDeploy_20141006.";
export const SIGNING_NAME = "codedeploy";

/** Throws `ApiError` for a refusal and `UnreachableError` when nothing answered. */
export interface Api {
  connection: Connection;
  /** An operation of CodeDeploy. */
  codedeploy<T>(operation: string, input: unknown, answer: z.ZodType<T>): Promise<T>;
  /** An operation that only this server has. */
  runtime<T>(operation: string, input: unknown, answer: z.ZodType<T>): Promise<T>;
}

export async function openApi(io: Io, given: { url?: string }): Promise<Api> {
  return apiOf(await connect(io, given));
}

export function apiOf(connection: Connection): Api {
  const call = async <T>(target: string, input: unknown, answer: z.ZodType<T>): Promise<T> => {
    const said = await callJson(connection, { target, service: SIGNING_NAME, input });
    const parsed = answer.safeParse(said);
    if (parsed.success) return parsed.data;
    throw strangeAnswer(connection.url, target, parsed.error);
  };
  return {
    connection,
    codedeploy: (operation, input, answer) =>
      call(CODEDEPLOY_TARGET_PREFIX + operation, input, answer),
    runtime: (operation, input, answer) => call(RUNTIME_TARGET_PREFIX + operation, input, answer),
  };
}

/** The call's answer, or undefined when the server refuses it with this exception. */
export async function unlessRefused<T>(type: string, call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError && error.type === type) return undefined;
    throw error;
  }
}

function strangeAnswer(url: string, target: string, error: z.ZodError): Failure {
  return new Failure({
    exitCode: EXIT.failed,
    cause: `${url} answered ${target} with something this version does not understand`,
    evidence: error.issues.slice(0, 3).map((one) => `${one.path.join(".")}: ${one.message}`),
    state: "the operation itself was carried out",
    next: [`compare the server's version with this one, ${VERSION} (runtime --version)`],
  });
}
