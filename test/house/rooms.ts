/**
 * The rooms of the house and what each may import (docs/architecture.md). A room not listed here does
 * not exist: a new folder needs a line, and with it a thought about its place.
 * @module
 */

export interface Room {
  /** A folder (with its slash) or one file, relative to the root of the project. */
  readonly path: string;
  /** Rooms it may import, besides itself. */
  readonly may: readonly string[];
  /** Files of which it may import types, and nothing that is there at run time. */
  readonly types?: readonly string[];
  /** Rooms it may load with `import()` only, so that they cost nothing until they are needed. */
  readonly lazily?: readonly string[];
  /** Nothing from outside but `may`: no package, no `node:`, not even a neighbour in the room. */
  readonly alone?: true;
  /** May `import()` a path that only the running program knows: plugins lie where a person put them. */
  readonly computed?: true;
}

/** The public contract by the name that plugins use; the import map answers it. */
export const CONTRACT = "runtime/plugin";
const CONTRACT_FILE = "core/plugin/contract.ts";
/** The version of the program is written there. */
const MANIFEST = "deno.json";

export const ROOMS: readonly Room[] = [
  {
    path: "main.ts",
    may: ["core/cli/", "core/platform/"],
    lazily: ["core/server/", "core/agent/"],
  },
  { path: "build.ts", may: [] },
  { path: "core/domain/", may: [] },
  { path: "core/platform.ts", may: ["core/platform/"] },
  /** Calls of the operating system: of the runtime they need no more than `libc.ts` has. */
  { path: "core/platform/", may: [] },
  { path: "core/wire/", may: ["core/domain/", MANIFEST] },
  { path: "core/store/", may: ["core/domain/"] },
  { path: "core/plugin/", may: ["core/domain/", "core/platform/"], computed: true },
  { path: "core/rollout/", may: ["core/domain/"], types: [CONTRACT_FILE] },
  {
    path: "core/engine/",
    may: ["core/rollout/", "core/store/", "core/plugin/", "core/wire/", "core/domain/"],
  },
  {
    path: "core/api/",
    may: [
      ...["core/engine/", "core/delivery/", "core/store/", "core/wire/", "core/domain/"],
      "core/platform.ts",
    ],
  },
  {
    path: "core/delivery/",
    may: ["core/store/", "core/wire/", "core/domain/", "core/platform.ts"],
  },
  { path: "core/console/", may: ["core/engine/", "core/store/", "core/domain/"] },
  {
    path: "core/agent/",
    may: ["core/wire/", "core/domain/", "hooks/", "core/platform.ts", "core/platform/"],
  },
  { path: "core/cli/", may: ["core/wire/", "core/domain/", "core/platform.ts"] },
  {
    path: "core/server/",
    may: [
      ...["core/api/", "core/console/", "core/engine/", "core/rollout/", "core/plugin/"],
      "core/delivery/",
      ...["core/store/", "core/wire/", "core/domain/", "core/platform.ts"],
      ...["strategies/", "plugins/", "hooks/"],
    ],
  },
  /** The runners start processes, which is the operating system's affair. */
  { path: "hooks/", may: ["core/domain/", "core/platform/", CONTRACT] },
  { path: "strategies/", may: [CONTRACT], alone: true },
  { path: "plugins/", may: [CONTRACT], alone: true },
];

/** The room that a path lies in. */
export function roomOf(path: string, rooms: readonly Room[] = ROOMS): Room | undefined {
  return rooms.find((room) =>
    room.path.endsWith("/") ? path.startsWith(room.path) : path === room.path
  );
}
