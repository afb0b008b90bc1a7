/** `runtime freeze`: times in which no deployment begins. @module */
import { z } from "zod";
import { ListFreezeWindowsOutput } from "../wire/scheduling_api.ts";
import { Empty } from "./answers.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";
import { dateTime, harmless } from "./words.ts";

export const add = verb({
  summary: "Let no deployment begin at some times",
  arguments: [["<name>", "name of the freeze window; one that is there is replaced"]],
  flags: [
    { flags: "--cron <expression>", text: "when it opens: minute, hour, day, month, weekday" },
    { flags: "--minutes <number>", text: "how long it stays open" },
    { flags: "--zone <name>", text: "time zone of the expression", value: "UTC" },
    { flags: "--app <name>", text: "only this application (default: all)" },
    { flags: "--group <name>", text: "only this deployment group of it" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: [
    "runtime freeze add weekend --cron '0 16 * * 5' --minutes 3840 --zone Europe/Berlin",
    "runtime freeze add payday --cron '0 0 1 * *' --minutes 1440 --app shop --group production",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    name: z.string(),
    cron: z.string("give when it opens, such as '0 16 * * 5'"),
    minutes: z.coerce.number("give a number of minutes").int().min(1, "at least a minute"),
    zone: z.string().default("UTC"),
    app: z.string().exactOptional(),
    group: z.string().exactOptional(),
  }),
  async run({ name, cron, minutes, zone, app, group, json, ...input }, io) {
    const asked = {
      ...{ name, cron, timeZone: zone, durationMinutes: minutes },
      ...(app !== undefined && { applicationName: app }),
      ...(group !== undefined && { deploymentGroupName: group }),
    };
    const api = await openApi(io, input);
    await api.runtime("PutFreezeWindow", asked, Empty);
    const said = `The freeze window ${name} is set. See when it opens: runtime freeze list\n`;
    io.stdout.write(json ? jsonLine(asked) : said);
    return EXIT.done;
  },
});

export const list = verb({
  summary: "Show when no deployment begins",
  flags: [URL_FLAG, JSON_FLAG],
  examples: ["runtime freeze list"],
  input: z.object(CLIENT_INPUT),
  async run({ json, ...input }, io) {
    const api = await openApi(io, input);
    const answer = await api.runtime("ListFreezeWindows", {}, ListFreezeWindowsOutput);
    if (json) io.stdout.write(jsonLine(answer));
    else for (const window of answer.freezeWindows) io.stdout.write(lines(window));
    if (answer.freezeWindows.length === 0 && !json) {
      io.stderr.write(
        "No freeze windows. Make one: runtime freeze add NAME --cron … --minutes …\n",
      );
    }
    return EXIT.done;
  },
});

export const remove = verb({
  summary: "Take a freeze window away",
  arguments: [["<name>", "name of the freeze window"]],
  flags: [URL_FLAG, JSON_FLAG],
  examples: ["runtime freeze remove weekend"],
  input: z.object({ ...CLIENT_INPUT, name: z.string() }),
  async run({ name, json, ...input }, io) {
    const api = await openApi(io, input);
    await api.runtime("DeleteFreezeWindow", { name }, Empty);
    io.stdout.write(json ? jsonLine({ name }) : `The freeze window ${name} is gone.\n`);
    return EXIT.done;
  },
});

function lines(window: ListFreezeWindowsOutput["freezeWindows"][number]): string {
  const { name, subject = "every application", cron, timeZone, durationMinutes } = window;
  const { open, openUntil, nextStartTime } = window;
  const state = !open
    ? "closed"
    : openUntil === undefined
    ? "open, and does not close by itself"
    : `open until ${dateTime(openUntil * 1000)}`;
  return [
    `${name}  ${harmless(subject)}`,
    `  opens  ${harmless(cron)} ${harmless(timeZone)}, for ${durationMinutes} min`,
    `  now    ${state}`,
    ...(nextStartTime === undefined ? [] : [`  next   ${dateTime(nextStartTime * 1000)}`]),
  ].join("\n") + "\n";
}
