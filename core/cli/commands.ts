/**
 * Verbs as commander's commands: parsing, help and "did you mean" are commander's, the wording of a
 * refusal is ours.
 * @module
 */
import { Command, CommanderError, Option } from "commander";
import { VERSION } from "../wire/version.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import type { Rooms } from "./rooms.ts";
import type { Flag, Verb } from "./verb.ts";
import { FAMILIES, verbOf, VERBS } from "./verbs.ts";

interface Run {
  io: Io;
  rooms: Rooms;
  exitCode: number;
}

/** Parses and runs one command. Throws `Failure` when it is not understood. */
export async function runVerb(argv: readonly string[], io: Io, rooms: Rooms): Promise<number> {
  const words = argv[0] === "help" ? helpWords(argv.slice(1)) : [...argv];
  const run: Run = { io, rooms, exitCode: EXIT.done };
  const complaints: string[] = [];
  const program = await programFor(words, run, complaints);
  if (words.length === 0) {
    io.stderr.write(program.helpInformation());
    return EXIT.usage;
  }
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    if (error.code === "commander.help") return EXIT.usage; // a family's name alone: help was shown
    throw refusal(complaints.join(""), words);
  }
  return run.exitCode;
}

/**
 * `help` as the arguments that show it. commander explains the whole program when `--help` follows a
 * word it does not know; without it, the word is refused with a suggestion, and nothing can run.
 */
function helpWords(asked: readonly string[]): string[] {
  if (asked.length === 0 || asked.join(" ") === "help") return ["--help"];
  const family = asked.length === 1 && FAMILIES.has(asked.join(" "));
  return verbOf(asked) !== undefined || family ? [...asked, "--help"] : [...asked];
}

/** A known verb is loaded alone; otherwise all are, for the overview and for suggestions. */
async function programFor(words: readonly string[], run: Run, complaints: string[]) {
  const program = new Command("runtime")
    .description("Deploy to your own hosts the way AWS CodeDeploy does")
    .version(VERSION, "--version", "print the version")
    .helpCommand("help [verb]", "explain a verb")
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => void run.io.stdout.write(text),
      writeErr: (text) => void run.io.stderr.write(text),
      outputError: (text) => void complaints.push(text),
      getOutHelpWidth: () => run.io.stdout.columns ?? 100,
      getErrHelpWidth: () => run.io.stderr.columns ?? 100,
    });
  const known = verbOf(words);
  const help = words.includes("--help") || words.includes("-h");
  for (const [name, load] of VERBS) {
    const wanted = known === undefined || name === known || (help && name.startsWith(`${known} `));
    if (wanted) addVerb(program, name, (await load()).default, run);
  }
  return program;
}

function addVerb(program: Command, name: string, verb: Verb, run: Run): void {
  const [first = name, second] = name.split(" ");
  let command = program.commands.find((one) => one.name() === first);
  command ??= program.command(first).description(FAMILIES.get(first) ?? "");
  if (second !== undefined) command = command.command(second);
  command.description(verb.summary);
  for (const [argument, text] of verb.arguments) command.argument(argument, text);
  for (const flag of verb.flags) command.addOption(optionOf(flag));
  const examples = verb.examples.map((line) => `  ${line}\n`).join("");
  command.addHelpText("after", `\nExample${verb.examples.length > 1 ? "s" : ""}:\n${examples}`);
  const self = command;
  command.action(async () => {
    const raw: Record<string, unknown> = { ...self.opts() };
    self.registeredArguments.forEach((argument, index) => {
      const value: unknown = self.processedArgs[index];
      if (value !== undefined) raw[argument.name()] = value;
    });
    run.exitCode = await verb.run(raw, run.io, run.rooms);
  });
}

function optionOf(flag: Flag): Option {
  const option = new Option(flag.flags, flag.text);
  if (flag.value !== undefined) option.default(flag.value);
  if (flag.repeated) {
    option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  }
  return option;
}

/** commander's complaint, which ends with its suggestion, in our four parts. */
function refusal(complaint: string, words: readonly string[]) {
  const [first = "", ...rest] = complaint.trim().split("\n");
  const cause = first.replace(/^error: /, "");
  const verb = verbOf(words);
  return usageFailure(
    `runtime: ${cause}`,
    rest.map((line) => line.replace(/^\((.*)\)$/, "$1")),
    [verb === undefined ? "runtime help" : `runtime help ${verb}`],
  );
}
