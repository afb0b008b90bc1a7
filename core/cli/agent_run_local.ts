/** `runtime agent run-local`: a bundle through its lifecycle events on this machine. @module */
import { z } from "zod";
import { FileExistsBehavior } from "../domain/deployment.ts";
import { VERSION } from "../wire/version.ts";
import { EXIT } from "./exit.ts";
import { Failure } from "./failure.ts";
import { failureTitle } from "./host_failure.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import type { LocalRunWatcher } from "./rooms.ts";
import { configOr } from "./usual_config.ts";
import { JSON_FLAG, verb } from "./verb.ts";
import { clock, duration, harmless } from "./words.ts";

/** Names and defaults of the flags are those of CodeDeploy's `codedeploy-local`. */
export default verb({
  summary: "Try a bundle on this machine, without a server",
  flags: [
    {
      flags: "-l, --bundle-location <location>",
      text: "folder with appspec.yml; .tgz, .tar or .zip file; s3://, https:// or GitHub address",
      value: ".",
    },
    { flags: "-t, --type <type>", text: "directory, tgz, tar or zip, if the name does not say" },
    {
      flags: "-b, --file-exists-behavior <what>",
      text: "DISALLOW, OVERWRITE or RETAIN files that no deployment put there",
      value: "DISALLOW",
    },
    {
      flags: "-g, --deployment-group <id>",
      text: "keeps revisions and what was installed apart",
      value: "default-local-deployment-group",
    },
    {
      flags: "-d, --deployment-group-name <name>",
      text: "what scripts see as DEPLOYMENT_GROUP_NAME",
      value: "LocalFleet",
    },
    {
      flags: "-a, --application-name <name>",
      text: "what scripts see as APPLICATION_NAME (else the location)",
    },
    {
      flags: "-e, --events <names>",
      text: "lifecycle events in their order, with commas (else all of a host)",
    },
    {
      flags: "-c, --agent-configuration-file <file>",
      text: "the agent's codedeployagent.yml, whose folders are taken (else the usual, if there)",
    },
    { flags: "-A, --appspec-filename <name>", text: "the AppSpec's name", value: "appspec.yml" },
    { flags: "--root <dir>", text: "folder for revisions and logs (else ./.runtime-local)" },
    {
      flags: "--install-root <dir>",
      text: "put before every destination, so that nothing outside is touched",
    },
    { flags: "-v, --version", text: "print the version" },
    JSON_FLAG,
  ],
  examples: [
    "runtime agent run-local -l ./hello --install-root ./try",
    "runtime agent run-local -l https://github.com/OWNER/REPO --install-root ./try",
    "runtime agent run-local -l hello.tgz -e BeforeInstall,Install,ValidateService",
  ],
  input: z.object({
    bundleLocation: z.string().min(1, "a path is wanted"),
    type: z.enum(["directory", "tgz", "tar", "zip"], "directory, tgz, tar or zip is wanted")
      .exactOptional(),
    fileExistsBehavior: z.string().toUpperCase()
      .pipe(z.enum(FileExistsBehavior.options, "DISALLOW, OVERWRITE or RETAIN is wanted")),
    deploymentGroup: z.string(),
    deploymentGroupName: z.string().min(1, "a name is wanted"),
    applicationName: z.string().min(1, "a name is wanted").exactOptional(),
    events: z.string().min(1, "names of events are wanted").exactOptional(),
    agentConfigurationFile: z.string().min(1, "a file is wanted").exactOptional(),
    appspecFilename: z.string().min(1, "a name is wanted"),
    root: z.string().min(1, "a folder is wanted").exactOptional(),
    installRoot: z.string().min(1, "a folder is wanted").exactOptional(),
    version: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run(input, io, rooms) {
    if (input.version) {
      io.stdout.write(`${VERSION}\n`);
      return EXIT.done;
    }
    const { events, root, installRoot, type } = input;
    const config = configOr(input.agentConfigurationFile);
    const { runLocal } = await rooms.localRun();
    const interrupted = new AbortController();
    const stopListening = io.onInterrupt(() => interrupted.abort(new Error("Ctrl-C")));
    const watch = watcher(io, input);
    const report = await runLocal({
      location: input.bundleLocation,
      fileExistsBehavior: input.fileExistsBehavior,
      groupId: input.deploymentGroup,
      groupName: input.deploymentGroupName,
      application: input.applicationName ?? input.bundleLocation,
      appSpecFilename: input.appspecFilename,
      signal: interrupted.signal,
      ...(type !== undefined && { type }),
      ...(events !== undefined && { events: events.split(",") }),
      ...(config !== undefined && { config }),
      ...(root !== undefined && { root }),
      ...(installRoot !== undefined && { installRoot }),
    }, watch).finally(stopListening);
    if (report === undefined) {
      watch.succeeded();
      return EXIT.done;
    }
    throw new Failure({ ...report, evidence: report.evidence.map(harmless) });
  },
});

type Watcher = LocalRunWatcher & { succeeded(): void };

function watcher(io: Io, { json }: { json: boolean }): Watcher {
  let deploymentId = "";
  const print = (text: string) => void io.stdout.write(`${text}\n`);
  if (json) {
    const tell = (value: unknown) => void io.stdout.write(jsonLine(value));
    return {
      begins(run) {
        deploymentId = run.deploymentId;
        tell({ kind: "run", ...run });
      },
      event: (event) => tell({ kind: "event", deploymentId, ...event }),
      line: (line) => tell({ kind: "log", deploymentId, ...line }),
      succeeded: () => tell({ kind: "end", deploymentId, status: "Succeeded" }),
    };
  }
  return {
    begins(run) {
      deploymentId = run.deploymentId;
      print(`${deploymentId} begins; it is kept in ${run.root}`);
    },
    event(event) {
      const { name, status, startTime = 0, endTime = startTime } = event;
      if (status === "InProgress") return print(`${clock(startTime)} ${name} started`);
      const how = status === "Succeeded" ? `${name} succeeded` : `failed: ${failureTitle(event)}`;
      print(`${clock(endTime)} ${how} (${duration(endTime - startTime)})`);
    },
    line: ({ event, text }) => print(`${event} | ${harmless(text)}`),
    succeeded: () => print(`${deploymentId} succeeded`),
  };
}
