/**
 * A service that speaks the AWS Query protocol (IAM, STS, SNS): `Action=…&Version=…` in a form or in
 * the query, an XML document as the answer.
 *
 * To add one: a file that exports a `QueryService` (see `iam/iam_service.ts`), its error codes in
 * `query_error.ts`, and an entry in the list that the composition root gives to `createRouter`. The
 * router finds the service by the name that the request's signature is scoped to, at any host; checks
 * signature, action and role; parses the parameters; and renders what `run` answers:
 *
 * - a plain object becomes elements in the order of its members, undefined ones are left out;
 * - a list becomes `<member>` elements, a `Map` becomes `<entry><key/><value/></entry>`;
 * - a `Date` becomes ISO 8601 in whole seconds, text is escaped;
 * - undefined is an operation without a result.
 *
 * An input's values are text (`queryInteger`), its lists `queryList`, its maps `z.record`.
 * @module
 */
import type { z } from "zod";
import type { Role } from "../../domain/instance.ts";
import type { ApiContext } from "../context.ts";
import type { Call } from "../operation.ts";
import { type QueryCode, QueryError } from "./query_error.ts";

export interface QueryService {
  /** Service name of the credential scope, such as `iam`. */
  readonly signingName: string;
  /** `2010-05-08`; a request that names another is refused. */
  readonly version: string;
  /** XML namespace of the answers. */
  readonly namespace: string;
  readonly operations: ReadonlyMap<string, QueryOperation>;
  /** What a parameter that breaks its rule is called; ValidationError when not given. */
  readonly invalidParameter?: QueryCode;
}

export interface QueryOperation {
  readonly name: string;
  /** The least role that may call it; `anyone` means every key, those of hosts too. */
  readonly role: Role | "anyone";
  readonly input: z.ZodObject;
  /** Answers the result; throws QueryError, and DomainError with a name that `asQueryError` knows. */
  run(raw: unknown, service: QueryService, context: ApiContext, call: Call): unknown;
}

type Result = Record<string, unknown> | void;

/** Makes an operation that parses its input before it runs. */
export function queryOperation<Schema extends z.ZodObject>(definition: {
  name: string;
  role: Role | "anyone";
  input: Schema;
  run(
    input: z.output<Schema>,
    context: ApiContext,
    call: Call,
  ): Result | Promise<Result>;
}): QueryOperation {
  const { name, role, input, run } = definition;
  return {
    name,
    role,
    input,
    run(raw, { invalidParameter = "ValidationError" }, context, call) {
      const parsed = input.safeParse(raw);
      if (parsed.success) return run(parsed.data, context, call);
      const [issue] = parsed.error.issues;
      const field = issue?.path.join(".") ?? "";
      throw new QueryError(invalidParameter, `${field}: ${issue?.message ?? "is not valid"}`);
    },
  };
}

/** Operations by name, for a service. */
export function queryOperationsByName(
  operations: readonly QueryOperation[],
): ReadonlyMap<string, QueryOperation> {
  return new Map(operations.map((one) => [one.name, one]));
}
