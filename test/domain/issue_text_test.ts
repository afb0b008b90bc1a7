import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { issueText } from "../../core/domain/issue_text.ts";

const Form = z.discriminatedUnion("form", [
  z.object({ form: z.literal("round") }),
  z.object({ form: z.literal("square") }),
]);
const either = z.union([
  z.string().regex(/^[a-z]{2}$/, "letters are wanted, and two"),
  z.array(z.string()),
]);
const few = z.array(z.string()).min(2).max(3);
const table: [what: string, schema: z.ZodType, value: unknown, at: unknown, text: string][] = [
  ["neither text nor list", either, 3, 3, "must be a string or a list, and a number was given"],
  ["nothing of a union", either, undefined, undefined, "must be given; it is a string or a list"],
  ["a text of a union", either, "a", "a", "letters are wanted, and two"],
  [
    "a list of a union",
    either,
    ["ab", 1],
    ["ab", 1],
    "1: must be a string, and a number was given",
  ],
  ["a long text", z.string().max(3), "four", "four", "has 4 characters, at most 3 are allowed"],
  ["more than one letter", z.string().max(1), "ab", "ab", "has 2 characters, at most 1 is allowed"],
  ["an empty text", z.string().min(1), "", "", "must not be empty"],
  ["a short text", z.string().min(2), "a", "a", "has 1 characters, at least 2 are wanted"],
  ["a long list", few, ["", "", "", ""], ["", "", "", ""], "has 4 entries, at most 3 are allowed"],
  ["a short list", few, [""], [""], "has 1 entries, at least 2 are wanted"],
  ["a large number", z.number().max(3), 4, 4, "is 4, and must be at most 3"],
  ["a small number", z.number().min(0), -1, -1, "is -1, and must be at least 0"],
  ["a part of a number", z.number().int(), 1.5, 1.5, "is 1.5, and no whole number"],
  ["a wrong choice", z.enum(["a", "b"]), "c", "c", '"c" is not one of a, b'],
  ["the only choice", z.literal("a"), "c", "c", '"c" is not a'],
  ["a number for a choice", z.enum(["a", "b"]), 1, 1, "must be one of a, b"],
  [
    "a form that there is not",
    Form,
    { form: "oval" },
    "oval",
    '"oval" is not one of round, square',
  ],
  ["no form", Form, {}, undefined, "must be one of round, square"],
  ["a number for a text", z.string(), 1, 1, "must be a string, and a number was given"],
  ["a text for a number", z.number(), "1", "1", "must be a number, and a string was given"],
  [
    "a text for a yes",
    z.boolean(),
    "true",
    "true",
    "must be true or false, and a string was given",
  ],
  ["a yes for a text", z.string(), true, true, "must be a string, and true was given"],
  ["an object for a list", few, {}, {}, "must be a list, and an object was given"],
  ["a list for an object", Form, [], [], "must be an object, and a list was given"],
  ["nothing", z.object({ a: z.string() }), {}, undefined, "must be given; it is a string"],
  ["a rule with words of its own", z.string().regex(/^a$/, "must be a"), "b", "b", "must be a"],
  ["a limit with words of its own", z.string().max(1, "is long"), "ab", "ab", "is long"],
];
for (const [what, schema, value, at, text] of table) {
  test(`of ${what} it is said: ${text}`, () => {
    const [issue] = schema.safeParse(value).error?.issues ?? [];
    assert.ok(issue);
    assert.equal(issueText(issue, at), text);
  });
}

test("a long word that is no choice is cut", () => {
  const [issue] = z.enum(["a"]).safeParse("x".repeat(5000)).error?.issues ?? [];
  assert.ok(issue);
  assert.equal(issueText(issue, "x".repeat(5000)), `"${"x".repeat(100)}…" is not a`);
});
