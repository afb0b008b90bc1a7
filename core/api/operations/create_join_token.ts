/** CreateJoinToken: what hosts join with until it expires. The answer is the only place it is seen. @module */
import { Buffer } from "node:buffer";
import { insertJoinToken } from "../../store/join_tokens.ts";
import { CreateJoinTokenInput, CreateJoinTokenOutput } from "../../wire/runtime_api.ts";
import { epochSeconds } from "../epoch_seconds.ts";
import { operation } from "../operation.ts";

export const createJoinToken = operation({
  name: "CreateJoinToken",
  role: "admin",
  input: CreateJoinTokenInput,
  output: CreateJoinTokenOutput,
  errors: ["InvalidInputException"],
  async run({ expiresInSeconds }, { store, now, randomBytes }) {
    const token = `join-${Buffer.from(randomBytes(32)).toString("base64url")}`;
    const createdAt = now();
    const expiresAt = createdAt + expiresInSeconds * 1000;
    await store.commit((tx) => insertJoinToken(tx, token, { expiresAt, now: createdAt }));
    return { token, expiresAt: epochSeconds(expiresAt) };
  },
});
