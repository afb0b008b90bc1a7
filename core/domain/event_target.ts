/**
 * An event target: where events in EventBridge's form go (spec 9.2), and which of them.
 * @module
 */
import { z } from "zod";
import { Name } from "./name.ts";

export const DETAIL_TYPES = [
  "CodeDeploy Deployment State-change Notification",
  "CodeDeploy Instance State-change Notification",
] as const;
export const EVENT_STATES = ["START", "SUCCESS", "FAILURE", "STOP", "READY"] as const;

const many = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(50);

/**
 * An event pattern of EventBridge over the members that tell these events apart: each is a list of
 * values of which one must be the event's. A member that is left out lets everything pass.
 */
export const EventPattern = z.strictObject({
  "detail-type": many(z.enum(DETAIL_TYPES)).optional(),
  detail: z.strictObject({
    state: many(z.enum(EVENT_STATES)).optional(),
    application: many(z.string().min(1)).optional(),
    deploymentGroup: many(z.string().min(1)).optional(),
  }).optional(),
});
export type EventPattern = z.infer<typeof EventPattern>;

/** A header of every request, whose value is kept in a file of the server's (`secret`). */
export const SecretHeader = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 -"),
  /** Name of a file below the server's folder of event secrets. */
  secret: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 _ -"),
});
export type SecretHeader = z.infer<typeof SecretHeader>;

const HttpTarget = z.strictObject({
  kind: z.literal("http"),
  /** `http://` or `https://`, without user or password. */
  url: z.string().max(2048).refine(isPlainHttpUrl, "an http:// or https:// URL without a password"),
  header: SecretHeader.optional(),
});

const FileTarget = z.strictObject({
  kind: z.literal("file"),
  /** Below the server's events folder: names joined by `/`, none of them beginning with a dot. */
  path: z.string().max(255).regex(
    /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
    "a path below the events folder of names out of A-Z a-z 0-9 . _ -, none beginning with a dot",
  ),
});

export const EventReceiver = z.discriminatedUnion("kind", [HttpTarget, FileTarget]);
export type EventReceiver = z.infer<typeof EventReceiver>;

export const EventTarget = z.object({
  name: Name,
  receiver: EventReceiver,
  pattern: EventPattern.optional(),
});
export type EventTarget = z.infer<typeof EventTarget>;

function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}
