/**
 * `runtime api`: any operation of CodeDeploy, and those that only this server has, by name. Which
 * there are and what they take is asked from the server, so that no list here can be out of date.
 * @module
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { callJson } from "../wire/aws_json.ts";
import { DescribeOperationsOutput, type OperationDescription } from "../wire/runtime_api.ts";
import { type Api, openApi, SIGNING_NAME, unlessRefused } from "./api.ts";
import { asFailure } from "./api_failure.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { operationInput } from "./operation_input.ts";
import { membersOf } from "./operation_members.ts";
import { describeText, listText } from "./operation_text.ts";
import { suggestion } from "../domain/similar.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

export default verb({
  summary: "Call any operation of the API, or list what there is",
  arguments: [
    ["[operation]", "its name, as GetDeployment; without one all are listed"],
    ["[value...]", "member=value of the input; a dot goes deeper, a list grows by each"],
  ],
  flags: [
    { flags: "--input <json>", text: "the input as JSON, @FILE, or - for stdin" },
    { flags: "--members", text: "call nothing; show input, output and errors of the operation" },
    URL_FLAG,
    JSON_FLAG,
  ],
  examples: [
    "runtime api",
    "runtime api CreateApplication --members",
    "runtime api CreateApplication applicationName=shop",
    'runtime api GetDeployment --input \'{"deploymentId": "d-7H2K9QX4M"}\' --json',
  ],
  input: z.object({
    ...CLIENT_INPUT,
    operation: z.string().exactOptional(),
    input: z.string().exactOptional(),
    members: z.boolean().default(false),
    value: z.array(z.string()).default([]),
  }),
  async run({ operation, input, members, value, json, ...given }, io) {
    const api = await openApi(io, given);
    if (operation === undefined) return await list(api, io, json);
    const described = await describe(api, operation);
    if (members) {
      io.stdout.write(json ? jsonLine(described) : describeText(described));
      return EXIT.done;
    }
    const asked = operationInput({
      operation,
      members: membersOf(described.input),
      words: value,
      ...(input !== undefined && { json: await inputText(io, input) }),
    });
    const target = described.targetPrefix + described.name;
    const call = { target, service: SIGNING_NAME, input: asked };
    const answer = await callJson(api.connection, call).catch((error) => {
      throw asFailure(error, [`runtime api ${operation} --members`]);
    });
    io.stdout.write(json ? jsonLine(answer) : `${JSON.stringify(answer, null, 2)}\n`);
    return EXIT.done;
  },
});

async function list(api: Api, io: Io, json: boolean): Promise<number> {
  const all = await api.runtime("DescribeOperations", {}, DescribeOperationsOutput);
  io.stdout.write(json ? jsonLine(all) : listText(all.operations, io.stdout.columns ?? Infinity));
  return EXIT.done;
}

/** Asks for one operation; when there is none, for all, to say which may have been meant. */
async function describe(api: Api, name: string): Promise<OperationDescription> {
  const one = await unlessRefused(
    "InvalidInputException",
    api.runtime("DescribeOperations", { operationNames: [name] }, DescribeOperationsOutput),
  );
  const [described] = one?.operations ?? [];
  if (described) return described;
  const all = await api.runtime("DescribeOperations", {}, DescribeOperationsOutput);
  const names = all.operations.map((operation) => operation.name);
  throw usageFailure(`${api.connection.url} has no operation ${name}`, suggestion(name, names), [
    "runtime api",
  ]);
}

async function inputText(io: Io, given: string): Promise<{ text: string; source: string }> {
  if (given === "-") return { text: await io.readAll(), source: "stdin" };
  if (!given.startsWith("@")) return { text: given, source: "--input" };
  const path = resolve(io.cwd, given.slice(1));
  try {
    return { text: await readFile(path, "utf8"), source: path };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw usageFailure(`The input cannot be read from ${path}`, [reason], [`ls -l ${path}`]);
  }
}
