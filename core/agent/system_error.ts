/**
 * Telling errors of the operating system apart by their code.
 * @module
 */

/** ENOENT, EACCES … of an error that node's file and process functions threw, else undefined. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The path does not exist, or something on the way to it is no directory. */
export function isMissing(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}
