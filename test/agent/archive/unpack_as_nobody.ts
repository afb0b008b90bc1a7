/**
 * Unpacks a tar as another user than root: `unpack_as_nobody.ts BUNDLE DESTINATION`. A process of its
 * own, because there is no way back to root.
 * @module
 */
import process from "node:process";
import { extractArchive } from "../../../core/agent/archive/extract.ts";

const NOBODY = 65_534;
const [file, destination] = process.argv.slice(2);
if (file === undefined || destination === undefined) throw new Error("BUNDLE DESTINATION");
// Everything is loaded: from here on, not even the sources need be readable.
process.setgid?.(NOBODY);
process.setuid?.(NOBODY);
await extractArchive({ file, bundleType: "tar", destination });
