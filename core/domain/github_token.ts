/** A token for GitHub, and the name of the account that it reads the repositories of. @module */
import { z } from "zod";
import { Name } from "./name.ts";

export const GitHubTokenName = Name;

/** What GitHub gives out is one word of ASCII; more would not fit into a header. */
export const GitHubToken = z.string().regex(
  /^[\x21-\x7e]{1,1000}$/,
  "must be one word of 1 to 1000 letters",
);
