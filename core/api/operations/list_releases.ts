/** ListReleases, which CodeDeploy does not have: newest first. @module */
import { z } from "zod";
import { listReleases as list } from "../../store/releases.ts";
import { ListReleasesInput, ListReleasesOutput } from "../../wire/releases_api.ts";
import { keyOfToken, page } from "../next_token.ts";
import { operation } from "../operation.ts";
import { releaseSummary } from "../release_view.ts";

const Key = z.object({ createTime: z.number(), id: z.string() });

export const listReleases = operation({
  name: "ListReleases",
  role: "viewer",
  input: ListReleasesInput,
  output: ListReleasesOutput,
  errors: ["InvalidNextTokenException"],
  run(input, { store, quotas }) {
    const after = keyOfToken(input.nextToken, Key);
    const { entries, nextToken } = page(
      (limit) => list(store.read, after, limit),
      ({ createTime, id }) => ({ createTime, id }),
      quotas.page,
    );
    return { releases: entries.map(releaseSummary), nextToken };
  },
});
