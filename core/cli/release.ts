/** `runtime release`: deploys several applications in the order in which they need one another. @module */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { ReleaseId } from "../domain/name.ts";
import { type RevisionLocation, revisionTitle } from "../domain/revision.ts";
import { CreateReleaseOutput, StopReleaseOutput } from "../wire/releases_api.ts";
import { type Api, openApi } from "./api.ts";
import { asFailure } from "./api_failure.ts";
import { EXIT } from "./exit.ts";
import { Failure, usageFailure } from "./failure.ts";
import { FOLLOW_FLAGS, FOLLOW_INPUT } from "./follow.ts";
import { followRelease, releaseOf } from "./follow_release.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { pushRevision } from "./push_revision.ts";
import { type FileEntry, parseReleaseFile } from "./release_file.ts";
import { releaseText } from "./release_text.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Deploy several applications that need one another, as one release",
  arguments: [["[file]", "YAML file that says which deployments, and which needs which"]],
  flags: [
    { flags: "--show <release>", text: "show a release and its deployments" },
    { flags: "--stop <release>", text: "begin nothing else, and roll back what there is" },
    { flags: "--no-rollback", text: "with --stop: leave everything where it is" },
    ...FOLLOW_FLAGS,
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: [
    "runtime release shop.yaml",
    "runtime release --show r-7H2K9QX4M",
    "runtime release --stop r-7H2K9QX4M --no-rollback",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    ...FOLLOW_INPUT,
    file: z.string().exactOptional(),
    show: ReleaseId.exactOptional(),
    stop: ReleaseId.exactOptional(),
    rollback: z.boolean().default(true),
  }),
  async run({ file, show, stop, rollback, ...input }, io) {
    if ([file, show, stop].filter((one) => one !== undefined).length !== 1) {
      throw usageFailure("Give a file, or --show or --stop with a release", [], [
        "runtime release FILE",
        "runtime release --show RELEASE",
        "runtime releases",
      ]);
    }
    if (show !== undefined) return await showOne(await openApi(io, input), io, show, input.json);
    if (stop !== undefined) {
      return await stopOne(await openApi(io, input), io, { releaseId: stop, rollback }, input.json);
    }
    return await begin(io, file ?? "", input);
  },
});

type BeginInput = Parameters<typeof followRelease>[3] & { url?: string };

async function begin(io: Io, file: string, input: BeginInput): Promise<number> {
  const path = resolve(io.cwd, file);
  const text = await readFile(path, "utf8").catch((cause) => {
    throw usageFailure(`${file} cannot be read`, [String(cause)], ["runtime release FILE"]);
  });
  const { release: releaseName, onFailure, deployments } = parseReleaseFile(file, text);
  const api = await openApi(io, input);
  const wanted: Wanted[] = [];
  let pushed = 0;
  for (const [name, entry] of Object.entries(deployments)) {
    if (entry.revision.kind === "path") pushed++;
    const folder = dirname(path);
    wanted.push({ name, entry, revision: await placed(api, io, { entry, folder }, input.json) });
  }
  const asked = { releaseName, onFailure, deployments: wanted.map(deploymentOf) };
  const { releaseId } = await api.runtime("CreateRelease", asked, CreateReleaseOutput)
    .catch((error) => {
      throw pushed > 0 ? afterPush(error, pushed) : error;
    });
  return await followRelease(api, io, releaseId, input);
}

interface Wanted {
  name: string;
  entry: FileEntry;
  revision: RevisionLocation;
}

/** Where the entry's revision can be had; a folder or bundle is pushed for that. */
async function placed(
  api: Api,
  io: Io,
  { entry, folder }: { entry: FileEntry; folder: string },
  json: boolean,
): Promise<RevisionLocation> {
  const { application: app, group, revision: source } = entry;
  if (source.kind === "revision") return source.revision;
  const what = { path: resolve(folder, source.path), app, group };
  const { revision, bytes } = await pushRevision(api, io, what);
  if (!json) io.stdout.write(`Pushed ${revisionTitle(revision)} (${bytes} bytes)\n`);
  return revision;
}

/** As CreateRelease takes it. */
function deploymentOf({ name, entry, revision }: Wanted) {
  const { application, group, config, fileExists, needs } = entry;
  return {
    name,
    applicationName: application,
    deploymentGroupName: group,
    revision,
    needs,
    ...(config !== undefined && { deploymentConfigName: config }),
    ...(fileExists !== undefined && { fileExistsBehavior: fileExists }),
  };
}

function afterPush(error: unknown, pushed: number): Failure {
  const { report } = asFailure(error);
  const what = pushed === 1 ? "1 revision was pushed" : `${pushed} revisions were pushed`;
  return new Failure({ ...report, state: `${what}; ${report.state}` }, { cause: error });
}

async function showOne(api: Api, io: Io, releaseId: string, json: boolean): Promise<number> {
  const release = await releaseOf(api, releaseId);
  io.stdout.write(json ? jsonLine({ release }) : releaseText(release, io.now()));
  return EXIT.done;
}

async function stopOne(
  api: Api,
  io: Io,
  asked: { releaseId: string; rollback: boolean },
  json: boolean,
): Promise<number> {
  const { releaseId } = asked;
  const { status } = await api.runtime("StopRelease", asked, StopReleaseOutput);
  const next = `See what came of it: runtime release --show ${releaseId}`;
  io.stdout.write(
    json ? jsonLine({ releaseId, status }) : `Stopping ${releaseId}: it is ${status}. ${next}\n`,
  );
  return EXIT.done;
}
