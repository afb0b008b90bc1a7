/**
 * Holds every answer of every operation against the table of operations: an answer has exactly the
 * members of the output schema, a refusal is one of the operation's errors or a common one. What is
 * amiss is kept until the test ends, so that no test can look past it.
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { COMMON_ERRORS } from "../../core/domain/errors.ts";
import type { Operation, RoutedOperation } from "../../core/api/operation.ts";
import type { Service } from "../../core/api/router.ts";
import { DomainError } from "../../core/domain/errors.ts";

export function checkedServices(services: readonly Service[], faults: string[]): Service[] {
  return services.map((service) => ({
    ...service,
    operations: new Map(
      [...service.operations].map(([name, one]) => [name, checked(one, faults)]),
    ),
  }));
}

function checked(routed: RoutedOperation, faults: string[]): RoutedOperation {
  if (!isDescribed(routed)) return routed;
  const run: RoutedOperation["run"] = async (raw, context, call) => {
    try {
      const answer = await routed.run(raw, context, call);
      faults.push(...answerFaults(routed, answer));
      return answer;
    } catch (error) {
      if (error instanceof DomainError) faults.push(...refusalFaults(routed, error));
      throw error;
    }
  };
  return { ...routed, run };
}

function answerFaults({ name, output }: Operation, answer: unknown): string[] {
  const sent: unknown = JSON.parse(JSON.stringify(answer ?? {}));
  const parsed = output.safeParse(sent);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    return [`${name} answers against its output: ${issues.join("; ")}\n${JSON.stringify(sent)}`];
  }
  // Parsing leaves out what the schema does not know, so a difference is a member too many.
  if (isDeepStrictEqual(parsed.data, sent)) return [];
  return [
    `${name} answers what its output does not have\nsent ${JSON.stringify(sent)}\n` +
    `known ${JSON.stringify(parsed.data)}`,
  ];
}

function refusalFaults({ name, errors }: Operation, error: DomainError): string[] {
  if (errors.includes(error.name) || COMMON_ERRORS.includes(error.name)) return [];
  return [`${name} refuses as ${error.name}, which is not among its errors: ${error.message}`];
}

function isDescribed(routed: RoutedOperation): routed is Operation {
  return "output" in routed;
}
