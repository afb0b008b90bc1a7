/** Reads an answer from stdin, line by line, without showing a secret on a terminal. @module */
import process from "node:process";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Question } from "./io.ts";

/** Lines that a pipe delivered together with an earlier one. */
const waiting: string[] = [];

/** The next line of stdin without its end; undefined when there is none. */
export async function readAnswer(question: Question): Promise<string | undefined> {
  const ready = waiting.shift();
  if (ready !== undefined) return ready;
  process.stderr.write(question.text);
  const terminal = process.stdin.isTTY === true;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: question.secret ? nowhere : process.stderr,
    terminal,
  });
  try {
    const answer = await new Promise<string | undefined>((resolve) => {
      lines.once("line", resolve);
      lines.once("close", () => resolve(undefined));
    });
    lines.on("line", (line) => waiting.push(line));
    return answer;
  } finally {
    lines.close();
    if (terminal && question.secret) process.stderr.write("\n");
  }
}
