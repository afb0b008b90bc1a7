/** A revision location as callers write it: bundle types in any case, text by content or hash. @module */
import { z } from "zod";
import { BundleType, RevisionLocation } from "../domain/revision.ts";
import { withContentHash } from "./revision_content.ts";

const SPELLED = new Map(BundleType.options.map((type) => [type.toLowerCase(), type]));

/** Clients send `yaml` for `YAML`, and the service takes it. */
function spellBundleType(value: unknown): unknown {
  const name = ["s3Location", "httpsLocation"].find((name) => isObject(member(value, name))) ?? "";
  const location = member(value, name);
  const given = member(location, "bundleType");
  const bundleType = typeof given === "string" ? SPELLED.get(given.toLowerCase()) : undefined;
  if (bundleType === undefined || !isObject(value) || !isObject(location)) return value;
  return { ...value, [name]: { ...location, bundleType } };
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
