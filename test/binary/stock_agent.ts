/**
 * A client that speaks the command protocol as AWS's own agent does, byte by byte, and shares no code
 * with ours: its own signature, its own JSON, its own reading of the envelope.
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

type Json = Record<string, unknown>;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Uint8Array, text: string) =>
  createHmac("sha256", key).update(text).digest();

export interface Command {
  HostCommandIdentifier: string;
  HostIdentifier: string;
  DeploymentExecutionId: string;
  CommandName: string;
  Nonce: number;
}

export class StockAgent {
  readonly arn: string;
  readonly #keyId: string;
  readonly #secret: string;
  readonly #region: string;
  readonly #url: string;
  readonly #isSecure: boolean;

  /** `onPremises` is the file that a join wrote. */
  constructor(url: string, onPremises: string, options: { isSecure?: boolean } = {}) {
    const text = readFileSync(onPremises, "utf8");
    const value = (key: string) =>
      new RegExp(`^${key}: *"?([^"\n]+)"?$`, "m").exec(text)?.[1] ?? "";
    this.arn = value("iam_user_arn");
    this.#keyId = value("aws_access_key_id");
    this.#secret = value("aws_secret_access_key");
    this.#region = value("region");
    this.#url = url;
    this.#isSecure = options.isSecure ?? false;
  }

  /** One call; answers status and body. */
  async call(operation: string, input: Json): Promise<{ status: number; body: Json }> {
    const body = JSON.stringify(input);
    const prefix = this.#isSecure
      ? "CodeDeployCommandService"
      : "CodeDeployCommandService_v20141006";
    const service = this.#isSecure ? "codedeploy-commands-secure" : "codedeploy-commands";
    const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
    const headers: Record<string, string> = {
      "content-type": "application/x-amz-json-1.1",
      host: new URL(this.#url).host,
      "x-amz-codedeploy-agent-version": "OFFICIAL_1.8.1-1_deb",
      "x-amz-date": stamp,
      "x-amz-target": `${prefix}.${operation}`,
    };
    const names = Object.keys(headers).sort();
    const canonical = [
      ...["POST", "/", ""],
      ...names.map((name) => `${name}:${headers[name]}`),
      ...["", names.join(";"), sha256(body)],
    ].join("\n");
    const scope = `${stamp.slice(0, 8)}/${this.#region}/${service}/aws4_request`;
    const toSign = ["AWS4-HMAC-SHA256", stamp, scope, sha256(canonical)].join("\n");
    let key: string | Uint8Array = `AWS4${this.#secret}`;
    for (const part of scope.split("/")) key = hmac(key, part);
    const signature = createHmac("sha256", key).update(toSign).digest("hex");
    headers["authorization"] = `AWS4-HMAC-SHA256 Credential=${this.#keyId}/${scope}, ` +
      `SignedHeaders=${names.join(";")}, Signature=${signature}`;
    delete headers["host"];
    const response = await fetch(this.#url, { method: "POST", headers, body });
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
  }

  async poll(): Promise<Command | undefined> {
    const { status, body } = await this.call("PollHostCommand", { HostIdentifier: this.arn });
    assert.equal(status, 200, JSON.stringify(body));
    const command = body["HostCommand"] as Command | undefined; // because the test reads it as the agent does
    if (command) {
      assert.ok(this.arn.includes(command.HostIdentifier));
      assert.match(command.DeploymentExecutionId, /^[^/]+\/[^/]+\/[^/]+\/.+$/);
      assert.ok(command.DeploymentExecutionId.length <= 129);
    }
    return command;
  }

  /** The specification inside the envelope, whose signature OpenSSL has checked. */
  async specification(command: Command): Promise<Json> {
    const { status, body } = await this.call("GetDeploymentSpecification", {
      DeploymentExecutionId: command.DeploymentExecutionId,
      HostIdentifier: this.arn,
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body["DeploymentSystem"], "CodeDeploy");
    const { GenericEnvelope } = body["DeploymentSpecification"] as {
      GenericEnvelope: { Format: string; Payload: string };
    }; // because the test reads it as the agent does
    assert.equal(GenericEnvelope.Format, "PKCS7/JSON");
    const text = execFileSync("openssl", ["smime", "-verify", "-noverify", "-inform", "PEM"], {
      input: GenericEnvelope.Payload,
      stdio: ["pipe", "pipe", "ignore"],
    });
    return JSON.parse(text.toString());
  }

  acknowledge(command: Command, isNoop: boolean) {
    return this.call("PutHostCommandAcknowledgement", {
      HostCommandIdentifier: command.HostCommandIdentifier,
      Diagnostics: { Format: "JSON", Payload: JSON.stringify({ IsCommandNoop: isNoop }) },
    });
  }

  complete(command: Command, diagnostics: Json) {
    return this.call("PutHostCommandComplete", {
      HostCommandIdentifier: command.HostCommandIdentifier,
      CommandStatus: diagnostics["error_code"] === 0 ? "Succeeded" : "Failed",
      Diagnostics: { Format: "JSON", Payload: JSON.stringify(diagnostics) },
    });
  }
}
