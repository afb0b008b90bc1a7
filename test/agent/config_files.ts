/** The agent's two files in a folder of their own, for a test; the folder is gone afterwards. @module */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const KEY =
  ":server_public_key: |\n  -----BEGIN PUBLIC KEY-----\n  x\n  -----END PUBLIC KEY-----\n";
export const AGENT = `:deploy_control_endpoint: http://server:1\n${KEY}`;
export const USER = "iam_user_arn: arn:aws:iam::1:user/AWS/CodeDeploy/web-01\nregion: us-east-1\n" +
  "aws_access_key_id: AKIA\naws_secret_access_key: s\n";

/** Of a host that no metadata service answers. */
export const NO_IMDS = { AWS_EC2_METADATA_DISABLED: "true" };

export interface Files {
  agent?: string | undefined;
  onPremises?: string | undefined;
  credentials?: string | undefined;
}

/**
 * Runs with the files; undefined leaves one out. `FOLDER` in the texts is the folder. The key that
 * names the on-premises file stands in the first line of the agent's.
 */
export async function withFiles<Result>(
  files: Files,
  play: (agentFile: string, folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "config-"));
  const put = async (name: string, text: string | undefined) => {
    if (text !== undefined) {
      await writeFile(join(folder, name), text.replaceAll("FOLDER", folder));
    }
  };
  try {
    const { agent, onPremises, credentials } = files;
    await put("onpremises.yml", onPremises);
    await put("credentials", credentials);
    const first = ":on_premises_config_file: FOLDER/onpremises.yml\n";
    await put("agent.yml", agent === undefined ? undefined : first + agent);
    return await play(join(folder, "agent.yml"), folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
