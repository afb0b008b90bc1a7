/**
 * Which operation a request is: by its method, by what its address names, and by its query
 * parameters. What is not in the table is refused by name, never half done.
 * @module
 */
import type { Address } from "./address.ts";
import {
  createBucket,
  getBucketLocation,
  getBucketVersioning,
  headBucket,
  listAllBuckets,
  putBucketVersioning,
  removeBucket,
} from "./bucket_operations.ts";
import { completeUpload } from "./complete_upload.ts";
import { copyObject, copyPart } from "./copy_object.ts";
import { deleteObject, deleteObjects } from "./delete_object.ts";
import { addressOf, getObject, headObject, OVERRIDES, readVersion } from "./get_object.ts";
import { listObjectsV1, listObjectsV2 } from "./list_objects.ts";
import { listMultipartUploads, listUploadParts } from "./list_uploads.ts";
import { listObjectVersions } from "./list_versions.ts";
import { abortUpload, createUpload, uploadPart } from "./multipart.ts";
import { getObjectAttributes } from "./object_attributes.ts";
import type { Operation } from "./operation.ts";
import { putObject } from "./put_object.ts";
import { S3Error } from "./s3_error.ts";
import { s3Document, xmlResponse } from "./s3_xml.ts";

/** What an address names. */
type Subject = "service" | "bucket" | "object";

export interface Route {
  method: string;
  of: Subject;
  /** What it does: `fetch` is of an object whose name one has, `read` tells what there is. */
  access: "fetch" | "read" | "write";
  /** Query parameters that make the request this operation. */
  needs: readonly string[];
  /** Query parameters that it understands besides. */
  takes: readonly string[];
  /** A header that makes it this operation. */
  header?: string;
  run: Operation;
}

const FOLDING = ["prefix", "delimiter", "encoding-type"];
const LIST_TAKES = [...FOLDING, "max-keys", "start-after", "continuation-token", "fetch-owner"];
const VERSIONS_TAKES = [...FOLDING, "max-keys", "key-marker", "version-id-marker"];
const UPLOADS_TAKES = [...FOLDING, "max-uploads", "key-marker", "upload-id-marker"];
const VERSION = ["versionId"];
const READ_TAKES = [...VERSION, "partNumber", ...OVERRIDES.map((name) => `response-${name}`)];

/** `aws s3 cp` asks for the tags of what it copies in parts; there are none. */
const noTags: Operation = ({ store }, request) => {
  const { versionId } = readVersion(store.read, addressOf(request));
  return xmlResponse(s3Document("Tagging", { TagSet: {} }), { "x-amz-version-id": versionId });
};

const SOURCE = "x-amz-copy-source";

/** In order: of several that fit, the first is taken. */
const ROUTES: readonly Route[] = [
  read("GET", "service", [], ["prefix", "max-buckets", "continuation-token"], listAllBuckets),

  read("HEAD", "bucket", [], [], headBucket),
  write("PUT", "bucket", [], [], createBucket),
  write("DELETE", "bucket", [], [], removeBucket),
  read("GET", "bucket", ["location"], [], getBucketLocation),
  read("GET", "bucket", ["versioning"], [], getBucketVersioning),
  write("PUT", "bucket", ["versioning"], [], putBucketVersioning),
  read("GET", "bucket", ["list-type"], LIST_TAKES, listObjectsV2),
  read("GET", "bucket", ["versions"], VERSIONS_TAKES, listObjectVersions),
  read("GET", "bucket", ["uploads"], UPLOADS_TAKES, listMultipartUploads),
  read("GET", "bucket", [], [...FOLDING, "max-keys", "marker"], listObjectsV1),
  write("POST", "bucket", ["delete"], [], deleteObjects),

  fetches("GET", "object", ["attributes"], VERSION, getObjectAttributes),
  fetches("GET", "object", ["tagging"], VERSION, noTags),
  read("GET", "object", ["uploadId"], ["max-parts", "part-number-marker"], listUploadParts),
  fetches("GET", "object", [], READ_TAKES, getObject),
  fetches("HEAD", "object", [], READ_TAKES, headObject),
  { ...write("PUT", "object", ["partNumber", "uploadId"], [], copyPart), header: SOURCE },
  write("PUT", "object", ["partNumber", "uploadId"], [], uploadPart),
  { ...write("PUT", "object", [], [], copyObject), header: SOURCE },
  write("PUT", "object", [], [], putObject),
  write("POST", "object", ["uploads"], [], createUpload),
  write("POST", "object", ["uploadId"], [], completeUpload),
  write("DELETE", "object", ["uploadId"], [], abortUpload),
  write("DELETE", "object", [], VERSION, deleteObject),
];

function fetches(
  method: string,
  of: Subject,
  needs: readonly string[],
  takes: readonly string[],
  run: Operation,
): Route {
  return { access: "fetch", method, of, needs, takes, run };
}

function read(
  method: string,
  of: Subject,
  needs: readonly string[],
  takes: readonly string[],
  run: Operation,
): Route {
  return { access: "read", method, of, needs, takes, run };
}

function write(
  method: string,
  of: Subject,
  needs: readonly string[],
  takes: readonly string[],
  run: Operation,
): Route {
  return { access: "write", method, of, needs, takes, run };
}

/** The operation of a request. Throws MethodNotAllowed, NotImplemented. */
export function routeOf(method: string, { bucket, key, query }: Address, headers: Headers): Route {
  const of = bucket === "" ? "service" : key === "" ? "bucket" : "object";
  const routes = ROUTES.filter((route) => route.of === of && route.method === method);
  if (routes.length === 0) {
    const allow = ROUTES.filter((route) => route.of === of).map((route) => route.method);
    throw new S3Error("MethodNotAllowed", `${method} means nothing for ${NAMED[of]}.`, {
      headers: { allow: [...new Set(allow)].join(", ") },
    });
  }
  // `x-id` is the SDK's note of the operation; `x-amz-…` are headers of a presigned URL.
  const names = [...query.keys()].filter((name) => !/^x-(amz-|id$)/i.test(name));
  const found = routes.find(({ needs, takes, header }) =>
    (header === undefined || headers.has(header)) &&
    needs.every((name) => query.has(name)) &&
    names.every((name) => needs.includes(name) || takes.includes(name))
  );
  if (found) return found;
  throw new S3Error(
    "NotImplemented",
    `${method} of ${NAMED[of]} with the query "${
      names.join("&")
    }" is not among the S3 operations ` +
      "this server has.",
  );
}

const NAMED: Record<Subject, string> = {
  service: "all buckets",
  bucket: "a bucket",
  object: "an object",
};
