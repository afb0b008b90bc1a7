/** The version of this build, as `deno.json` says it. @module */
import manifest from "../../deno.json" with { type: "json" };

export const VERSION: string = manifest.version;
