/** `runtime push`: a folder becomes a registered revision. @module */
import { z } from "zod";
import { revisionTitle } from "../domain/revision.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { jsonLine } from "./json_line.ts";
import { DEFAULT_BUCKET, pushRevision } from "./push_revision.ts";
import { revisionArgument } from "./revision_argument.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Pack a folder, upload it and register it as a revision",
  arguments: [["<dir>", "folder with appspec.yml at its root, or a .tgz, .tar or .zip file"]],
  flags: [
    { flags: "--app <name>", text: "application the revision belongs to" },
    { flags: "--bucket <name>", text: "bucket of the artifact store", value: DEFAULT_BUCKET },
    { flags: "--key <key>", text: "key in the bucket (default: <app>/<hash of the bundle>.tgz)" },
    { flags: "--description <text>", text: "what is in it, at most 256 characters" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: ["runtime push ./shop --app shop"],
  input: z.object({
    ...CLIENT_INPUT,
    dir: z.string(),
    app: z.string("give the application"),
    bucket: z.string(),
    key: z.string().exactOptional(),
    description: z.string().exactOptional(),
  }),
  async run({ dir, ...input }, io) {
    const api = await openApi(io, input);
    const pushed = await pushRevision(api, io, { ...input, path: dir });
    if (input.json) {
      io.stdout.write(jsonLine(pushed));
      return EXIT.done;
    }
    const argument = revisionArgument(pushed.revision) ?? "";
    io.stdout.write(
      `Pushed ${revisionTitle(pushed.revision)} (${pushed.bytes} bytes)\n` +
        `Deploy it: runtime deploy --app ${input.app} --group GROUP --revision ${argument}\n`,
    );
    return EXIT.done;
  },
});
