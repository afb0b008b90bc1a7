/**
 * DescribeOperations, which CodeDeploy does not have: the table of operations itself, so that a
 * command line or a tool knows what it may send without a copy of its own.
 * @module
 */
import { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import {
  DescribeOperationsInput,
  DescribeOperationsOutput,
  type OperationDescription,
} from "../../wire/runtime_api.ts";
import { COMMON_ERRORS } from "../../domain/errors.ts";
import { type Operation, operation } from "../operation.ts";

/** The operations behind one prefix of X-Amz-Target. */
export interface Described {
  readonly targetPrefix: string;
  readonly operations: ReadonlyMap<string, Operation>;
}

/** `services` is asked at the first call, so that this operation can be in one of them. */
export function describeOperations(services: () => readonly Described[]): Operation {
  let described: OperationDescription[] | undefined;
  return operation({
    name: "DescribeOperations",
    role: "viewer",
    input: DescribeOperationsInput,
    output: DescribeOperationsOutput,
    errors: ["InvalidInputException"],
    run({ operationNames }) {
      described ??= services().flatMap(descriptionsOf);
      const operations = operationNames === undefined
        ? described
        : named(described, operationNames);
      return { operations, commonErrors: [...COMMON_ERRORS] };
    },
  });
}

/** The operations of a service in the order of their names. */
export function descriptionsOf({ targetPrefix, operations }: Described): OperationDescription[] {
  return [...operations.values()]
    .sort((one, other) => one.name < other.name ? -1 : 1)
    .map(({ name, role, input, output, errors }) => ({
      name,
      targetPrefix,
      role,
      input: { ...z.toJSONSchema(input, { io: "input" }) },
      output: { ...z.toJSONSchema(output, { io: "output" }) },
      errors: [...errors].sort(),
    }));
}

function named(
  all: readonly OperationDescription[],
  names: readonly string[],
): OperationDescription[] {
  return names.map((name) => {
    const found = all.find((one) => one.name === name);
    if (found) return found;
    const message = `operationNames: this server has no operation "${name}"`;
    throw new DomainError("InvalidInputException", "operationNames", message);
  });
}
