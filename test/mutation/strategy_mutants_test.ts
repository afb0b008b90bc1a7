import { STRATEGY_MUTANTS } from "./strategy_mutants.ts";
import { tryMutants } from "./try_mutants.ts";

tryMutants(STRATEGY_MUTANTS);
