import { ROLLOUT_MUTANTS } from "./rollout_mutants.ts";
import { tryMutants } from "./try_mutants.ts";

tryMutants(ROLLOUT_MUTANTS);
