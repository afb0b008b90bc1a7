/** `runtime agent join`: makes this host one of a server's. @module */
import { z } from "zod";
import { Name } from "../domain/name.ts";
import { originOf } from "./connection.ts";
import { usageFailure } from "./failure.ts";
import { TagArgument } from "./tag_argument.ts";
import { verb } from "./verb.ts";

export default verb({
  summary: "Join this host to a server",
  arguments: [["<url>", "the server"]],
  flags: [
    { flags: "--token <token>", text: "from `runtime token create`" },
    { flags: "--name <name>", text: "how the host is called" },
    {
      flags: "--registered <file>",
      text: "instead: the codedeploy.onpremises.yml of a host that is registered already",
    },
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
    "runtime agent join https://deploy.example.com --registered codedeploy.onpremises.yml",
  ],
  input: z.object({
    url: z.string(),
    token: z.string().exactOptional(),
    name: Name.exactOptional(),
    registered: z.string().min(1, "a file is wanted").exactOptional(),
    tag: z.array(TagArgument).default([]),
    configDir: z.string(),
    root: z.string(),
    installRoot: z.string().exactOptional(),
  }),
  async run({ url: given, tag: tags, token, name, registered, ...places }, _io, rooms) {
    const url = originOf(given);
    if (registered !== undefined) {
      if (token !== undefined || name !== undefined || tags.length > 0) throw alreadyRegistered();
      const { joinRegistered } = await rooms.joinRegistered();
      return await joinRegistered({ ...places, url, registered });
    }
    if (token === undefined || name === undefined) throw tokenAndName();
    const { join } = await rooms.join();
    return await join({ ...places, url, token, name, tags });
  },
});

function alreadyRegistered() {
  return usageFailure("A registered host has its name, tags and keys already", [
    "--registered was given together with --token, --name or --tag",
  ], ["runtime agent join URL --registered codedeploy.onpremises.yml"]);
}

function tokenAndName() {
  return usageFailure("A host joins with a token and a name", [
    "--token and --name are needed, or --registered",
  ], ["runtime token create", "runtime agent join URL --token T --name web-1"]);
}
