/** A revision location as callers write it: bundle types in any case, text by content or hash. @module */
import { z } from "zod";
import { BundleType, RevisionLocation } from "../domain/revision.ts";
import { withContentHash } from "./revision_content.ts";

const SPELLED = new Map(BundleType.options.map((type) => [type.toLowerCase(), type]));

/** Clients send `yaml` for `YAML`, and the service takes it. */
function spellBundleType(value: unknown): unknown {
  const s3Location = member(value, "s3Location");
  const given = member(s3Location, "bundleType");
  const bundleType = typeof given === "string" ? SPELLED.get(given.toLowerCase()) : undefined;
  if (bundleType === undefined || !isObject(value) || !isObject(s3Location)) return value;
  return { ...value, s3Location: { ...s3Location, bundleType } };
}

/** Parses to a location whose identity is complete. */
export const RevisionInput = z.preprocess(
  spellBundleType,
  RevisionLocation.transform((location, context) => {
    const full = withContentHash(location);
    if (!("fault" in full)) return full;
    context.addIssue({ code: "custom", message: full.fault });
    return z.NEVER;
  }),
);

function member(value: unknown, name: string): unknown {
  return isObject(value) ? Reflect.get(value, name) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
