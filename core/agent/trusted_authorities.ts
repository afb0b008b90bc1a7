/**
 * Authorities that this host trusts besides the usual ones: `:ca_file:`, and the variables that
 * OpenSSL, the AWS tools and Node know for the same purpose. Read once, at the start.
 * @module
 */
import { X509Certificate } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { AgentFailure, EXIT } from "./failure.ts";

const FILE_VARIABLES = [
  "SSL_CERT_FILE",
  "AWS_CA_BUNDLE",
  "AWS_SSL_CA_BUNDLE",
  "NODE_EXTRA_CA_CERTS",
];
const FOLDER_VARIABLE = "AWS_SSL_CA_DIRECTORY";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Certificates in PEM, each once. Throws AgentFailure naming the file and who named it. */
export async function trustedAuthorities(
  caFile: string | undefined,
  environment: Environment,
): Promise<string[]> {
  const named: [namer: string, file: string][] = caFile === undefined
    ? []
    : [[":ca_file:", caFile]];
  for (const variable of FILE_VARIABLES) {
    const file = environment[variable];
    if (file) named.push([variable, file]);
  }
  const found = new Set<string>();
  for (const [namer, file] of named) {
    for (const certificate of await certificatesIn(namer, file)) found.add(certificate);
  }
  const folder = environment[FOLDER_VARIABLE];
  for (const file of folder ? await filesIn(folder) : []) {
    for (const certificate of await readPem(FOLDER_VARIABLE, file)) found.add(certificate);
  }
  return [...found];
}

async function certificatesIn(namer: string, file: string): Promise<string[]> {
  const certificates = await readPem(namer, file);
  if (certificates.length > 0) return certificates;
  throw unusable(namer, file, "it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
}

async function readPem(namer: string, file: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw unusable(namer, file, cause instanceof Error ? cause.message : String(cause));
  }
  return [...text.matchAll(CERTIFICATE)].map(([pem], index) => {
    try {
      new X509Certificate(pem);
      return pem;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw unusable(namer, file, `its certificate number ${index + 1} is damaged: ${why}`);
    }
  });
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => join(folder, name));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unusable(FOLDER_VARIABLE, folder, why);
  }
}

function unusable(namer: string, file: string, evidence: string): AgentFailure {
  return new AgentFailure({
    exitCode: EXIT.usage,
    cause: `The authorities to trust, ${namer} ${file}, cannot be used`,
    evidence,
    state: "the agent has not started",
    next: `name a PEM file of certificates by ${namer}, or remove it`,
  });
}
