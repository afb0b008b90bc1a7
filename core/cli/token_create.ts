/** `runtime token create`: a token with which hosts may join. @module */
import { z } from "zod";
import { CreateJoinTokenOutput } from "../wire/runtime_api.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";
import { dateTime } from "./words.ts";

const WEEK_SECONDS = 604_800;

export default verb({
  summary: "Create a token with which hosts join",
  flags: [
    { flags: "--expires <seconds>", text: "how long it is good for (default: one hour)" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: ["runtime token create", "runtime token create --expires 600 --json"],
  input: z.object({
    ...CLIENT_INPUT,
    expires: z.coerce.number("1 to 604800 seconds").int("a whole number of seconds")
      .min(1, "at least 1 second").max(WEEK_SECONDS, "at most 604800 seconds, a week")
      .exactOptional(),
  }),
  async run({ expires: expiresInSeconds, json, ...input }, io) {
    const api = await openApi(io, input);
    const asked = expiresInSeconds === undefined ? {} : { expiresInSeconds };
    const answer = await api.runtime("CreateJoinToken", asked, CreateJoinTokenOutput);
    if (json) {
      io.stdout.write(jsonLine(answer));
      return EXIT.done;
    }
    // The token alone on stdout, so that a shell can take it from there.
    io.stdout.write(`${answer.token}\n`);
    io.stderr.write(
      `Good until ${dateTime(answer.expiresAt * 1000)}. On the host:\n` +
        `runtime agent join ${api.connection.url} --token ${answer.token} --name NAME\n`,
    );
    return EXIT.done;
  },
});
