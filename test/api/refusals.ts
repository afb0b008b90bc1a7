/** Rows of refusals: each is a test of its own over a server that the same steps prepared. @module */
import { test } from "node:test";
import { openTestApi, type TestApi } from "./test_api.ts";

export type Refusal = [
  operation: string,
  input: unknown,
  type: string,
  message?: RegExp | undefined,
];

/** The type is written without `Exception`. A refusal must leave every row as it was. */
export function testRefusals(
  rows: readonly Refusal[],
  prepare: (api: TestApi) => Promise<unknown>,
): void {
  testRefusalsOf(rows, async () => {
    const api = await openTestApi();
    await prepare(api);
    return api;
  });
}

/** The same over a server that `open` makes and prepares. */
export function testRefusalsOf(
  rows: readonly Refusal[],
  open: () => Promise<Pick<TestApi, "refuses"> & (Disposable | AsyncDisposable)>,
): void {
  for (const [operation, input, type, message] of rows) {
    test(`${operation} refuses ${JSON.stringify(input).slice(0, 100)} as ${type}`, async () => {
      await using api = await open();
      await api.refuses(operation, input, `${type}Exception`, message);
    });
  }
}
