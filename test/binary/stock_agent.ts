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

export interface StockOptions {
  /** `enable_auth_policy` */
  isSecure?: boolean;
  /** Another than belongs to the service. */
  signingName?: string;
  version?: string;
}

export class StockAgent {
  readonly arn: string;
  readonly #keyId: string;
  readonly #secret: string;
  readonly #region: string;
  readonly #url: string;
  readonly #isSecure: boolean;
  readonly #signingName: string;
  readonly #version: string;

  /** `onPremises` is the file that a join wrote. */
  constructor(url: string, onPremises: string, options: StockOptions = {}) {
    const text = readFileSync(onPremises, "utf8");
    const value = (key: string) =>
      new RegExp(`^${key}: *"?([^"\n]+)"?$`, "m").exec(text)?.[1] ?? "";
    this.arn = value("iam_user_arn");
    this.#keyId = value("aws_access_key_id");
    this.#secret = value("aws_secret_access_key");
    this.#region = value("region");
    this.#url = url;
    this.#isSecure = options.isSecure ?? false;
    this.#signingName = options.signingName ??
      (this.#isSecure ? "codedeploy-commands-secure" : "codedeploy-commands");
    this.#version = options.version ?? "OFFICIAL_1.8.1-1_deb";
  }

  /** One call; answers status and body. */
  async call(operation: string, input: Json): Promise<{ status: number; body: Json }> {
    const body = JSON.stringify(input);
    const prefix = this.#isSecure
      ? "CodeDeployCommandService"
      : "CodeDeployCommandService_v20141006";
    const headers = this.#signed("POST", "/", body, this.#signingName, {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-codedeploy-agent-version": this.#version,
      "x-amz-target": `${prefix}.${operation}`,
    });
    const response = await fetch(this.#url, { method: "POST", headers, body });
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
  }

  /** GET of a bundle from the server as `s3_endpoint_override`; answers status and bytes. */
  async bundle(bucket: string, key: string): Promise<{ status: number; bytes: number }> {
    const path = `/${bucket}/${key}`;
    const extra = { "x-amz-content-sha256": sha256("") };
    const headers = this.#signed("GET", path, "", "s3", extra);
    const response = await fetch(this.#url + path, { headers });
    return { status: response.status, bytes: (await response.arrayBuffer()).byteLength };
  }

  /** The headers with date and signature; `path` is of plain characters. */
  #signed(
    method: string,
    path: string,
    body: string,
    service: string,
    extra: Record<string, string>,
  ): Record<string, string> {
    const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
    const sent: Record<string, string> = { ...extra, "x-amz-date": stamp };
    const headers: Record<string, string> = { ...sent, host: new URL(this.#url).host };
    const names = Object.keys(headers).sort();
    const canonical = [
      ...[method, path, ""],
      ...names.map((name) => `${name}:${headers[name]}`),
      ...["", names.join(";"), sha256(body)],
    ].join("\n");
    const scope = `${stamp.slice(0, 8)}/${this.#region}/${service}/aws4_request`;
    const toSign = ["AWS4-HMAC-SHA256", stamp, scope, sha256(canonical)].join("\n");
    let key: string | Uint8Array = `AWS4${this.#secret}`;
    for (const part of scope.split("/")) key = hmac(key, part);
    const signature = createHmac("sha256", key).update(toSign).digest("hex");
    const authorization = `AWS4-HMAC-SHA256 Credential=${this.#keyId}/${scope}, ` +
      `SignedHeaders=${names.join(";")}, Signature=${signature}`;
    return { ...sent, authorization };
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
    const text = openssl(await this.envelope(command), "smime", "-verify", "-noverify");
    return JSON.parse(text);
  }

  /** The envelope itself. */
  async envelope(command: Command): Promise<string> {
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
    return GenericEnvelope.Payload;
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

/** What OpenSSL prints for an envelope in PEM; throws when it does not like it. */
export function openssl(pem: string, ...command: string[]): string {
  return execFileSync("openssl", [...command, "-inform", "PEM"], {
    input: pem,
    stdio: ["pipe", "pipe", "ignore"],
  }).toString();
}
