/**
 * An operation of the API: its name, who may call it, its input and output as schemas, the
 * exceptions it may answer, and what it does. This is the one table that everything about the API is
 * made from: what is checked, what is answered, `DescribeOperations`, the list in the docs. The
 * router checks signature and role; what the schema refuses becomes the exception that the service
 * model has for the member (`member_faults.ts`).
 * @module
 */
import type { z } from "zod";
import type { ErrorName } from "../domain/errors.ts";
import type { Caller, Role } from "../domain/instance.ts";
import type { ApiContext } from "./context.ts";
import { memberFault, type MemberFaults } from "./member_faults.ts";

/** The call an operation serves. */
export interface Call {
  caller: Caller;
  headers: Headers;
  /** Aborted when the client hangs up. */
  signal: AbortSignal;
}

/** What the router needs of an operation. */
export interface RoutedOperation {
  readonly name: string;
  /** The least role that may call it; `agent` means hosts and nobody else. */
  readonly role: Role;
  readonly input: z.ZodObject;
  /** Answers the output; throws DomainError. */
  run(raw: unknown, context: ApiContext, call: Call): unknown;
}

/** An operation that people and their tools call: CodeDeploy's, and those only this server has. */
export interface Operation extends RoutedOperation {
  /** What it answers, member by member as on the wire; `{}` for an operation without an output. */
  readonly output: z.ZodObject;
  /** The exceptions of its own; those that every operation may answer are not repeated. */
  readonly errors: readonly ErrorName[];
}

/** Nothing is as good as `{}` where nothing has to be answered. */
type Answer<Output extends z.ZodObject> = Record<string, never> extends z.input<Output>
  ? z.input<Output> | void
  : z.input<Output>;

interface Definition<Schema extends z.ZodObject, Output extends z.ZodObject> {
  name: string;
  role: Role;
  input: Schema;
  output: Output;
  errors: readonly ErrorName[];
  /** Where this operation's exceptions are not those of the common table. */
  faults?: MemberFaults;
  run(
    input: z.output<Schema>,
    context: ApiContext,
    call: Call,
  ): Answer<Output> | Promise<Answer<Output>>;
}

/** Makes an operation that parses its input before it runs. */
export function operation<Schema extends z.ZodObject, Output extends z.ZodObject>(
  definition: Definition<Schema, Output>,
): Operation {
  const { name, role, input, output, errors, faults = {}, run } = definition;
  return {
    name,
    role,
    input,
    output,
    errors,
    run: (raw, context, call) => run(parseInput(input, raw, faults), context, call),
  };
}

interface AgentDefinition<Schema extends z.ZodObject> {
  name: string;
  input: Schema;
  faults: MemberFaults;
  run(input: z.output<Schema>, context: ApiContext, call: Call): unknown;
}

/** Makes an operation of the agent protocol, whose shapes are those of `core/wire`. */
export function agentOperation<Schema extends z.ZodObject>(
  { name, input, faults, run }: AgentDefinition<Schema>,
): RoutedOperation {
  return {
    name,
    role: "agent",
    input,
    run: (raw, context, call) => run(parseInput(input, raw, faults), context, call),
  };
}

/** Parses a request's input; throws the exception of the first member at fault. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
  faults: MemberFaults,
): z.output<Schema> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw memberFault(parsed.error, raw, faults);
}

/** Each role may do all that a later one may; a host speaks for itself alone, and for no person. */
const RANK: Readonly<Record<Exclude<Role, "agent" | "none">, number>> = {
  admin: 2,
  deployer: 1,
  viewer: 0,
};

export function mayCall(caller: Role, needed: Role): boolean {
  if (caller === "none" || needed === "none") return false;
  if (caller === "agent" || needed === "agent") return caller === needed;
  return RANK[caller] >= RANK[needed];
}

/** Operations by name, for a router. */
export function operationsByName<Entry extends RoutedOperation>(
  operations: readonly Entry[],
): ReadonlyMap<string, Entry> {
  return new Map(operations.map((one) => [one.name, one]));
}
