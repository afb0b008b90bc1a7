/** A small instance metadata service over real HTTP; what it knows is what the test gives it. @module */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

const TOKEN = "a-token";

export class MetadataServer {
  /** By path below /latest/; a missing one is 404. */
  readonly answers = new Map<string, string>([
    [
      "dynamic/instance-identity/document",
      JSON.stringify({ region: "eu-west-1", accountId: "111122223333", instanceId: "i-0abc" }),
    ],
    ["meta-data/services/partition", "aws"],
    ["meta-data/services/domain", "amazonaws.com"],
    ["meta-data/iam/security-credentials/", "web-role\n"],
  ]);
  /** `2` wants a token for every question, `1` gives none out. */
  version: 1 | 2 = 2;
  /** Paths that are never answered. */
  readonly silent = new Set<string>();
  /** The next question is told that its token is no longer good. */
  forgetToken = false;
  /** `METHOD path`, in order. */
  readonly asked: string[] = [];
  /** What the token was asked to be good for, in seconds. */
  ttl = "";
  url = "";
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (typeof address === "object" && address) this.url = `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Gives the role keys that end at this time. */
  giveKeys(name: string, expires: number): void {
    this.answers.set(
      "meta-data/iam/security-credentials/web-role",
      JSON.stringify({
        Code: "Success",
        AccessKeyId: `ASIA${name}`,
        SecretAccessKey: `s-${name}`,
        Token: `t-${name}`,
        Expiration: new Date(expires).toISOString(),
      }),
    );
  }

  #answer({ method, url = "", headers }: IncomingMessage, response: ServerResponse): void {
    const path = url.replace("/latest/", "");
    this.asked.push(`${method} ${path}`);
    if (this.silent.has(path)) return;
    const end = (status: number, text = "") => {
      response.statusCode = status;
      response.end(text);
    };
    if (path === "api/token") {
      if (this.version === 1) return end(404);
      if (method !== "PUT") return end(405);
      this.ttl = String(headers["x-aws-ec2-metadata-token-ttl-seconds"]);
      return end(200, TOKEN);
    }
    const known = headers["x-aws-ec2-metadata-token"] === TOKEN && !this.forgetToken;
    this.forgetToken = false;
    if (this.version === 2 && !known) return end(401);
    const text = this.answers.get(path);
    return text === undefined ? end(404) : end(200, text);
  }
}
