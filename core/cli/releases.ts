/** `runtime releases`: the latest releases. @module */
import { z } from "zod";
import { ListReleasesOutput } from "../wire/releases_api.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { jsonLine } from "./json_line.ts";
import { releaseTable } from "./release_text.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

/** Releases that are shown. */
const LATEST = 10;

export default verb({
  summary: "Show the latest releases",
  flags: [URL_FLAG, JSON_FLAG],
  examples: ["runtime releases"],
  input: z.object(CLIENT_INPUT),
  async run({ json, ...input }, io) {
    const api = await openApi(io, input);
    const answer = await api.runtime("ListReleases", {}, ListReleasesOutput);
    const releases = answer.releases.slice(0, LATEST);
    io.stdout.write(json ? jsonLine({ releases }) : releaseTable(releases, io.now()));
    return EXIT.done;
  },
});
