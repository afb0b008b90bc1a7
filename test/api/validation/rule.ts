/** A rule of spec 1.4 as a table: values on both sides of its bound, and what comes of each. @module */
import { test } from "node:test";
import { openTestApi } from "../test_api.ts";

/** What a value is told, what it is, and `taken` or the exception without `Exception`. */
export type Value = [told: string, value: unknown, expected: string, says?: RegExp | undefined];

export interface Rule {
  /** As spec 1.4 names the row. */
  name: string;
  operation: string;
  /** The whole input with a value in it. */
  input(value: unknown): object;
  values: readonly Value[];
  /** The platform of the application `shop`; Server when left out. */
  platform?: string;
}

/** Each value is a test of its own over a server with the application `shop` and nothing else. */
export function testRules(rules: readonly Rule[]): void {
  for (const { name, operation, input, values, platform = "Server" } of rules) {
    for (const [told, value, expected, says] of values) {
      test(`spec 1.4: ${name}: ${operation} with ${told} is ${expected}`, async () => {
        using api = await openTestApi();
        await api.call("CreateApplication", { applicationName: "shop", computePlatform: platform });
        if (expected === "taken") await api.call(operation, input(value));
        else await api.refuses(operation, input(value), `${expected}Exception`, says);
      });
    }
  }
}

export const letters = (count: number) => "x".repeat(count);
export const named = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ name: `n${n}` }));
/** A list of so many entries, each by its number. */
export const times = <Entry>(count: number, entry: (n: number) => Entry): Entry[] =>
  Array.from({ length: count }, (_, n) => entry(n));
