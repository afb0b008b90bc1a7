/**
 * `runtime balancer …`, `runtime alarm …`, `runtime analysis …`: plugins set up under the names that
 * groups and strategies use. One implementation for the three.
 * @module
 */
import { z } from "zod";
import type { IntegrationKind } from "../domain/integration.ts";
import { Name } from "../domain/name.ts";
import {
  DeleteIntegrationOutput,
  ListIntegrationsOutput,
  PutIntegrationOutput,
  TryIntegrationOutput,
} from "../wire/integrations_api.ts";
import { openApi } from "./api.ts";
import { CONFIG_FLAGS, CONFIG_INPUT, configOf } from "./config_flags.ts";
import { EXIT } from "./exit.ts";
import { jsonLine } from "./json_line.ts";
import { memberLines, membersOf } from "./operation_members.ts";
import { CLIENT_INPUT, type Flag, JSON_FLAG, URL_FLAG, type Verb, verb } from "./verb.ts";
import { harmless } from "./words.ts";

const CLIENT_FLAGS = [URL_FLAG, JSON_FLAG];
const HOST_FLAG: Flag = { flags: "--host <name>", text: "the host that the balancer is asked for" };

/** How the verbs of a kind speak. */
interface Words {
  kind: IntegrationKind;
  /** With its article. */
  one: string;
  many: string;
  summary: string;
  /** A name and what is set up under it. */
  name: string;
  setUp: string;
  /** How it is tried. */
  tries: string;
  host: boolean;
}

export const balancer = verbsOf({
  kind: "balancer",
  one: "a balancer",
  many: "balancers",
  summary: "Ask a balancer for a host, and change nothing",
  name: "edge",
  setUp: "--plugin haproxy --set socket=unix:/run/haproxy/admin.sock --set backend=web",
  tries: "edge --host web-1",
  host: true,
});

export const alarm = verbsOf({
  kind: "alarm",
  one: "an alarm",
  many: "alarms",
  summary: "Read an alarm once",
  name: "errors",
  setUp:
    `--plugin prometheus --set url=http://127.0.0.1:9090 --set 'query=rate(errors[5m])' --set max=1`,
  tries: "errors",
  host: false,
});

export const analysis = verbsOf({
  kind: "analysis",
  one: "an analysis",
  many: "analyses",
  summary: "Take one measurement of an analysis",
  name: "latency",
  setUp: `--plugin prometheus --set url=http://127.0.0.1:9090 --set 'query=avg(latency_seconds)'`,
  tries: "latency",
  host: false,
});

interface Verbs {
  add: Verb;
  list: Verb;
  remove: Verb;
  try: Verb;
}

function verbsOf(words: Words): Verbs {
  return {
    add: addVerb(words),
    list: listVerb(words),
    remove: removeVerb(words),
    try: tryVerb(words),
  };
}

function nameArgument({ one }: Words) {
  return ["<name>", `name of ${one}`] as const;
}

function addVerb(words: Words): Verb {
  const { kind, one, name: example, setUp, host } = words;
  const first = `runtime ${kind} add ${example} ${setUp}`;
  return verb({
    summary: `Set up ${one}, or replace it`,
    arguments: [nameArgument(words)],
    flags: [
      {
        flags: "--plugin <name>",
        text: `what does the work (see: runtime ${kind} list --plugins)`,
      },
      ...CONFIG_FLAGS,
      ...CLIENT_FLAGS,
    ],
    examples: [first],
    input: z.object({
      ...CLIENT_INPUT,
      ...CONFIG_INPUT,
      name: Name,
      plugin: z.string("name the plugin").min(1, "name the plugin"),
    }),
    async run({ name, plugin, set, config: whole, json, ...input }, io) {
      const given = { set, ...(whole !== undefined && { config: whole }) };
      const asked = { kind, name, plugin, config: await configOf(given, first, io) };
      const api = await openApi(io, input);
      await api.runtime("PutIntegration", asked, PutIntegrationOutput);
      const trial = `runtime ${kind} try ${name}${host ? " --host HOST" : ""}`;
      io.stdout.write(json ? jsonLine(asked) : `Set up the ${kind} ${name}. Try it: ${trial}\n`);
      return EXIT.done;
    },
  });
}

function listVerb({ kind, one, many }: Words): Verb {
  return verb({
    summary: `List the ${many} that are set up, or the plugins for them`,
    flags: [
      { flags: "--plugins", text: "the plugins there are, and their configs" },
      ...CLIENT_FLAGS,
    ],
    examples: [`runtime ${kind} list`, `runtime ${kind} list --plugins`],
    input: z.object({ ...CLIENT_INPUT, plugins: z.boolean().default(false) }),
    async run({ plugins, json, ...input }, io) {
      const api = await openApi(io, input);
      const answer = await api.runtime("ListIntegrations", { kind }, ListIntegrationsOutput);
      const lines = plugins
        ? answer.plugins.flatMap(({ name, description, config }) => [
          `${name}  ${description}`,
          ...memberLines(membersOf(config)),
        ])
        : answer.integrations.map(({ name, plugin, config }) =>
          `${name}  ${plugin}  ${JSON.stringify(config)}`
        );
      if (json) io.stdout.write(jsonLine(answer));
      else if (lines.length > 0) io.stdout.write(`${lines.join("\n")}\n`);
      else if (plugins) io.stderr.write(`This server has no plugin for ${many}.\n`);
      else {
        const add = `runtime ${kind} add NAME --plugin ${answer.plugins[0]?.name ?? "PLUGIN"}`;
        io.stderr.write(`There is no ${kind}. Set up ${one}: ${add}\n`);
      }
      return EXIT.done;
    },
  });
}

function removeVerb(words: Words): Verb {
  const { kind, one, name: example } = words;
  return verb({
    summary: `Remove ${one} that no deployment group names`,
    arguments: [nameArgument(words)],
    flags: CLIENT_FLAGS,
    examples: [`runtime ${kind} remove ${example}`],
    input: z.object({ ...CLIENT_INPUT, name: Name }),
    async run({ name, json, ...input }, io) {
      const api = await openApi(io, input);
      await api.runtime("DeleteIntegration", { kind, name }, DeleteIntegrationOutput);
      io.stdout.write(json ? jsonLine({ kind, name }) : `Removed the ${kind} ${name}\n`);
      return EXIT.done;
    },
  });
}

function tryVerb(words: Words): Verb {
  const { kind, summary, tries, host: takesHost } = words;
  return verb({
    summary,
    arguments: [nameArgument(words)],
    flags: [...(takesHost ? [HOST_FLAG] : []), ...CLIENT_FLAGS],
    examples: [`runtime ${kind} try ${tries}`],
    input: z.object({
      ...CLIENT_INPUT,
      name: Name,
      host: takesHost ? z.string("name a host") : z.undefined().exactOptional(),
    }),
    async run({ name, host, json, ...input }, io) {
      const api = await openApi(io, input);
      const asked = { kind, name, ...(host !== undefined && { instanceName: host }) };
      const answer = await api.runtime("TryIntegration", asked, TryIntegrationOutput);
      const { outcome, value, message, lines } = answer;
      if (json) io.stdout.write(jsonLine(answer));
      else {
        for (const line of lines) io.stderr.write(`${harmless(line)}\n`);
        io.stdout.write(
          `${outcome}  ${value === undefined ? "" : `${value}  `}${harmless(message)}\n`,
        );
      }
      return outcome === "OK" || outcome === "MEASURED" ? EXIT.done : EXIT.failed;
    },
  });
}
