/**
 * Fetches and unpacks one bundle in a process of its own and prints how far its memory grew, in
 * bytes. Arguments: the store's address, the agent's root.
 * @module
 */
import process from "node:process";
import { setInterval } from "node:timers";
import { downloadBundle } from "../../core/agent/download.ts";
import { layout } from "../../core/agent/layout.ts";
import { identity } from "./bundle_store.ts";
import { bundleOrder } from "./bundle_order.ts";

const [s3Endpoint = "", root = ""] = process.argv.slice(2);
const before = process.memoryUsage().rss;
let peak = before;
const sample = () => peak = Math.max(peak, process.memoryUsage().rss);
const sampling = setInterval(sample, 5);
await downloadBundle(bundleOrder("tgz"), layout(root), { s3Endpoint, identity }, {
  onLine: sample,
  signal: new AbortController().signal,
});
clearInterval(sampling);
process.stdout.write(`${peak - before}\n`);
