/** Reads an answer from stdin, line by line, without showing a secret on a terminal. @module */
import process from "node:process";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Question } from "./io.ts";

/** Lines that a pipe delivered together with an earlier one. */
const waiting: string[] = [];

/** The next line of stdin without its end; undefined when there is none. */
export async function readAnswer(question: Question): Promise<string | undefined> {
  process.stderr.write(question.text);
  const ready = waiting.shift();
  if (ready !== undefined) return ready;
  const terminal = process.stdin.isTTY === true;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: question.secret ? nowhere : process.stderr,
    terminal,
  });
  const answer = await new Promise<string | undefined>((resolve) => {
    let first = true;
    lines.on("line", (line) => {
      if (!first) return void waiting.push(line);
      first = false;
      resolve(line);
      lines.close(); // lines of the same piece still arrive
    });
    lines.once("close", () => resolve(undefined));
  });
  if (terminal && question.secret) process.stderr.write("\n");
  return answer;
}
