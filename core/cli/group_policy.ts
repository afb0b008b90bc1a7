/** `runtime policy`: what a group has beyond CodeDeploy's settings. @module */
import { z } from "zod";
import { BusyGroup, type GroupPolicy } from "../domain/group_policy.ts";
import { GetGroupPolicyOutput } from "../wire/scheduling_api.ts";
import { Empty } from "./answers.ts";
import { openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, type Flag, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";
import { harmless } from "./words.ts";

const GROUP_FLAGS: readonly Flag[] = [
  { flags: "--app <name>", text: "application" },
  { flags: "--group <name>", text: "deployment group" },
];
const GROUP_INPUT = {
  ...CLIENT_INPUT,
  app: z.string("give the application"),
  group: z.string("give the deployment group"),
};
const SET_EXAMPLES: readonly [string, ...string[]] = [
  "runtime policy set --app shop --group production --on-busy supersede",
  "runtime policy set --app shop --group production --approver ada --approver grace",
  "runtime policy set --app shop --group production --on-busy default --everybody-approves",
];

export const show = verb({
  summary: "Show what a group does when it is busy, and who may approve",
  flags: [...GROUP_FLAGS, URL_FLAG, JSON_FLAG],
  examples: ["runtime policy show --app shop --group production"],
  input: z.object(GROUP_INPUT),
  async run({ app, group, json, ...input }, io) {
    const api = await openApi(io, input);
    const named = { applicationName: app, deploymentGroupName: group };
    const { policy } = await api.runtime("GetGroupPolicy", named, GetGroupPolicyOutput);
    io.stdout.write(json ? jsonLine({ policy }) : lines(`${app}/${group}`, policy));
    return EXIT.done;
  },
});

export const set = verb({
  summary: "Say what a group does when it is busy, and who may approve",
  flags: [
    ...GROUP_FLAGS,
    {
      flags: "--on-busy <what>",
      text: "refuse, queue or supersede a request while another deployment is under way; " +
        "default for the server's --busy-group",
    },
    {
      flags: "--approver <user>",
      text: "name or ARN of a user who may approve; may be repeated",
      repeated: true,
    },
    { flags: "--everybody-approves", text: "whoever may deploy may approve" },
    {
      flags: "--rollback-event-timeout <seconds>",
      text: "the most that an event of a rollback may take; 0 for as long as any other",
    },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: SET_EXAMPLES,
  input: z.object({
    ...GROUP_INPUT,
    onBusy: z.enum([...BusyGroup.options, "default"], "refuse, queue, supersede or default")
      .exactOptional(),
    approver: z.array(z.string()).exactOptional(),
    everybodyApproves: z.boolean().default(false),
    rollbackEventTimeout: z.coerce.number("a number of seconds").int().min(0).exactOptional(),
  }),
  async run({ app, group, json, url, ...wanted }, io) {
    if (wanted.approver && wanted.everybodyApproves) {
      throw usageFailure("Either some approve or everybody", [], [...SET_EXAMPLES]);
    }
    const api = await openApi(io, url === undefined ? {} : { url });
    const named = { applicationName: app, deploymentGroupName: group };
    const now = await api.runtime("GetGroupPolicy", named, GetGroupPolicyOutput);
    const policy = changed(now.policy, wanted);
    await api.runtime("PutGroupPolicy", { ...named, policy }, Empty);
    io.stdout.write(json ? jsonLine({ policy }) : lines(`${app}/${group}`, policy));
    return EXIT.done;
  },
});

interface Wanted {
  onBusy?: BusyGroup | "default";
  approver?: string[];
  everybodyApproves: boolean;
  rollbackEventTimeout?: number;
}

/** What is not spoken of stays as it is. */
function changed(now: GroupPolicy, wanted: Wanted): GroupPolicy {
  const { onBusy, approver, everybodyApproves, rollbackEventTimeout: seconds } = wanted;
  const approvers = everybodyApproves ? undefined : approver ?? now.approvers;
  const busy = onBusy === "default" ? undefined : onBusy ?? now.onBusy;
  const rollback = seconds === undefined
    ? now.rollback
    : seconds === 0
    ? undefined
    : { eventTimeoutSeconds: seconds };
  return {
    ...(busy && { onBusy: busy }),
    ...(approvers && { approvers }),
    ...(rollback && { rollback }),
  };
}

function lines(group: string, { onBusy, approvers, rollback }: GroupPolicy): string {
  const seconds = rollback?.eventTimeoutSeconds;
  return [
    group,
    `  on busy    ${onBusy ?? "as the server was started (--busy-group)"}`,
    `  approvers  ${approvers?.map(harmless).join(", ") ?? "whoever may deploy"}`,
    `  rollback   ${
      seconds === undefined ? "no time limit of its own" : `an event may take ${seconds} s`
    }`,
  ].join("\n") + "\n";
}
