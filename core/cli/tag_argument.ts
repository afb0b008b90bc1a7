/** `KEY=VALUE` of a command line. @module */
import { z } from "zod";
import { Tag } from "../domain/tag.ts";

export const TagArgument = z.string().transform((text, context) => {
  const [Key = "", ...rest] = text.split("=");
  const tag = Tag.safeParse({ Key, Value: rest.join("=") });
  if (tag.success) return tag.data;
  context.addIssue(`${text} is not KEY=VALUE`);
  return z.NEVER;
});
