/** Events on their way into files and to web addresses: real files, real sockets. @module */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DeliveryFailure } from "../../core/delivery/destination.ts";
import { appendEvent } from "../../core/delivery/file_receiver.ts";
import { type EventPost, postEvent } from "../../core/delivery/http_receiver.ts";
import { EventReceiver } from "../../core/domain/event_target.ts";
import { VERSION } from "../../core/wire/version.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "receivers-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("a file gets a line for each event, goes on after it was rotated, and mends a torn line", () =>
  inFolder(async (folder) => {
    const file = join(folder, "sub/events.jsonl");
    await appendEvent(folder, "sub/events.jsonl", '{"n":1}');
    await appendEvent(folder, "sub/events.jsonl", '{"n":2}');
    assert.equal(readFileSync(file, "utf8"), '{"n":1}\n{"n":2}\n');
    renameSync(file, `${file}.1`);
    await appendEvent(folder, "sub/events.jsonl", '{"n":3}');
    assert.equal(readFileSync(file, "utf8"), '{"n":3}\n');
    writeFileSync(file, '{"n":3}\n{"n":');
    await appendEvent(folder, "sub/events.jsonl", '{"n":4}');
    assert.equal(readFileSync(file, "utf8"), '{"n":3}\n{"n":\n{"n":4}\n');
  }));

test("many events at once are as many whole lines", () =>
  inFolder(async (folder) => {
    const lines = Array.from(
      { length: 50 },
      (_, n) => JSON.stringify({ n, pad: "x".repeat(9000) }),
    );
    await Promise.all(lines.map((line) => appendEvent(folder, "events.jsonl", line)));
    const found = readFileSync(join(folder, "events.jsonl"), "utf8").trimEnd().split("\n");
    assert.deepEqual(found.sort(), lines.sort());
  }));

test("a link in the file's place is not followed", () =>
  inFolder(async (folder) => {
    const outside = join(folder, "outside.txt");
    writeFileSync(outside, "mine\n");
    mkdirSync(join(folder, "events"));
    symlinkSync(outside, join(folder, "events/events.jsonl"));
    await assert.rejects(appendEvent(join(folder, "events"), "events.jsonl", "{}"), /ELOOP/);
    assert.equal(readFileSync(outside, "utf8"), "mine\n");
  }));

test("a link in a folder's place is not followed, not even to make a folder", () =>
  inFolder(async (folder) => {
    const outside = join(folder, "outside");
    mkdirSync(outside);
    mkdirSync(join(folder, "events"));
    symlinkSync(outside, join(folder, "events/shop"));
    for (const path of ["shop/events.jsonl", "shop/prod/events.jsonl"]) {
      await assert.rejects(appendEvent(join(folder, "events"), path, "{}"), /shop is not a folder/);
    }
    assert.deepEqual(readdirSync(outside), []);
  }));

test("a pipe in the file's place holds nothing up", () =>
  inFolder(async (folder) => {
    execFileSync("mkfifo", [join(folder, "events.jsonl")]);
    await assert.rejects(appendEvent(folder, "events.jsonl", "{}"), /ENXIO/);
  }));

const paths: [path: string, good: boolean][] = [
  ["events.jsonl", true],
  ["shop/prod-1/events.jsonl", true],
  ["/etc/cron.d/x", false],
  ["../runtime.db", false],
  ["a/../../runtime.db", false],
  ["a//b", false],
  [".hidden", false],
  ["a/.ssh/keys", false],
  ["", false],
  ["a\0b", false],
  ["a\nb", false],
];
for (const [path, good] of paths) {
  test(`the path ${JSON.stringify(path)} of a file target is ${good ? "taken" : "refused"}`, () => {
    assert.equal(EventReceiver.safeParse({ kind: "file", path }).success, good);
  });
}

const urls: [url: string, good: boolean][] = [
  ["https://hooks.example.com/x?y=1", true],
  ["http://10.0.0.7:8080/", true],
  ["ftp://example.com/", false],
  ["file:///etc/passwd", false],
  ["https://user:password@example.com/", false],
  ["example.com", false],
];
for (const [url, good] of urls) {
  test(`the address ${url} is ${good ? "taken" : "refused"}`, () => {
    assert.equal(EventReceiver.safeParse({ kind: "http", url }).success, good);
  });
}

interface Heard {
  method: string | undefined;
  headers: IncomingMessage["headers"];
  body: string;
}

