/** ListApplications, in the order of names. @module */
import { z } from "zod";
import { listApplicationNames } from "../../store/applications.ts";
import { nameOfToken, page } from "../next_token.ts";
import { operation } from "../operation.ts";

export const listApplications = operation({
  name: "ListApplications",
  role: "viewer",
  input: z.object({ nextToken: z.string().optional() }),
  output: z.object({ applications: z.array(z.string()), nextToken: z.string().optional() }),
  errors: ["InvalidNextTokenException"],
  run(input, { store, quotas }) {
    const after = nameOfToken(input.nextToken);
    const { entries, nextToken } = page(
      (limit) => listApplicationNames(store.read, after, limit),
      (name) => name,
      quotas.page,
    );
    return { applications: entries, nextToken };
  },
});
