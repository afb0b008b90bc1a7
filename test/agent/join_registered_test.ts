import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { readConfig } from "../../core/agent/config.ts";
import { joinRegistered } from "../../core/agent/join_registered.ts";
import { NAME, PlainServer } from "./plain_server.ts";

interface Host {
  server: PlainServer;
  /** The on-premises file of a registered host. */
  file: string;
  conf: string;
  /** Answers the exit code, and what was printed and complained. */
  join(changes?: { url?: string; registered?: string }): Promise<[code: number, text: string]>;
}

async function withHost(play: (host: Host) => Promise<void>): Promise<void> {
  const server = await PlainServer.open();
  const file = join(server.directory, "codedeploy.onpremises.yml");
  copyFileSync(join(server.directory, "conf", "codedeploy.onpremises.yml"), file);
  const conf = join(server.directory, "new");
  try {
    await play({
      server,
      file,
      conf,
      async join(changes = {}) {
        let text = "";
        const write = process.stderr.write;
        process.stderr.write = (part: string | Uint8Array) => {
          text += String(part);
          return true;
        };
        try {
          const code = await joinRegistered({
            url: server.url,
            registered: file,
            configDir: conf,
            root: join(conf, "root"),
            print: (line) => text += `${line}\n`,
            ...changes,
          });
          return [code, text];
        } finally {
          process.stderr.write = write;
        }
      },
    });
  } finally {
    await server.close();
  }
}

test("a registered host pins the key that a joined one has, and keeps its own", async () => {
  await withHost(async ({ server, file, conf, join: pin }) => {
    const [code, text] = await pin();
    assert.equal(code, 0, text);
    assert.match(
      text,
      new RegExp(`^${NAME} trusts ${server.url}\nstart its agent: runtime agent `),
    );
    const own = join(conf, "codedeploy.onpremises.yml");
    assert.equal(readFileSync(own, "utf8"), readFileSync(file, "utf8"));
    assert.equal(statSync(own).mode & 0o777, 0o600);
    const [one, other] = await Promise.all(
      [server.config, join(conf, "codedeployagent.yml")].map((path) => readConfig(path)),
    );
    assert.ok(one?.serverPublicKey);
    assert.equal(other?.serverPublicKey, one.serverPublicKey);
    // The file may lie at its place already, and then nothing is in the way of doing it again.
    assert.equal((await pin({ registered: own }))[0], 0);
  });
});

test("a host whose keys are no longer good, or nobody's, is not given a key to trust", async () => {
  await withHost(async ({ server, conf, join: pin }) => {
    await server.api("DeregisterOnPremisesInstance", { instanceName: NAME });
    const [code, text] = await pin();
    assert.equal(code, 7);
    assert.match(text, /does not know this host as arn:aws:iam::.*\n.*UnrecognizedClientException/);
    assert.ok(!existsSync(join(conf, "codedeployagent.yml")));
  });
});

test("what is missing or in the way is told before the server is asked", async () => {
  await withHost(async ({ server, file, conf, join: pin }) => {
    server.calls.length = 0;
    const [missing, why] = await pin({ registered: `${file}.gone` });
    assert.deepEqual([missing, /\.gone is missing/.test(why)], [2, true], why);
    mkdirSync(conf, { recursive: true });
    const other = join(conf, "codedeploy.onpremises.yml");
    writeFileSync(other, "iam_user_arn: arn:somebody-else\n");
    const [taken, text] = await pin();
    assert.deepEqual([taken, /holds the keys of arn:somebody-else/.test(text)], [2, true], text);
    assert.equal(readFileSync(other, "utf8"), "iam_user_arn: arn:somebody-else\n");
    assert.deepEqual(server.calls, []);
  });
});

test("a server that does not answer is told as such", async () => {
  await withHost(async ({ join: pin }) => {
    const [code, text] = await pin({ url: "http://127.0.0.1:9" });
    assert.equal(code, 8, text);
    assert.match(text, /^The server cannot be reached\n {2}evidence {2}http:\/\/127\.0\.0\.1:9: /);
  });
});
