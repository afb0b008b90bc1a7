/**
 * Refusals of the S3 subset: the code a client's SDK switches on, its HTTP status, and a sentence
 * for the person. Codes and statuses: S3 API reference, "Error responses".
 * @module
 */
import { DomainError, type ErrorName } from "../../domain/errors.ts";
import { errorCode, isDiskFull } from "../../store/database.ts";
import { SECURITY_TOKEN } from "../session_token.ts";

const STATUS = {
  AccessControlListNotSupported: 400,
  AccessDenied: 403,
  AuthorizationHeaderMalformed: 400,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  ExpiredToken: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartNumber: 416,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidToken: 400,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedTrailerError: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  MissingSecurityHeader: 400,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
} as const;
export type S3Code = keyof typeof STATUS;

/** A refusal; `headers` go out with it (Content-Range of a 416, the marker of a deleted version). */
export class S3Error extends Error {
  override readonly name = "S3Error";
  readonly code: S3Code;
  readonly headers: Record<string, string>;
  constructor(
    code: S3Code,
    message: string,
    options: { headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** What the signature check answers in the words of the JSON API, in the words of S3. */
const BY_NAME: Partial<Record<ErrorName, S3Code>> = {
  AccessDeniedException: "AccessDenied",
  ExpiredTokenException: "ExpiredToken",
  IncompleteSignatureException: "AuthorizationHeaderMalformed",
  InvalidInputException: "MissingSecurityHeader",
  InvalidSignatureException: "SignatureDoesNotMatch",
  MissingAuthenticationTokenException: "AccessDenied",
  ServiceUnavailableException: "ServiceUnavailable",
  ThrottlingException: "SlowDown",
  UnrecognizedClientException: "InvalidAccessKeyId",
};

/** The refusal for anything thrown; undefined when it is a fault of ours that must be logged. */
export function asS3Error(error: unknown): S3Error | undefined {
  if (error instanceof S3Error) return error;
  if (error instanceof DomainError) {
    const code = BY_NAME[error.name];
    if (code === undefined) return undefined;
    // The JSON API has one name for all that can be wrong with a signature; the field tells them apart.
    const field = code === "SignatureDoesNotMatch" ? error.field.toLowerCase() : "";
    if (field === "x-amz-expires") {
      const message = `Request has expired. ${error.message}`;
      return new S3Error("AccessDenied", message, { cause: error });
    }
    const skewed = field === "x-amz-date";
    if (code === "InvalidAccessKeyId" && error.field === SECURITY_TOKEN) {
      return new S3Error("InvalidToken", error.message, { cause: error });
    }
    return new S3Error(skewed ? "RequestTimeTooSkewed" : code, error.message, { cause: error });
  }
  if (isDiskFull(error)) {
    return new S3Error(
      "ServiceUnavailable",
      `The server's data directory has no room left (${errorCode(error)}); nothing was stored. ` +
        "Free space there or delete old bundles, then send the request again.",
      { cause: error },
    );
  }
  return undefined;
}
