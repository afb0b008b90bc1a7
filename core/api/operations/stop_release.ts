/** StopRelease, which CodeDeploy does not have: nothing else begins, and what there is goes back. @module */
import type { Engine } from "../../engine/engine.ts";
import { StopReleaseInput, StopReleaseOutput } from "../../wire/releases_api.ts";
import { operation } from "../operation.ts";

export const stopRelease = (engine: Pick<Engine, "releases">) =>
  operation({
    name: "StopRelease",
    role: "deployer",
    input: StopReleaseInput,
    output: StopReleaseOutput,
    errors: ["InvalidInputException"],
    async run({ releaseId, rollback }) {
      const { state } = await engine.releases.stop(releaseId, rollback);
      return { status: state.status };
    },
  });
