/** The check that stands around every operation in the tests of the API does find what is amiss. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { operation, operationsByName } from "../../core/api/operation.ts";
import { DomainError, type ErrorName } from "../../core/domain/errors.ts";
import { checkedServices } from "./checked_operations.ts";
import { openTestApi } from "./test_api.ts";

const Output = z.object({ id: z.string(), at: z.number().optional(), of: z.array(z.object({})) });

/** What is amiss with an operation that runs so. */
async function faultsOf(run: () => unknown): Promise<string> {
  using api = await openTestApi();
  const faults: string[] = [];
  const own = operation({
    name: "Own",
    role: "viewer",
    input: z.object({}),
    output: Output,
    errors: ["InvalidRoleException"],
    // because the point is what the types of an operation do not see
    run: run as () => z.output<typeof Output>,
  });
  const services = [{
    targetPrefix: "Own.",
    signingNames: [],
    operations: operationsByName([own]),
  }];
  const checked = checkedServices(services, faults)[0]?.operations.get("Own");
  const caller = { accessKeyId: "", role: "viewer", arn: "" } as const;
  const call = { caller, headers: new Headers(), signal: AbortSignal.timeout(1000) };
  const answer = Promise.resolve(checked?.run({}, api.context, call));
  await answer.catch((error: unknown) => assert.ok(error instanceof DomainError));
  return faults.join("\n");
}

function refusing(name: ErrorName): () => never {
  return () => {
    throw new DomainError(name, "", "no");
  };
}

const answers: [what: string, run: () => unknown, fault: RegExp][] = [
  ["all members", () => ({ id: "a", at: 1, of: [{}] }), /^$/],
  ["an optional member left out", () => ({ id: "a", at: undefined, of: [] }), /^$/],
  ["a member left out", () => ({ id: "a" }), /Own answers against its output: of:/],
  ["a member of another type", () => ({ id: 1, of: [] }), /against its output: id:/],
  ["a null", () => ({ id: "a", at: null, of: [] }), /against its output: at:/],
  ["a member too many", () => ({ id: "a", of: [], extra: 1 }), /what its output does not have/],
  ["one too many inside", () => ({ id: "a", of: [{ extra: 1 }] }), /what its output does not have/],
  ["an error of its own", refusing("InvalidRoleException"), /^$/],
  ["an error of every operation", refusing("ThrottlingException"), /^$/],
  ["another error", refusing("InvalidTagException"), /Own refuses as InvalidTagException/],
];
for (const [what, run, fault] of answers) {
  test(`an operation that answers ${what} ${fault.source === "^$" ? "passes" : "is found"}`, async () => {
    assert.match(await faultsOf(run), fault);
  });
}
