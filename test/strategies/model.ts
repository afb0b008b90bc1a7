/**
 * `model.ts [FLEETS] [SEED]`: plays that many random fleets against the reference model and says how
 * many decisions were the same; ends badly at the first that is not.
 * @module
 */
import { randomInt } from "node:crypto";
import process from "node:process";
import { compareModels } from "./compare_models.ts";

const [fleets = 1_000_000, seed = randomInt(2 ** 31)] = process.argv.slice(2).map(Number);
console.log(`${fleets} fleets from seed ${seed}`);
const began = performance.now();
const { decisions } = compareModels(fleets, seed);
const seconds = (performance.now() - began) / 1000;
console.log(`${decisions} decisions, all the same, in ${seconds.toFixed(1)} s`);
