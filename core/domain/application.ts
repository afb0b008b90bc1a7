/** An application: the name under which revisions and deployment groups are kept. @module */
import type { ComputePlatform, Name } from "./name.ts";

export interface Application {
  id: string;
  name: Name;
  computePlatform: ComputePlatform;
  /** Milliseconds since the epoch. */
  createTime: number;
}
