/**
 * Removes a tree as another user than root: `remove_tree_as_nobody.ts PATH`. A process of its own,
 * because there is no way back to root.
 * @module
 */
import process from "node:process";
import { removeTree } from "../../core/agent/remove_tree.ts";

const NOBODY = 65_534;
const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("PATH");
process.setgid?.(NOBODY);
process.setuid?.(NOBODY);
await removeTree(path);
