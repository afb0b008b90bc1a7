/**
 * Errors of the way to the server, and of the server itself, as failures a person can act on.
 * @module
 */
import { ApiError, UnreachableError } from "../wire/aws_json.ts";
import { certificateFault } from "../wire/certificate_fault.ts";
import { EXIT } from "./exit.ts";
import { Failure } from "./failure.ts";

/** Refusals about who asks, not about what is asked. */
const NOT_ALLOWED: ReadonlySet<string> = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "ExpiredToken",
  "ExpiredTokenException",
  "IncompleteSignatureException",
  "InvalidAccessKeyId",
  "InvalidSignatureException",
  "InvalidToken",
  "MissingAuthenticationTokenException",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
]);

/** The keys are known and right; their role is too small. */
const ROLE_TOO_SMALL: ReadonlySet<string> = new Set(["AccessDenied", "AccessDeniedException"]);

/** What to type after a refusal of this kind. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  ApplicationDoesNotExistException: [
    "runtime apply -f deploy.yaml",
    "aws deploy create-application --application-name NAME",
  ],
  DeploymentGroupDoesNotExistException: ["runtime apply -f deploy.yaml"],
  DeploymentDoesNotExistException: ["runtime status"],
  InvalidDeploymentIdException: ["runtime status"],
  DeploymentAlreadyCompletedException: ["runtime status"],
};

/** Any error as a failure; one that is ours already stays as it is. `next` is for most refusals. */
export function asFailure(error: unknown, next: readonly string[] = ["runtime help"]): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof UnreachableError) return unreachable(error);
  if (error instanceof ApiError) return refused(error, next);
  const message = error instanceof Error ? error.message : String(error);
  const evidence = error instanceof Error && error.stack
    ? error.stack.split("\n").slice(1, 4).map((line) => line.trim())
    : [];
  return new Failure({
    exitCode: EXIT.failed,
    cause: `runtime failed: ${message}`,
    evidence,
    state: "the command ended where it was; the server decides on its own what goes on",
    next: ["runtime status"],
  }, { cause: error });
}

export function isNotAllowed(error: ApiError): boolean {
  return NOT_ALLOWED.has(error.type) || error.status === 401 || error.status === 403;
}

function unreachable(error: UnreachableError): Failure {
  const fault = certificateFault(error);
  return new Failure({
    exitCode: EXIT.unreachable,
    cause: fault === undefined
      ? "The server cannot be reached"
      : `The server is not trusted: its certificate ${fault.what}`,
    evidence: [error.message],
    state: "running deployments go on without this command",
    next: [
      fault?.next ??
        "check the address (--url, RUNTIME_URL or `runtime login`) and that the server runs",
    ],
  }, { cause: error });
}

function refused(error: ApiError, next: readonly string[]): Failure {
  const evidence = [`${error.type}: ${error.message}`];
  if (isNotAllowed(error)) {
    return new Failure({
      exitCode: EXIT.notAllowed,
      cause: ROLE_TOO_SMALL.has(error.type)
        ? "The server does not allow this with these access keys"
        : "The server does not accept these access keys",
      evidence,
      state: "nothing was changed",
      next: ROLE_TOO_SMALL.has(error.type)
        ? ["ask an admin of the server for a key whose role allows it", "runtime login"]
        : ["check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "runtime login"],
    }, { cause: error });
  }
  if (error.type === "DeploymentLimitExceededException") return blocked(error);
  if (error.status >= 502 && error.status <= 504) {
    return unreachable(new UnreachableError("the server", error));
  }
  const fault = error.status >= 500;
  return new Failure({
    exitCode: fault ? EXIT.failed : EXIT.usage,
    cause: fault ? `The server failed: ${error.message}` : error.message,
    evidence,
    state: fault ? "what the server had committed before stays" : "nothing was changed",
    next: NEXT[error.type] ?? next,
  }, { cause: error });
}

/** Nothing begins now, by a busy group, a lock or a freeze window; the message names which. */
function blocked(error: ApiError): Failure {
  return new Failure({
    exitCode: EXIT.blocked,
    evidence: [error.message],
    state: "no deployment was created",
    ...obstacle(error.message),
  }, { cause: error });
}

/** The message names the active deployment (API reference), or how to unlock. */
function obstacle(message: string): { cause: string; next: [string, ...string[]] } {
  const [, unlock] = message.match(/ is locked by .* Unlock it: (runtime unlock .*)$/s) ?? [];
  if (unlock !== undefined) return { cause: "Deployments are locked", next: [unlock] };
  if (message.startsWith("The freeze window ")) {
    return {
      cause: "No deployment begins in a freeze window",
      next: ["runtime freeze list", "the same command with --override-freeze REASON"],
    };
  }
  const active = message.match(/d-[A-Z0-9]{9}/)?.[0] ?? "DEPLOYMENT";
  return {
    cause: "Another deployment of this group is active",
    next: [`runtime logs ${active} -f`, `runtime stop ${active}`],
  };
}
