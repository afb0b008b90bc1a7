/** ListOnPremisesInstances: by registration and tags, in the order of names. @module */
import { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import { TagFilter, tagFilterFault } from "../../domain/tag.ts";
import { listInstanceNames } from "../../store/instances.ts";
import { nameOfToken, page } from "../next_token.ts";
import { operation } from "../operation.ts";

export const listOnPremisesInstances = operation({
  name: "ListOnPremisesInstances",
  role: "viewer",
  input: z.object({
    registrationStatus: z.enum(["Registered", "Deregistered"]).optional(),
    tagFilters: z.array(TagFilter).default([]),
    nextToken: z.string().optional(),
  }),
  output: z.object({ instanceNames: z.array(z.string()), nextToken: z.string().optional() }),
  errors: [
    "InvalidNextTokenException",
    "InvalidRegistrationStatusException",
    "InvalidTagFilterException",
  ],
  run({ registrationStatus: status, tagFilters, ...input }, { store, quotas }) {
    for (const filter of tagFilters) {
      const fault = tagFilterFault(filter);
      if (!fault) continue;
      throw new DomainError("InvalidTagFilterException", "tagFilters", `tagFilters: ${fault}`);
    }
    const after = nameOfToken(input.nextToken);
    const query = { tagFilters, ...(status && { status }), ...(after !== undefined && { after }) };
    const { entries, nextToken } = page(
      (limit) => listInstanceNames(store.read, query, limit),
      (name) => name,
      quotas.page,
    );
    return { instanceNames: entries, nextToken };
  },
});
