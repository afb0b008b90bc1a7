/** `runtime agent join`: makes this host one of a server's. @module */
import { z } from "zod";
import { Name } from "../domain/name.ts";
import { Tag } from "../domain/tag.ts";
import { originOf } from "./connection.ts";
import { verb } from "./verb.ts";

const TagArgument = z.string().transform((text, context) => {
  const [Key = "", ...rest] = text.split("=");
  const tag = Tag.safeParse({ Key, Value: rest.join("=") });
  if (tag.success) return tag.data;
  context.addIssue(`${text} is not KEY=VALUE`);
  return z.NEVER;
});

export default verb({
  summary: "Join this host to a server",
  arguments: [["<url>", "the server"]],
  flags: [
    { flags: "--token <token>", text: "from `runtime token create`" },
    { flags: "--name <name>", text: "how the host is called" },
    {
      flags: "--tag <key=value>",
      text: "tag that groups select by; may be repeated",
      repeated: true,
    },
    {
      flags: "--config-dir <dir>",
      text: "folder for codedeployagent.yml and codedeploy.onpremises.yml",
      value: "/etc/codedeploy-agent/conf",
    },
    {
      flags: "--root <dir>",
      text: "folder for revisions and the journal",
      value: "/opt/codedeploy-agent/deployment-root",
    },
    {
      flags: "--install-root <dir>",
      text: "put before every destination, for several agents on one machine",
    },
  ],
  examples: [
    "runtime agent join https://deploy.example.com --token T --name web-1 --tag role=web",
  ],
  input: z.object({
    url: z.string(),
    token: z.string("give the token of `runtime token create`"),
    name: z.string("give the host a name").pipe(Name),
    tag: z.array(TagArgument).default([]),
    configDir: z.string(),
    root: z.string(),
    installRoot: z.string().exactOptional(),
  }),
  async run({ url, tag: tags, ...input }, _io, rooms) {
    const options = { ...input, url: originOf(url), tags };
    const { join } = await rooms.join();
    return await join(options);
  },
});
