/**
 * The instance metadata service of an EC2 instance, version 2: every question carries a token that a
 * PUT gave out. Asked with `node:http`, which knows no proxy: what a proxy answers is of the proxy's
 * own instance.
 * @module
 */
import { request } from "node:http";
import { clearTimeout, setTimeout } from "node:timers";

const DEFAULT_ENDPOINT = "http://169.254.169.254";
/** Seconds a token is good for; the service allows no more. */
const TOKEN_SECONDS = 21_600;
/** Milliseconds before its end in which a token is no longer used. */
const TOKEN_MARGIN = 60_000;
/** Milliseconds for one answer. The service is on this very machine's host. */
const ANSWER_WITHIN = 2_000;
/** Tries before an answer that does not come counts as none: the service may be busy at boot. */
const TRIES = 2;

export interface ImdsOptions {
  /** AWS_EC2_METADATA_SERVICE_ENDPOINT, as the SDKs know it. */
  endpoint?: string | undefined;
  /** Never ask without a token (disable_imds_v1). */
  tokenOnly: boolean;
  /** Milliseconds; other than usual in tests. */
  answerWithin?: number;
}

/** Nobody answers as an instance metadata service. */
export class NoImds extends Error {
  override readonly name = "NoImds";
}

/** It answers, but has nothing under this path. */
export class NotInImds extends Error {
  override readonly name = "NotInImds";
}

interface Answer {
  status: number;
  text: string;
}

export class Imds {
  readonly url: string;
  readonly #tokenOnly: boolean;
  readonly #answerWithin: number;
  #token: { text: string | undefined; until: number } | undefined;

  constructor(options: ImdsOptions) {
    this.url = (options.endpoint ?? DEFAULT_ENDPOINT).replace(/\/$/, "");
    this.#tokenOnly = options.tokenOnly;
    this.#answerWithin = options.answerWithin ?? ANSWER_WITHIN;
  }

  /** The text below `/latest/`. Throws NoImds, NotInImds. */
  async get(path: string): Promise<string> {
    const first = await this.#ask(path);
    // 401: the token is no longer good, for example after the instance was started from an image.
    if (first.status === 401) this.#token = undefined;
    const { status, text } = first.status === 401 ? await this.#ask(path) : first;
    if (status === 404) throw new NotInImds(`${this.url}/latest/${path} is not there`);
    if (status !== 200) throw new NoImds(`${this.url}/latest/${path} answered HTTP ${status}`);
    return text.trim();
  }

  async #ask(path: string): Promise<Answer> {
    const token = await this.#validToken();
    const headers = token === undefined ? {} : { "x-aws-ec2-metadata-token": token };
    return await this.#send("GET", path, headers);
  }

  /** A token; undefined where only version 1 is spoken. */
  async #validToken(): Promise<string | undefined> {
    if (this.#token && Date.now() < this.#token.until) return this.#token.text;
    const until = Date.now() + TOKEN_SECONDS * 1000 - TOKEN_MARGIN;
    const headers = { "x-aws-ec2-metadata-token-ttl-seconds": String(TOKEN_SECONDS) };
    const text = await this.#tokenOf(headers);
    this.#token = { text, until };
    return text;
  }

  async #tokenOf(headers: Record<string, string>): Promise<string | undefined> {
    try {
      const { status, text } = await this.#send("PUT", "api/token", headers);
      if (status === 200) return text.trim();
      throw new NoImds(`${this.url} gives out no token: HTTP ${status}`);
    } catch (error) {
      if (!(error instanceof NoImds) || this.#tokenOnly || refused(error)) throw error;
      // Version 1: no token at all, or its answer is lost on the hop into a container.
      return undefined;
    }
  }

  async #send(method: string, path: string, headers: Record<string, string>): Promise<Answer> {
    for (let tries = 1;; tries++) {
      try {
        const answer = await this.#once(method, path, headers);
        if (answer.status < 500 || tries === TRIES) return answer;
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        const failure = new NoImds(`${this.url}: ${why}`, { cause });
        if (tries === TRIES || refused(failure)) throw failure;
      }
    }
  }

  #once(method: string, path: string, headers: Record<string, string>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const url = new URL(`${this.url}/latest/${path}`).href;
      const asked = request(url, { method, headers, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => text += part);
        response.on("error", reject);
        response.on("end", () => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, text });
        });
      });
      const timer = setTimeout(
        () => asked.destroy(new Error(`no answer within ${this.#answerWithin / 1000} seconds`)),
        this.#answerWithin,
      );
      asked.on("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
      asked.end();
    });
  }
}

/** There is nothing at that address; asking again is of no use. */
function refused({ cause }: Error): boolean {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"].includes(code);
}
