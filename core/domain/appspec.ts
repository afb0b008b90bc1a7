/**
 * The AppSpec of EC2 and on-premises hosts (spec 5.2): what to copy, with which permissions, and
 * which scripts to run when. Refusals begin as CodeDeploy's do (5.6) and end with what was found,
 * what is allowed, and line and column.
 *
 * Unknown top-level keys and unknown lifecycle events are ignored, as CodeDeploy does; the latter
 * are listed in `ignoredHooks`, so that a misspelt event need not stay a riddle. The hooks after a
 * failure and a script's `reboot` are additions that CodeDeploy's agent ignores.
 * @module
 */
import { AfterHookName } from "./after_hook.ts";
import { parsePermission, type Permission } from "./appspec_permissions.ts";
import { AppSpecText, type Field } from "./appspec_yaml.ts";
import { FileExistsBehavior } from "./deployment.ts";
import { LifecycleEventName } from "./lifecycle_event.ts";

export { AppSpecError } from "./appspec_yaml.ts";
export type { Permission } from "./appspec_permissions.ts";

/** `source` is a path in the revision, `destination` always a directory (trap 5). */
export interface FileMapping {
  readonly source: string;
  readonly destination: string;
}

export interface Script {
  /** Path in the revision. */
  readonly location: string;
  readonly timeoutSeconds: number;
  readonly runas?: string;
  readonly sudo: boolean;
  /** When the machine is restarted before the next script: after success, or on the script's wish. */
  readonly reboot?: Reboot;
}

/** `on-request`: when the script exits with 194, the code of AWS Systems Manager for this. */
export type Reboot = typeof REBOOTS[number];
const REBOOTS = ["always", "on-request"] as const;

export interface AppSpec {
  readonly version: 0;
  readonly os: "linux";
  readonly fileExistsBehavior?: FileExistsBehavior;
  readonly files: readonly FileMapping[];
  readonly permissions: readonly Permission[];
  readonly hooks: ReadonlyMap<LifecycleEventName, readonly Script[]>;
  readonly afterHooks: ReadonlyMap<AfterHookName, readonly Script[]>;
  /** Keys below `hooks` that are none of these, in the order of the file. */
  readonly ignoredHooks: readonly string[];
  /** What counts and was probably not meant, each with file, line and column. */
  readonly warnings: readonly string[];
}

/** A script without a timeout may take an hour (CodeDeploy user guide). */
const DEFAULT_TIMEOUT_SECONDS = 3600;

const TRY_AGAIN = "and then try again.";

/** Reads an AppSpec; `path` names the file in messages. Throws AppSpecError. */
export function parseAppSpec(text: string, options: { path: string; hostOs: "linux" }): AppSpec {
  const source = new AppSpecText(text, options.path);
  const { root } = source;
  if (root.node === undefined) {
    source.fail(
      root,
      "The deployment failed because the application specification file was empty. Make sure your " +
        "AppSpec file defines at minimum the 'version' and 'os' properties.",
    );
  }
  const members = source.members(root, "the top level");
  const get = (key: string): Field => source.member(members, key, root);
  const version = parseVersion(source, get("version"));
  const os = parseOs(source, get("os"), options.hostOs);
  const fileExistsBehavior = parseFileExistsBehavior(source, get("file_exists_behavior"));
  const hooks = parseHooks(source, get("hooks"));
  const files = source.items(get("files"), "the files section");
  const permissions = source.items(get("permissions"), "the permissions section");
  return {
    version,
    os,
    ...(fileExistsBehavior && { fileExistsBehavior }),
    files: files.map((entry) => parseFile(source, entry)),
    permissions: permissions.map((entry) => parsePermission(source, entry)),
    ...hooks,
    warnings: source.warnings,
  };
}

function parseVersion(source: AppSpecText, field: Field): 0 {
  // A number: "0.0" in quotes is refused by CodeDeploy, a plain 0 is not (trap 8).
  if (source.value(field) === 0) return 0;
  const sentence = "The deployment failed because an invalid version value " +
    `(${source.text(field, "version") ?? ""}) was entered in the application specification file. ` +
    `Make sure your AppSpec file specifies "0.0" as the version, ${TRY_AGAIN}`;
  const allowed = "the number 0.0, without quotes";
  return source.refuse(field, { sentence, found: source.shown(field), allowed });
}

function parseOs(source: AppSpecText, field: Field, hostOs: "linux"): "linux" {
  if (source.value(field) === hostOs) return hostOs;
  const sentence =
    "The deployment failed because the application specification file specifies an " +
    `unsupported operating system (${source.text(field, "os") ?? ""}). Specify either "linux" or ` +
    `"windows" in the os section of the AppSpec file, ${TRY_AGAIN}`;
  const allowed = `${hostOs}, the operating system of this host`;
  return source.refuse(field, { sentence, found: source.shown(field), allowed });
}

function parseFileExistsBehavior(
  source: AppSpecText,
  field: Field,
): FileExistsBehavior | undefined {
  if (field.node === undefined) return undefined;
  // Exact upper case, unlike the deployment's own setting (trap 7).
  const behavior = FileExistsBehavior.safeParse(source.value(field));
  if (behavior.success) return behavior.data;
  const values = FileExistsBehavior.options;
  const sentence = "The deployment failed because an invalid file_exists_behavior value " +
    `(${
      source.text(field, "file_exists_behavior")
    }) was entered in the application specification ` +
    `file. Make sure your AppSpec file specifies one of ${values.join(",")} as the ` +
    `file_exists_behavior, ${TRY_AGAIN}`;
  const allowed = values.join(", ");
  return source.refuse(field, { sentence, found: source.shown(field), allowed });
}

