/** Publish: any message to a topic of this server, so that a person can try who hears it. @module */
import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { topicArn, TopicSubject } from "../../../domain/topic.ts";
import { publish as writePublication } from "../../../store/topic_deliveries.ts";
import { queryOperation } from "../query_service.ts";
import { Arn, invalidParameter, namedTopic } from "./named.ts";

/** Bytes of a message (Publish). */
const MESSAGE_LIMIT = 262_144;

export const publish = queryOperation({
  name: "Publish",
  role: "deployer",
  input: z.object({
    TopicArn: Arn.optional(),
    TargetArn: Arn.optional(),
    PhoneNumber: z.string().optional(),
    Message: z.string().min(1, "a message is wanted"),
    Subject: TopicSubject.optional(),
    MessageStructure: z.string().optional(),
    MessageAttributes: z.unknown().optional(),
  }),
  async run(input, { store, realm, now }) {
    const { Message: message, Subject: subject } = input;
    const arn = input.TopicArn ?? input.TargetArn;
    if (arn === undefined) throw invalidParameter("TopicArn", "a message goes to a topic");
    for (const name of ["PhoneNumber", "MessageStructure", "MessageAttributes"] as const) {
      if (input[name] === undefined) continue;
      throw invalidParameter(name, "this server does not have it; leave it out");
    }
    if (Buffer.byteLength(message) > MESSAGE_LIMIT) {
      throw invalidParameter("Message", `at most ${MESSAGE_LIMIT} bytes are taken`);
    }
    const id = randomUUID();
    await store.commit((tx) => {
      const { name } = namedTopic(tx, realm, arn);
      const said = { id, message, at: now(), ...(subject !== undefined && { subject }) };
      writePublication(tx, realm, topicArn(realm, name), said);
    });
    return { MessageId: id };
  },
});
