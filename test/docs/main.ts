/** `deno task docs`: writes the pages that are made from the program. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PUBLIC_SERVICES } from "../api/operation_table.ts";
import { operationsPage, PAGE } from "./api_operations.ts";

writeFileSync(join(import.meta.dirname ?? "", "../..", PAGE), operationsPage(PUBLIC_SERVICES));
console.log(`wrote ${PAGE}`);
