/** GetRelease, which CodeDeploy does not have: a release and how far each deployment has come. @module */
import type { Engine } from "../../engine/engine.ts";
import { GetReleaseInput, GetReleaseOutput } from "../../wire/releases_api.ts";
import { operation } from "../operation.ts";
import { releaseInfo } from "../release_view.ts";

export const getRelease = (engine: Pick<Engine, "releases">) =>
  operation({
    name: "GetRelease",
    role: "viewer",
    input: GetReleaseInput,
    output: GetReleaseOutput,
    errors: ["InvalidInputException"],
    run: ({ releaseId }) => ({ release: releaseInfo(engine.releases.release(releaseId)) }),
  });
