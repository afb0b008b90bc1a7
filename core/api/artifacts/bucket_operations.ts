/**
 * Buckets: CreateBucket, HeadBucket, DeleteBucket, ListBuckets, and what clients ask of one. The
 * first write makes a bucket too, so that `aws deploy push` needs no preparation. Every bucket keeps
 * versions, because a rollback needs the older ones.
 * @module
 */
import { z } from "zod";
import { deleteBucket, ensureBucket, findBucket, listBuckets } from "../../store/buckets.ts";
import { noSuchBucket } from "./get_object.ts";
import type { Artifacts, Operation, S3Request } from "./operation.ts";
import { readText } from "./request_text.ts";
import { S3Error } from "./s3_error.ts";
import { parseXml, s3Document, xmlResponse } from "./s3_xml.ts";

/** Where a bucket that is there already may be created again (S3 API reference, CreateBucket). */
const FORGIVING_REGION = "us-east-1";

const BUCKETS_MAX = 10_000;

const Query = z.object({
  prefix: z.string().default(""),
  "max-buckets": z.coerce.number().int().min(1).max(BUCKETS_MAX).default(BUCKETS_MAX),
  "continuation-token": z.string().default(""),
});

/** ListBuckets, those of all access keys: the store has one owner. */
export const listAllBuckets: Operation = (artifacts, request) => {
  const query = Query.safeParse(Object.fromEntries(request.query));
  if (!query.success) throw new S3Error("InvalidArgument", z.prettifyError(query.error));
  const { prefix, "max-buckets": limit, "continuation-token": after } = query.data;
  const found = listBuckets(artifacts.store.read)
    .filter(({ name }) => name.startsWith(prefix) && name > after);
  const page = found.slice(0, limit);
  return xmlResponse(s3Document("ListAllMyBucketsResult", {
    Owner: { ID: OWNER, DisplayName: OWNER },
    Buckets: {
      Bucket: page.map(({ name, createTime }) => ({
        Name: name,
        CreationDate: new Date(createTime).toISOString(),
        BucketRegion: artifacts.region,
      })),
    },
    ...(found.length > page.length && { ContinuationToken: page.at(-1)?.name }),
    ...(prefix && { Prefix: prefix }),
  }));
};

/** The owner of everything, where a document must have one. */
export const OWNER = "runtime";

/** CreateBucket. A location that it names is not compared: there is one. */
export const createBucket: Operation = async (artifacts, request) => {
  const text = await readText(request);
  if (text.trim() !== "") parseXml(text);
  const { bucket: name } = request;
  const made = await artifacts.store.commit((tx) =>
    ensureBucket(tx, { name, createTime: artifacts.now() })
  );
  if (!made && artifacts.region !== FORGIVING_REGION) {
    throw new S3Error("BucketAlreadyOwnedByYou", `The bucket "${name}" is there already.`);
  }
  return new Response(null, { headers: { location: `/${name}` } });
};

export const headBucket: Operation = (artifacts, request) => {
  mustBeThere(artifacts, request);
  return new Response(null, { headers: { "x-amz-bucket-region": artifacts.region } });
};

/** DeleteBucket. Versions and delete markers count as content. */
export const removeBucket: Operation = async (artifacts, { bucket }) => {
  const outcome = await artifacts.store.commit((tx) => deleteBucket(tx, bucket));
  if (outcome === "absent") throw noSuchBucket(bucket);
  if (outcome === "full") {
    throw new S3Error(
      "BucketNotEmpty",
      `The bucket "${bucket}" holds versions, delete markers or uploads under way; ` +
        "ListObjectVersions and ListMultipartUploads name them.",
    );
  }
  return new Response(null, { status: 204 });
};

/** GetBucketLocation; us-east-1 is said by saying nothing. */
export const getBucketLocation: Operation = (artifacts, request) => {
  mustBeThere(artifacts, request);
  const text = artifacts.region === FORGIVING_REGION ? {} : { "#text": artifacts.region };
  return xmlResponse(s3Document("LocationConstraint", text));
};

export const getBucketVersioning: Operation = (artifacts, request) => {
  mustBeThere(artifacts, request);
  return xmlResponse(s3Document("VersioningConfiguration", { Status: "Enabled" }));
};

const Versioning = z.object({ VersioningConfiguration: z.looseObject({ Status: z.string() }) });

/** PutBucketVersioning takes the state that every bucket has. */
export const putBucketVersioning: Operation = async (artifacts, request) => {
  mustBeThere(artifacts, request);
  const given = Versioning.safeParse(parseXml(await readText(request)));
  const status = given.data?.VersioningConfiguration.Status;
  if (status === "Enabled") return new Response(null);
  throw new S3Error(
    given.success ? "NotImplemented" : "MalformedXML",
    "Versioning is always Enabled, since rollbacks need older versions; it cannot be suspended.",
  );
};

/** Throws NoSuchBucket. */
export function mustBeThere({ store }: Artifacts, { bucket }: Pick<S3Request, "bucket">): void {
  if (!findBucket(store.read, bucket)) throw noSuchBucket(bucket);
}
