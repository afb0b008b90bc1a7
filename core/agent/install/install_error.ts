/**
 * Failures of Install that a person can act on.
 * @module
 */

/** Worded as CodeDeploy's agent words it where it does; `path` is the file or directory at fault. */
export class InstallError extends Error {
  override readonly name = "InstallError";
  readonly path: string;
  constructor(path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/** A file is in the way, and the deployment does not allow to overwrite or keep it. */
export function fileExists(path: string): InstallError {
  return new InstallError(
    path,
    `The deployment failed because a specified file already exists at this location: ${path}`,
  );
}
