/** What every operation of the S3 subset is given. @module */
import type { Role } from "../../domain/instance.ts";
import type { Store } from "../../store/store.ts";
import type { ChunkSigner } from "../chunk_signature.ts";
import type { Address } from "./address.ts";
import type { ArtifactFiles } from "./artifact_files.ts";

/** The artifact store: rows, files, clock (milliseconds since the epoch) and randomness. */
export interface Artifacts {
  store: Store;
  files: ArtifactFiles;
  /** Where buckets are said to be. */
  region: string;
  /** The least a part of a multipart upload may have, unless it is the last; in bytes. */
  partBytesMin: number;
  now(): number;
  /** Random bytes, written in hex. */
  randomHex(bytes: number): string;
}

/** A request whose signature and role have been checked. */
export interface S3Request extends Address {
  raw: Request;
  /** Those of the request, and those that a presigned URL carries in its query. */
  headers: Headers;
  /** The signed value of x-amz-content-sha256. */
  contentSha256: string;
  signChunk: ChunkSigner;
  /** Of who signed. */
  role: Role;
}

/** Carries out a request; throws S3Error to refuse it. */
export type Operation = (artifacts: Artifacts, request: S3Request) => Response | Promise<Response>;
