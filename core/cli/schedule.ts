/** `runtime schedule`: deployments that begin again and again by themselves. @module */
import { z } from "zod";
import { revisionTitle } from "../domain/revision.ts";
import { ListSchedulesOutput } from "../wire/scheduling_api.ts";
import { Empty } from "./answers.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { jsonLine } from "./json_line.ts";
import { parseRevision } from "./revision_argument.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";
import { dateTime, harmless } from "./words.ts";

const LATEST = "latest-registered";

export const add = verb({
  summary: "Deploy to a group again and again",
  arguments: [["<name>", "name of the schedule; one that is there is replaced"]],
  flags: [
    { flags: "--app <name>", text: "application" },
    { flags: "--group <name>", text: "deployment group" },
    { flags: "--cron <expression>", text: "when: minute, hour, day, month, weekday" },
    { flags: "--zone <name>", text: "time zone of the expression", value: "UTC" },
    {
      flags: "--revision <revision>",
      text: `what, as runtime deploy takes it, or ${LATEST} for the newest at that time`,
      value: LATEST,
    },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: [
    "runtime schedule add weekly --app shop --group production --cron '0 3 * * 1' --zone Europe/Berlin",
    "runtime schedule add reset --app demo --group public --cron '0 4 * * *' --revision s3://bundles/demo.tgz",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    name: z.string(),
    app: z.string("give the application"),
    group: z.string("give the deployment group"),
    cron: z.string("give when, such as '0 3 * * 1'"),
    zone: z.string().default("UTC"),
    revision: z.string().default(LATEST),
  }),
  async run({ name, app, group, cron, zone, revision, json, ...input }, io) {
    const asked = {
      ...{ name, applicationName: app, deploymentGroupName: group, cron, timeZone: zone },
      ...(revision !== LATEST && { revision: parseRevision(revision) }),
    };
    const api = await openApi(io, input);
    await api.runtime("PutSchedule", asked, Empty);
    const said = `The schedule ${name} is set. See when it is next: runtime schedule list\n`;
    io.stdout.write(json ? jsonLine(asked) : said);
    return EXIT.done;
  },
});

export const list = verb({
  summary: "Show what deploys by itself, when next, and what came of it",
  flags: [URL_FLAG, JSON_FLAG],
  examples: ["runtime schedule list"],
  input: z.object(CLIENT_INPUT),
  async run({ json, ...input }, io) {
    const api = await openApi(io, input);
    const answer = await api.runtime("ListSchedules", {}, ListSchedulesOutput);
    if (json) io.stdout.write(jsonLine(answer));
    else for (const schedule of answer.schedules) io.stdout.write(lines(schedule));
    if (answer.schedules.length === 0 && !json) {
      io.stderr.write("No schedules. Make one: runtime schedule add NAME --app … --cron …\n");
    }
    return EXIT.done;
  },
});

export const remove = verb({
  summary: "Let a schedule deploy no more",
  arguments: [["<name>", "name of the schedule"]],
  flags: [URL_FLAG, JSON_FLAG],
  examples: ["runtime schedule remove weekly"],
  input: z.object({ ...CLIENT_INPUT, name: z.string() }),
  async run({ name, json, ...input }, io) {
    const api = await openApi(io, input);
    await api.runtime("DeleteSchedule", { name }, Empty);
    io.stdout.write(json ? jsonLine({ name }) : `The schedule ${name} is gone.\n`);
    return EXIT.done;
  },
});

type Shown = ListSchedulesOutput["schedules"][number];

function lines(schedule: Shown): string {
  const { name, subject, cron, timeZone, revision, createdBy, nextTime } = schedule;
  return [
    `${name}  ${harmless(subject)}`,
    `  when   ${harmless(cron)} ${harmless(timeZone)}, set by ${harmless(createdBy)}`,
    `  what   ${revision ? harmless(revisionTitle(revision)) : "the revision registered last"}`,
    ...(nextTime === undefined ? [] : [`  next   ${dateTime(nextTime * 1000)}`]),
    ...lastLine(schedule),
  ].join("\n") + "\n";
}

function lastLine({ lastTime, lastOutcome, lastDeploymentId, lastMessage }: Shown): string[] {
  if (lastTime === undefined || lastOutcome === undefined) return [];
  const what = {
    deployed: `deployed: runtime status ${lastDeploymentId}`,
    refused: `refused: ${harmless(lastMessage ?? "")}`,
    missed: "skipped, as the server did not run in the hour after it",
  }[lastOutcome];
  return [`  last   ${dateTime(lastTime * 1000)}, ${what}`];
}
