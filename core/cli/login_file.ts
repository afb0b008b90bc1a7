/** `~/.config/runtime/login.json`: the server and keys that `runtime login` keeps. @module */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { usageFailure } from "./failure.ts";
import type { Io } from "./io.ts";

const Login = z.object({
  url: z.url(),
  region: z.string().min(1),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().exactOptional(),
});
export type Login = z.infer<typeof Login>;

export function loginPath(env: Io["env"]): string {
  const config = env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config");
  return join(config, "runtime", "login.json");
}

/** The kept login, or undefined if there is none. A file that is not one is a usage failure. */
export async function readLogin(env: Io["env"]): Promise<Login | undefined> {
  const path = loginPath(env);
  const text = await textOf(path);
  if (text === undefined) return undefined;
  try {
    return Login.parse(JSON.parse(text));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw usageFailure(`${path} is not a login file`, [message], ["runtime login"]);
  }
}

/** Writes the file whole, readable by its owner alone; answers its path. */
export async function writeLogin(env: Io["env"], login: Login): Promise<string> {
  const path = loginPath(env);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.chmod(0o600); // a left-over draft may have been wider
    await file.writeFile(JSON.stringify(login, null, 2) + "\n");
  } finally {
    await file.close();
  }
  await rename(draft, path);
  return path;
}

/** A file's text, or undefined when there is no such file. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