/** A receiver that answers as told; `post` sends it an event. */
async function withReceiver(
  answer: (response: ServerResponse) => void,
  body: (
    post: (given?: Partial<EventPost["receiver"]>, signal?: AbortSignal) => Promise<void>,
    heard: Heard[],
    secrets: string,
  ) => Promise<void>,
): Promise<void> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (piece: string) => text += piece);
    request.on("end", () => {
      heard.push({ method: request.method, headers: request.headers, body: text });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // because it listens on a port
  try {
    await inFolder((secretsFolder) =>
      body(
        (given, signal = AbortSignal.timeout(5_000)) => {
          const url = `http://127.0.0.1:${port}/hook`;
          const receiver = { kind: "http", url, ...given } as const;
          const post = { receiver, id: "9071bb8f", body: '{"id":"9071bb8f"}' };
          return postEvent(post, { fetch, secretsFolder }, signal);
        },
        heard,
        secretsFolder,
      )
    );
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("an event is a POST of JSON that says who sends it, which one it is, and the secret", () =>
  withReceiver((response) => response.writeHead(204).end(), async (post, heard, secrets) => {
    writeFileSync(join(secrets, "hook-token"), "Bearer s3cret\n");
    await post({ header: { name: "Authorization", secret: "hook-token" } });
    const [one] = heard;
    assert.equal(one?.method, "POST");
    assert.equal(one?.body, '{"id":"9071bb8f"}');
    assert.equal(one?.headers["content-type"], "application/json");
    assert.equal(one?.headers["user-agent"], `runtime/${VERSION}`);
    assert.equal(one?.headers["idempotency-key"], "9071bb8f");
    assert.equal(one?.headers["authorization"], "Bearer s3cret");
  }));

test("a secret that is not there is named, and nothing is sent without it", () =>
  withReceiver((response) => response.end(), async (post, heard) => {
    await assert.rejects(post({ header: { name: "X-Token", secret: "gone" } }), (error) => {
      assert.ok(error instanceof DeliveryFailure);
      assert.match(
        error.message,
        /^the secret gone for the header X-Token cannot be read: .*ENOENT/,
      );
      return true;
    });
    assert.deepEqual(heard, []);
  }));

for (const content of ["s3cret\nsecond line", "s3cret\u2713", "\n"]) {
  test(`a secret that no header can hold is not sent and not told: ${JSON.stringify(content)}`, () =>
    withReceiver((response) => response.end(), async (post, heard, secrets) => {
      writeFileSync(join(secrets, "hook-token"), content);
      await assert.rejects(post({ header: { name: "X-Token", secret: "hook-token" } }), (error) => {
        assert.ok(error instanceof DeliveryFailure);
        assert.match(
          error.message,
          /^the secret hook-token for the header X-Token must be one line/,
        );
        assert.doesNotMatch(String(error.cause) + error.message, /s3cret/);
        return true;
      });
      assert.deepEqual(heard, []);
    }));
}

const answers: [rule: string, status: number, headers: Record<string, string>, message: RegExp][] =
  [
    ["an error with its text", 500, {}, /^http\S+ answered 500: the disk is full$/],
    ["a refusal", 404, {}, /^http\S+ answered 404: the disk is full$/],
    [
      "a redirect, which is not followed",
      307,
      { location: "http://169.254.169.254/" },
      /^http\S+ answered 307 to http:\/\/169\.254\.169\.254\/, and redirects are not followed/,
    ],
  ];
for (const [rule, status, headers, message] of answers) {
  test(`a failure tells of ${rule}`, () =>
    withReceiver(
      (response) => response.writeHead(status, headers).end("the disk\r\n is full\n"),
      async (post, heard) => {
        await assert.rejects(post(), (error) => {
          assert.ok(error instanceof DeliveryFailure);
          assert.match(error.message, message);
          assert.equal(error.next, "again");
          return true;
        });
        assert.equal(heard.length, 1);
      },
    ));
}

test("a receiver that asks to be left alone says for how long", () =>
  withReceiver(
    (response) => response.writeHead(429, { "retry-after": "7" }).end(),
    async (post) => {
      await assert.rejects(post(), (error) => {
        assert.ok(error instanceof DeliveryFailure);
        assert.equal(error.wait, 7_000);
        return true;
      });
    },
  ));

test("an answer that never ends is read for its beginning only", () =>
  withReceiver((response) => {
    response.writeHead(500);
    const timer = setInterval(() => response.write("no ".repeat(1000)), 5);
    response.on("close", () => clearInterval(timer));
  }, async (post) => {
    await assert.rejects(post(), /answered 500: (no ){60}/);
  }));

test("a receiver that takes and never answers is let go when its time is over", () =>
  withReceiver(() => {}, async (post, heard) => {
    await assert.rejects(post({}, AbortSignal.timeout(100)), DeliveryFailure);
    assert.equal(heard.length, 1);
  }));

test("a failure shows no password of its address", () =>
  withReceiver((response) => response.writeHead(500).end(), async (post, heard) => {
    const url = (secret: string) => (address: string) => address.replace("://", `://me:${secret}@`);
    let address = "";
    await assert.rejects(post(), (error) => {
      address = /^(http\S+) answered/.exec(String((error as Error).message))?.[1] ?? ""; // because a DeliveryFailure is an Error
      return true;
    });
    await assert.rejects(post({ url: url("s3cret")(address) }), (error) => {
      assert.ok(error instanceof DeliveryFailure);
      assert.equal(error.message, `${url("****")(address)} answered 500`);
      return true;
    });
    assert.match(heard[1]?.headers["authorization"] ?? "", /^Basic /);
  }));

test("nobody who listens is a failure with the reason", async () => {
  const receiver = { kind: "http", url: "http://127.0.0.1:1/hook" } as const;
  await inFolder((secretsFolder) =>
    assert.rejects(
      postEvent(
        { receiver, id: "1", body: "{}" },
        { fetch, secretsFolder },
        AbortSignal.timeout(5_000),
      ),
      (error) => error instanceof DeliveryFailure && /127\.0\.0\.1:1\/hook: ./.test(error.message),
    )
  );
});
