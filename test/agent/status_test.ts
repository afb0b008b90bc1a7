import { test } from "node:test";
import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JournalRecord } from "../../core/agent/journal_record.ts";
import { recentOrders } from "../../core/agent/recent_orders.ts";
import { agentStatus } from "../../core/agent/status.ts";
import { onStage, order, type Stage } from "./stage.ts";

async function statusOf({ config }: Stage) {
  const answer = await agentStatus({ config });
  if ("failure" in answer) assert.fail(answer.failure.cause);
  return answer.status;
}

test("a host that has just joined has a server and a name, and nothing runs", async () => {
  await onStage(async (stage) => {
    assert.deepEqual(await statusOf(stage), {
      name: "web-01",
      server: stage.server.url,
      root: stage.root,
      orders: [],
      groups: [],
    });
  });
});

test("a running agent is named by its process, a killed one is not; what it did is told either way", async () => {
  await onStage(async (stage) => {
    await stage.script("AfterInstall", "exit 7");
    const agent = await stage.spawn();
    const [good, bad] = [
      order({ events: ["ApplicationStop"] }),
      order({ events: ["AfterInstall"] }),
    ];
    for (const given of [good, bad]) {
      stage.server.give(given);
      await stage.end(given.commandId);
    }
    const journal = join(stage.root, "journal.jsonl");
    const before = await readFile(journal);
    const running = await statusOf(stage);
    assert.equal(running.pid, agent.pid);
    const told = running.orders.map(({ at: _, message, ...rest }) => [rest, message !== undefined]);
    const about = { application: "shop", group: "group" };
    const [goodId, badId] = [good, bad].map((one) => one.specification.DeploymentId);
    assert.deepEqual(told, [
      [{ ...about, deploymentId: badId, status: "Failed", event: "AfterInstall" }, true],
      [{ ...about, deploymentId: goodId, status: "Succeeded", event: "ApplicationStop" }, false],
    ]);
    await stage.kill(agent);
    const { pid, orders } = await statusOf(stage);
    assert.equal(pid, undefined, "its lock is still there, and it is not");
    assert.deepEqual(orders, running.orders);
    const after = await readFile(journal);
    assert.deepEqual(after.subarray(0, before.length), before, "nothing was cut off or rewritten");
  });
});

test("revisions are counted with their bytes by group; the agent's own folders are no groups", async () => {
  await onStage(async (stage) => {
    const put = async (path: string, text: string) => {
      await mkdir(join(stage.root, path, ".."), { recursive: true });
      await writeFile(join(stage.root, path), text);
    };
    await put("g-1/d-1/deployment-archive/a/page.html", "12345");
    await put("g-1/d-2/bundle.tar", "1234567");
    await put("g-2/d-3/bundle.tar", "1");
    await put("deployment-instructions/g-1_last_successful_install", join(stage.root, "g-1/d-1"));
    await put("deployment-logs/x/log", "no revision");
    await put("agent-logs/x/log", "no revision");
    await symlink("/", join(stage.root, "g-2/d-3/everything"));
    assert.deepEqual((await statusOf(stage)).groups, [
      { groupId: "g-1", revisions: 2, bytes: 12, installed: "d-1" },
      { groupId: "g-2", revisions: 1, bytes: 1 },
    ]);
  });
});

test("a torn end of the journal is nothing; damage before it is told with its line", async () => {
  await onStage(async (stage) => {
    const journal = join(stage.root, "journal.jsonl");
    await mkdir(stage.root, { recursive: true });
    const sound = '{"at":1,"kind":"nonce","nonce":1}\n';
    await writeFile(journal, `${sound}{"at":2,"ki`);
    assert.deepEqual((await statusOf(stage)).orders, []);
    await appendFile(journal, `\n${sound}`);
    const answer = await agentStatus({ config: stage.config });
    assert.ok("failure" in answer);
    assert.equal(answer.failure.exitCode, 1);
    assert.match(answer.failure.evidence[0] ?? "", /journal\.jsonl, line 2, is damaged/);
  });
});

test("a host that has not joined is a usage failure", async () => {
  const answer = await agentStatus({ config: "/nonexistent/codedeployagent.yml" });
  assert.ok("failure" in answer);
  assert.equal(answer.failure.exitCode, 2);
  assert.match(answer.failure.cause, /has not joined a server/);
});

test("the last orders are those in which something happened last; one left out by a rewrite keeps its end", () => {
  const taken = (deploymentId: string, at: number): JournalRecord => {
    const given = order({ deploymentId });
    return { at, kind: "order", commandId: given.commandId, nonce: at, order: given };
  };
  const records: JournalRecord[] = [
    { at: 1, kind: "nonce", nonce: 1 },
    {
      at: 2,
      kind: "completed",
      commandId: "c-old",
      status: "Succeeded",
      completion: {
        ...{ error_code: 0, script_name: "", message: "", log: "", log_lines: [] },
        events: [{ name: "ValidateService", status: "Succeeded" }],
      },
    },
    taken("d-a", 3),
    taken("d-b", 4),
    {
      ...{ at: 5, kind: "event", what: "started", event: "Install" },
      commandId: "d-a/web-01",
      deploymentId: "d-a",
    },
  ];
  const shown = recentOrders(records, 5).map(({ deploymentId, status, event, at }) =>
    [deploymentId, status, event, at].join(" ")
  );
  assert.deepEqual(shown, [
    "d-a InProgress Install 5",
    "d-b InProgress  4",
    " Succeeded ValidateService 2",
  ]);
  assert.equal(recentOrders(records, 1).length, 1);
});
