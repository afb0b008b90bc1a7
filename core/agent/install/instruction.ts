/**
 * What Install does, one step at a time, and how `<group id>-install.json` tells it (spec 5.4).
 * @module
 */
import { type AclEntry, aclText } from "../../domain/appspec_acl.ts";
import type { SecurityContext } from "../../domain/appspec_permissions.ts";

/** What is at the path already: of this group's last Install, or of somebody else. */
export type There = "ours" | "foreign";

/** Every path is absolute. */
export type Instruction =
  | { readonly kind: "mkdir"; readonly path: string; readonly there?: "ours" }
  | {
    readonly kind: "copy";
    readonly source: string;
    readonly path: string;
    readonly there?: There;
  }
  | {
    readonly kind: "symlink";
    readonly source: string;
    /** The link's text, kept as it is in the revision. */
    readonly target: string;
    readonly path: string;
    readonly there?: There;
  }
  | { readonly kind: "chmod"; readonly path: string; readonly mode: string }
  | { readonly kind: "setfacl"; readonly path: string; readonly acls: readonly AclEntry[] }
  | { readonly kind: "semanage"; readonly path: string; readonly context: SecurityContext }
  | {
    readonly kind: "chown";
    readonly path: string;
    readonly owner?: string;
    readonly group?: string;
  };

/** The text of install.json, in the words of CodeDeploy's agent (a link is a copy there). */
export function instructionsJson(instructions: readonly Instruction[]): string {
  return JSON.stringify({ instructions: instructions.map(recorded) });
}

function recorded(instruction: Instruction): Record<string, unknown> {
  const { path } = instruction;
  switch (instruction.kind) {
    case "mkdir":
      return { type: "mkdir", directory: path };
    case "copy":
    case "symlink":
      return { type: "copy", source: instruction.source, destination: path };
    case "chmod":
      return { type: "chmod", mode: instruction.mode, file: path };
    case "setfacl":
      return { type: "setfacl", acl: instruction.acls.map(aclText), file: path };
    case "semanage": {
      const { user = null, type, range = null } = instruction.context;
      return { type: "semanage", context: { user, role: null, type, range }, file: path };
    }
    case "chown": {
      const { owner = null, group = null } = instruction;
      return { type: "chown", owner, group, file: path };
    }
  }
}
