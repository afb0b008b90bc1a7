/** `runtime events dead-letters`: what could not be delivered, why, and trying it again. @module */
import { z } from "zod";
import {
  type DeadLetter,
  DeleteDeadLettersOutput,
  ListDeadLettersOutput,
  ReplayDeadLettersOutput,
} from "../wire/events_api.ts";
import { type Api, openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";
import { dateTime, harmless } from "./words.ts";

const Ids = z.array(z.string().regex(/^(\d{1,15}|all)$/, "the number of a dead letter, or all"));

export default verb({
  summary: "Show what could not be delivered, and try it again",
  flags: [
    {
      flags: "--replay <id>",
      text: "try this one again, or `all`; may be repeated",
      repeated: true,
    },
    { flags: "--delete <id>", text: "forget this one, or `all`; may be repeated", repeated: true },
    { flags: "--all", text: "try all of them again" },
    { flags: "--destination <name>", text: "those of one destination, such as target:chat" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: [
    "runtime events dead-letters",
    "runtime events dead-letters --replay 17",
    "runtime events dead-letters --all",
    "runtime events dead-letters --delete all --destination target:chat",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    replay: Ids.exactOptional(),
    delete: Ids.exactOptional(),
    all: z.boolean().default(false),
    destination: z.string().exactOptional(),
  }),
  async run({ replay, delete: forget, all, destination, json, ...input }, io) {
    const again = replay ?? (all ? ["all"] : undefined);
    if (again && forget) {
      throw usageFailure("Either try again or delete, not both at once", [], [
        "runtime events dead-letters",
      ]);
    }
    const api = await openApi(io, input);
    if (again) {
      const asked = choiceOf(again, destination);
      const answer = await api.runtime("ReplayDeadLetters", asked, ReplayDeadLettersOutput);
      const said = `${letters(answer.replayed)} tried again. See what comes of it: ` +
        "runtime events targets\n";
      io.stdout.write(json ? jsonLine(answer) : said);
      return EXIT.done;
    }
    if (forget) {
      const asked = choiceOf(forget, destination);
      const answer = await api.runtime("DeleteDeadLetters", asked, DeleteDeadLettersOutput);
      io.stdout.write(json ? jsonLine(answer) : `${letters(answer.deleted)} deleted.\n`);
      return EXIT.done;
    }
    let shown = 0;
    for await (const letter of deadLetters(api, destination)) {
      shown++;
      io.stdout.write(json ? jsonLine(letter) : block(letter));
    }
    if (shown === 0 && !json) io.stderr.write("No dead letters.\n");
    return EXIT.done;
  },
});

/** `all` of a destination is all that it has; numbers are nobody else's. */
function choiceOf(ids: readonly string[], destination: string | undefined) {
  if (!ids.includes("all")) return { ids: ids.map(Number) };
  return destination === undefined ? { all: true } : { destination };
}

async function* deadLetters(
  api: Api,
  destination: string | undefined,
): AsyncGenerator<DeadLetter> {
  let nextToken: string | undefined;
  do {
    const asked = {
      ...(destination !== undefined && { destination }),
      ...(nextToken !== undefined && { nextToken }),
    };
    const page: z.infer<typeof ListDeadLettersOutput> = await api.runtime(
      "ListDeadLetters",
      asked,
      ListDeadLettersOutput,
    );
    yield* page.deadLetters;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

function block(letter: DeadLetter): string {
  const { id, destination, deploymentId, attempts, createTime, lastAttemptTime, cause } = letter;
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return [
    `${id}  ${harmless(destination)}${deploymentId && `  ${deploymentId}`}`,
    `  cause    ${harmless(cause)}`,
    `  state    given up after ${tries}, ${dateTime(createTime * 1000)} to ` +
    dateTime(lastAttemptTime * 1000),
    `  next     runtime events dead-letters --replay ${id}`,
  ].join("\n") + "\n";
}

function letters(count: number): string {
  return count === 1 ? "1 dead letter" : `${count} dead letters`;
}