function parseFile(source: AppSpecText, entry: Field): FileMapping {
  const members = source.members(entry, "an entry of the files section");
  const text = (key: string): string | undefined =>
    source.text(source.member(members, key, entry), `${key} of a file`);
  const [from, destination] = [text("source"), text("destination")];
  if (!from) {
    const sentence =
      "The deployment failed because the application specification file specifies a " +
      `destination file, but no source file. Update the files section of the AppSpec file, ${TRY_AGAIN}`;
    const found = destination ? `destination ${JSON.stringify(destination)} alone` : "neither";
    return source.refuse(entry, { sentence, found, allowed: "source and destination" });
  }
  if (!destination) {
    const sentence = "The deployment failed because the application specification file specifies " +
      `only a source file (${from}). Add the name of the destination file to the files section of ` +
      `the AppSpec file, ${TRY_AGAIN}`;
    const found = `source ${JSON.stringify(from)} alone`;
    return source.refuse(entry, { sentence, found, allowed: "source and destination" });
  }
  return { source: from, destination };
}

type Hooks = Pick<AppSpec, "hooks" | "afterHooks" | "ignoredHooks">;

function parseHooks(source: AppSpecText, field: Field): Hooks {
  const hooks = new Map<LifecycleEventName, Script[]>();
  const afterHooks = new Map<AfterHookName, Script[]>();
  const ignoredHooks: string[] = [];
  for (const [key, scripts] of source.members(field, "the hooks section")) {
    const event = LifecycleEventName.safeParse(key);
    const afterHook = AfterHookName.safeParse(key);
    if (!event.success && !afterHook.success) {
      ignoredHooks.push(key);
      source.warn(scripts, `${JSON.stringify(key)} is no lifecycle event: its scripts never run`);
    } else if (scripts.node !== undefined) {
      const parsed = source.items(scripts, `the hook ${key}`)
        .map((item) => parseScript(source, item, key));
      if (event.success) hooks.set(event.data, parsed);
      else if (afterHook.success) afterHooks.set(afterHook.data, parsed);
    }
  }
  return { hooks, afterHooks, ignoredHooks };
}

function parseScript(source: AppSpecText, entry: Field, hook: string): Script {
  const members = source.members(entry, `a script of the hook ${hook}`);
  const get = (key: string): Field => source.member(members, key, entry);
  const location = source.text(get("location"), "location of a script");
  if (!location) {
    const sentence =
      "The deployment failed because the application specification file specifies a " +
      "script with no location value. Specify the location in the hooks section of the AppSpec " +
      `file, ${TRY_AGAIN}`;
    const [found, allowed] = [
      source.shown(get("location")),
      "the path of a script in the revision",
    ];
    return source.refuse(get("location"), { sentence, found, allowed });
  }
  const runas = source.text(get("runas"), "runas of a script");
  const reboot = parseReboot(source, get("reboot"), hook);
  return {
    location,
    timeoutSeconds: parseTimeout(source, get("timeout")),
    ...(runas && { runas }),
    sudo: parseSudo(source, get("sudo")),
    ...(reboot && { reboot }),
  };
}

function parseTimeout(source: AppSpecText, field: Field): number {
  if (field.node === undefined) return DEFAULT_TIMEOUT_SECONDS;
  const value = source.value(field);
  // Quoted digits count, as in CodeDeploy; "5 minutes", which Ruby reads as five seconds, does not.
  const isDigits = typeof value === "string" && /^\s*\d+\s*$/.test(value);
  const seconds = typeof value === "number" || isDigits ? Math.floor(Number(value)) : 0;
  if (seconds > 0 && Number.isSafeInteger(seconds)) return seconds;
  const sentence =
    "The deployment failed because an invalid timeout value was provided for a script " +
    `in the application specification file. Make corrections in the hooks section of the AppSpec ` +
    `file, ${TRY_AGAIN}`;
  const allowed = "a whole number of seconds above 0";
  return source.refuse(field, { sentence, found: source.shown(field), allowed });
}

function parseSudo(source: AppSpecText, field: Field): boolean {
  if (field.node === undefined) return false;
  const value = source.value(field);
  if (typeof value === "boolean") return value;
  const sentence =
    "The deployment failed because a script in the application specification file has " +
    `an invalid sudo value. Update the hooks section of the AppSpec file, ${TRY_AGAIN}`;
  return source.refuse(field, { sentence, found: source.shown(field), allowed: "true, false" });
}

function parseReboot(source: AppSpecText, field: Field, hook: string): Reboot | undefined {
  if (field.node === undefined) return undefined;
  const found = source.shown(field);
  const inAfterHook = AfterHookName.safeParse(hook).success;
  const reboot = REBOOTS.find((one) => one === source.value(field));
  if (reboot && !inAfterHook) return reboot;
  const sentence =
    "The deployment failed because a script in the application specification file has an invalid " +
    `reboot value. Update the hooks section of the AppSpec file, ${TRY_AGAIN}`;
  const allowed = inAfterHook ? `no reboot in ${hook}, which ends a run` : REBOOTS.join(", ");
  return source.refuse(field, { sentence, found, allowed });
}
