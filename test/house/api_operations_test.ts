/** The page of operations says what the table of operations has. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PUBLIC_SERVICES } from "../api/operation_table.ts";
import { operationsPage, PAGE } from "../docs/api_operations.ts";
import { readText } from "./tree.ts";

test(`${PAGE} is up to date; \`deno task docs\` writes it`, () => {
  assert.equal(readText(PAGE), operationsPage(PUBLIC_SERVICES));
});
