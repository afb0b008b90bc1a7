/**
 * A kept-alive connection over a raw socket: one request at a time, its answer to whoever asked. A
 * client that costs as much as the server would measure itself.
 * @module
 */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** `body` is read only when it is asked for: most answers are of no interest. */
export interface Answer {
  status: number;
  bodyBytes: number;
  body(): string;
}

export class Line {
  readonly #socket: Socket;
  /** False once the server has closed it, which it may while nothing is asked. */
  isOpen = true;
  #received: Buffer | undefined;
  #answered: ((answer: Answer) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Opens a connection; what breaks it while a request is under way is handed to `failed`. */
  static open(port: number, failed: (cause: Error) => void): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        const line = new Line(socket);
        socket.on("error", failed);
        socket.on("close", () => {
          line.isOpen = false;
          if (line.#answered) failed(new Error("the server closed a connection"));
        });
        socket.on("data", (chunk: Buffer) => line.#take(chunk));
        resolve(line);
      });
    });
  }

  /** Sends a whole request; the one before must have been answered. */
  ask(request: string | Uint8Array, answered: (answer: Answer) => void): void {
    this.#answered = answered;
    this.#socket.write(request);
  }

  close(): void {
    this.#answered = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const received = this.#received ? Buffer.concat([this.#received, chunk]) : chunk;
    const answer = wholeAnswer(received);
    this.#received = answer ? undefined : received;
    if (!answer) return;
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(answer);
  }
}

/** Undefined until the answer is whole. */
function wholeAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const bodyBytes = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? NaN);
  if (Number.isNaN(bodyBytes)) throw new Error(`an answer without a length: ${head}`);
  if (bytes.length < end + 4 + bodyBytes) return undefined;
  const body = () => bytes.toString("utf8", end + 4, end + 4 + bodyBytes);
  return { status: Number(head.slice(9, 12)), bodyBytes, body };
}
