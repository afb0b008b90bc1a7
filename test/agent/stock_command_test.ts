/** Our agent against a server that speaks CodeDeploy's protocol and no more (spec 12.2). @module */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { IN_PLACE_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { type Call, type PlainServer, withPlainServer } from "./plain_server.ts";
import { until } from "./stage.ts";

const HOOKS = ["ApplicationStop", "BeforeInstall", "AfterInstall", "ApplicationStart"] as const;

/** A revision whose hooks leave `EVENT NAME` in a file; `then` adds lines to a script. */
function revision(
  { directory }: PlainServer,
  name: string,
  then: Partial<Record<typeof HOOKS[number], string>> = {},
): Record<string, string> {
  const hooks = HOOKS.map((event) =>
    `  ${event}:\n    - location: ${event}.sh\n      timeout: 60\n`
  );
  const files: Record<string, string> = {
    "appspec.yml":
      `version: 0.0\nos: linux\nfiles:\n  - source: app.txt\n    destination: /srv\nhooks:\n${
        hooks.join("")
      }`,
    "app.txt": name,
  };
  for (const event of HOOKS) {
    const trace = `echo "${event} ${name}" >>${directory}/trace`;
    files[`${event}.sh`] = `#!/bin/sh\n${trace}\n${then[event] ?? ""}\n`;
  }
  return files;
}

function trace({ directory }: PlainServer): string[] {
  const file = join(directory, "trace");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

const said = ({ input }: Call) => JSON.parse(input.Diagnostics.Payload);
const eventOf = ({ input }: Call) => String(input.HostCommandIdentifier).split("/").at(-1);

for (const isSecure of [false, true]) {
  const how = isSecure ? "CodeDeployCommandService" : "CodeDeployCommandService_v20141006";
  test(`spec 12.1 enable_auth_policy ${isSecure}: a whole deployment by ${how}`, async () => {
    await withPlainServer(async (server) => {
      await server.pin();
      if (isSecure) server.configure("enable_auth_policy", true);
      await server.start();
      const first = await server.ended(await server.deploy("v1", revision(server, "v1")));
      assert.equal(first.status, "Succeeded", first.message);
      const second = await server.ended(await server.deploy("v2", revision(server, "v2")));
      assert.equal(second.status, "Succeeded", second.message);
      assert.deepEqual(second.events.map((event) => event.lifecycleEventName), IN_PLACE_EVENTS);
      assert.deepEqual(trace(server), [
        ...["BeforeInstall v1", "AfterInstall v1", "ApplicationStart v1"],
        ...["ApplicationStop v1", "BeforeInstall v2", "AfterInstall v2", "ApplicationStart v2"],
      ]);
      assert.equal(readFileSync(join(server.directory, "fs/srv/app.txt"), "utf8"), "v2");
      assert.ok(server.calls.every(({ target }) => target.startsWith(`${how}.`)));
      assert.equal(server.heard("PostHostCommandUpdate").length, 0, "never called by AWS's agent");
      // The no-op logic: nothing to stop at first, and no script for ValidateService.
      const acks = server.heard("PutHostCommandAcknowledgement");
      assert.deepEqual(acks.filter((ack) => said(ack).IsCommandNoop).map(eventOf), [
        ...["ApplicationStop", "ValidateService", "ValidateService"],
      ]);
      assert.equal(acks.length, 14);
      const ends = server.heard("PutHostCommandComplete");
      assert.equal(ends.length, 11, "what was over with its acknowledgement is not ended again");
      for (const end of ends) {
        assert.deepEqual(Object.keys(said(end)), ["error_code", "script_name", "message", "log"]);
        assert.equal(said(end).log, "", "no log on success");
      }
      const polls = server.heard("PollHostCommand").map(({ input }) => Object.keys(input));
      assert.deepEqual(polls.at(-1), ["HostIdentifier"], "members of ours are left out");
    });
  });
}

test("a failing script ends the deployment with its code, its log and no later event", async () => {
  await withPlainServer(async (server) => {
    await server.pin();
    await server.start();
    const then = { AfterInstall: "echo no room >&2; exit 3" };
    const { status, events } = await server.ended(
      await server.deploy("v1", revision(server, "v1", then)),
    );
    assert.equal(status, "Failed");
    assert.deepEqual(events.map((event) => event.status), [
      ...["Succeeded", "Succeeded", "Succeeded", "Succeeded", "Failed", "Skipped", "Skipped"],
    ]);
    const { errorCode, scriptName, logTail } = events[4].diagnostics;
    assert.deepEqual([errorCode, scriptName], ["ScriptFailed", "AfterInstall.sh"]);
    assert.match(logTail, /no room/);
    assert.deepEqual(trace(server), ["BeforeInstall v1", "AfterInstall v1"]);
  });
});

const refusals: [row: string, prepare: (server: PlainServer) => Promise<void>, message: RegExp][] =
  [
    ["without a pinned signer", () => Promise.resolve(), /:order_signer_certificate:/],
    ["signed by a stranger", async (server) => {
      await server.pin();
      await server.certificate();
    }, /neither a pinned certificate nor issued by one/],
    ["with a tampered text", async (server) => {
      await server.pin();
      forgeSpecification(server, ({ Format, Payload }) => {
        const at = Payload.indexOf("\n", 200);
        return { Format, Payload: Payload.slice(0, at - 1) + "AAAA" + Payload.slice(at + 3) };
      });
    }, /refused/],
    ["in TEXT/JSON", async (server) => {
      await server.pin();
      forgeSpecification(server, () => ({ Format: "TEXT/JSON", Payload: "{}" }));
    }, /TEXT\/JSON/],
    ["of another deployment system", async (server) => {
      await server.pin();
      server.forge = (operation, output) =>
        operation === "GetDeploymentSpecification"
          ? { ...output, DeploymentSystem: "Chef" }
          : output;
    }, /Chef instead of CodeDeploy/],
  ];

function forgeSpecification(
  server: PlainServer,
  forge: (envelope: { Format: string; Payload: string }) => { Format: string; Payload: string },
): void {
  server.forge = (operation, output) => {
    if (operation !== "GetDeploymentSpecification") return output;
    const { GenericEnvelope } = output.DeploymentSpecification;
    return { ...output, DeploymentSpecification: { GenericEnvelope: forge(GenericEnvelope) } };
  };
}

for (const [row, prepare, message] of refusals) {
  test(`spec 12.2: a specification ${row} is failed with code 5 and without an acknowledgement`, async () => {
    await withPlainServer(async (server) => {
      await prepare(server);
      await server.start();
      const { status, events } = await server.ended(
        await server.deploy("v1", revision(server, "v1")),
      );
      assert.equal(status, "Failed");
      assert.equal(events[0].diagnostics.errorCode, "UnknownError");
      assert.match(events[0].diagnostics.message, message);
      assert.equal(server.heard("PutHostCommandAcknowledgement").length, 0);
      assert.equal(said(server.heard("PutHostCommandComplete")[0]!).error_code, 5);
      assert.deepEqual(trace(server), []);
    });
  });
}

test("spec 12.2: an AppSpec that cannot be read fails its event without an acknowledgement", async () => {
  await withPlainServer(async (server) => {
    await server.pin();
    await server.start();
    const files = {
      ...revision(server, "v1"),
      "appspec.yml": "version: 0.0\nos: linux\nhooks: 7\n",
    };
    const { status, events } = await server.ended(await server.deploy("v1", files));
    assert.equal(status, "Failed");
    assert.deepEqual(events.slice(0, 3).map((event) => event.status), [
      ...["Succeeded", "Succeeded", "Failed"],
    ]);
    const acks = server.heard("PutHostCommandAcknowledgement").map(eventOf);
    assert.ok(!acks.includes("BeforeInstall"), acks.join());
  });
});

test("spec 12.2 Unsupported command type: answered as a no-op, then failed with that sentence", async () => {
  await withPlainServer(async (server) => {
    await server.pin();
    server.forge = (operation, output) =>
      operation === "PollHostCommand" && output.HostCommand
        ? { HostCommand: { ...output.HostCommand, CommandName: "UpdateDeploymentAgent" } }
        : operation === "PutHostCommandAcknowledgement"
        ? { CommandStatus: "InProgress" }
        : output;
    await server.start();
    await server.deploy("v1", revision(server, "v1"));
    await until(() => server.heard("PutHostCommandComplete").length > 0, "the end");
    const [ack] = server.heard("PutHostCommandAcknowledgement");
    assert.deepEqual(said(ack!), { IsCommandNoop: true });
    const [end] = server.heard("PutHostCommandComplete");
    assert.equal(said(end!).error_code, 5);
    assert.equal(said(end!).message, "Unsupported command type: UpdateDeploymentAgent.");
  });
});

const ignored: [row: string, changes: object][] = [
  ["for another host", { HostIdentifier: "arn:aws:iam::000000000000:user/other" }],
  ["for no host", { HostIdentifier: "" }],
  ["without a name", { CommandName: "" }],
];
for (const [row, changes] of ignored) {
  test(`trap 43, spec 12.2 PollHostCommand: a command ${row} is ignored`, async () => {
    await withPlainServer(async (server) => {
      await server.pin();
      server.forge = (operation, output) =>
        operation === "PollHostCommand" && output.HostCommand
          ? { HostCommand: { ...output.HostCommand, ...changes } }
          : output;
      await server.start();
      await server.deploy("v1", revision(server, "v1"));
      const given = () =>
        server.heard("PollHostCommand").filter(({ output }) => output.HostCommand);
      await until(() => given().length > 0, "the command");
      const polls = server.calls.length;
      await until(() => server.heardPolls > polls, "the poll after it");
      assert.deepEqual(
        new Set(server.calls.map(({ target }) => target.split(".")[1])),
        new Set([
          "PollHostCommand",
        ]),
      );
    });
  });
}

const answers: [answer: string | undefined, isNoop: boolean, runs: boolean, ends: string[]][] = [
  ["Pending", false, true, ["Succeeded"]],
  ["InProgress", false, true, ["Succeeded"]],
  [undefined, false, true, ["Succeeded"]],
  ["Succeeded", false, false, []],
  ["Failed", false, false, []],
  ["InProgress", true, true, ["Succeeded"]],
  ["Succeeded", true, false, []],
  ["Failed", true, false, ["Succeeded"]],
];
for (const [answer, isNoop, runs, ends] of answers) {
  const kind = isNoop ? "a no-op" : "a command with scripts";
  const then = runs ? "run" : "not run";
  test(`trap 42, spec 12.2 ack ${answer ?? "without a status"}: ${kind} is ${then}, ends told: ${ends}`, async () => {
    await withPlainServer(async (server) => {
      await server.pin();
      await server.start();
      const first = await server.deploy("v1", revision(server, "v1"));
      assert.equal((await server.ended(first)).status, "Succeeded");
      const before = server.heard("PutHostCommandComplete").length;
      const acks = server.heard("PutHostCommandAcknowledgement").length;
      // Both are of the revision before, which has a script for one of them.
      const event = isNoop ? "BeforeBlockTraffic" : "ApplicationStop";
      server.forge = (operation, output) => {
        if (operation === "PollHostCommand" && output.HostCommand && acked(server) > acks) {
          return {};
        }
        if (operation === "PollHostCommand" && output.HostCommand) {
          const { HostCommandIdentifier: id } = output.HostCommand;
          const HostCommandIdentifier = String(id).replace(/[^/]+$/, event);
          return {
            HostCommand: { ...output.HostCommand, CommandName: event, HostCommandIdentifier },
          };
        }
        if (operation !== "PutHostCommandAcknowledgement") return output;
        return answer === undefined ? {} : { CommandStatus: answer };
      };
      await server.deploy("v2", revision(server, "v2"));
      await until(() => acked(server) > acks, "the acknowledgement");
      const id = server.heard("PutHostCommandAcknowledgement")[acks]!.input.HostCommandIdentifier;
      await until(() => isOver(server, id), "the journal");
      assert.equal(trace(server).includes("ApplicationStop v1"), runs && !isNoop);
      const told = server.heard("PutHostCommandComplete").slice(before);
      assert.deepEqual(told.map(({ input }) => input.CommandStatus), ends);
      if (answer === "Failed" && isNoop) {
        assert.match(said(told[0]!).message, /CompletedNoopCommand/);
      }
    });
  });
}

function acked(server: PlainServer): number {
  return server.heard("PutHostCommandAcknowledgement").length;
}

function isOver({ root }: PlainServer, commandId: string): boolean {
  const lines = readFileSync(join(root, "journal.jsonl"), "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line)).some((record) =>
    record.kind === "reported" && record.commandId === commandId
  );
}

test("spec 12.2 Complete: one whose answer was lost is told again, and nothing runs twice", async () => {
  await withPlainServer(async (server) => {
    await server.pin();
    server.lost.set("PutHostCommandComplete", 1);
    server.lost.set("PutHostCommandAcknowledgement", 1);
    await server.start();
    const { status } = await server.ended(await server.deploy("v1", revision(server, "v1")));
    assert.equal(status, "Succeeded");
    assert.deepEqual(trace(server), ["BeforeInstall v1", "AfterInstall v1", "ApplicationStart v1"]);
    const ends = server.heard("PutHostCommandComplete").map(eventOf);
    assert.equal(ends.filter((event) => event === ends[0]).length, 2);
  });
});

test("trap 41, spec 12.2: a command that is handed out again is not run again", async () => {
  await withPlainServer(async (server) => {
    await server.pin();
    let again: unknown;
    server.forge = (operation, output) => {
      if (operation !== "PollHostCommand") return output;
      if (output.HostCommand?.CommandName === "BeforeInstall") again ??= output;
      return output.HostCommand ? output : again ?? output;
    };
    await server.start();
    const { status } = await server.ended(await server.deploy("v1", revision(server, "v1")));
    assert.equal(status, "Succeeded");
    assert.equal(trace(server).filter((line) => line === "BeforeInstall v1").length, 1);
  });
});

test("a server that learns our additions gets orders again; one that forgets them gets commands", async () => {
  await withPlainServer(async (server) => {
    await server.pin();
    await server.start();
    for (const [name, isPlain] of [["v1", true], ["v2", false], ["v3", true]] as const) {
      server.isPlain = isPlain;
      // The poll that is open was asked before.
      const { status, message } = await server.ended(
        await server.deploy(name, revision(server, name)),
      );
      assert.equal(status, "Succeeded", message);
    }
    assert.deepEqual(trace(server).filter((line) => line.startsWith("BeforeInstall")), [
      ...["BeforeInstall v1", "BeforeInstall v2", "BeforeInstall v3"],
    ]);
  });
});

test("spec 12.2 crash: an agent killed in a script fails that command with code 7", async () => {
  await withPlainServer(async (server) => {
    await server.pin();
    const scripts = join(server.directory, "scripts");
    mkdirSync(scripts);
    writeFileSync(
      join(scripts, "BeforeInstall"),
      `echo ran >>${server.directory}/trace; sleep 60\n`,
    );
    const runner = join(import.meta.dirname ?? "", "agent_process.ts");
    const argv = ["run", "-A", "--no-check", runner, server.config, scripts];
    const child = spawn(process.execPath, argv, { stdio: "ignore" });
    const gone = once(child, "exit");
    try {
      const id = await server.deploy("v1", revision(server, "v1"));
      await until(() => trace(server).length > 0, "the script");
      child.kill("SIGKILL");
      await gone;
      await server.start();
      const { status, events } = await server.ended(id);
      assert.equal(status, "Failed");
      assert.equal(
        events[2].diagnostics.message,
        "Failed: Failing in-progress lifecycle event after an agent restart.",
      );
      assert.deepEqual(trace(server), ["ran"]);
      assert.equal(said(server.heard("PutHostCommandComplete").at(-1)!).error_code, 7);
    } finally {
      child.kill("SIGKILL");
    }
  });
});
