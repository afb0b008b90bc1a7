import { test } from "node:test";
import assert from "node:assert/strict";
import type { AgentStatus, Rooms } from "../../core/cli/rooms.ts";
import { runtime } from "./stand_in.ts";

const status: AgentStatus = {
  name: "web-1",
  server: "https://deploy.example.com",
  root: "/r",
  pid: 4711,
  orders: [
    {
      deploymentId: "d-000000002",
      application: "shop",
      group: "production",
      status: "Failed",
      event: "AfterInstall",
      message: "exit \x1b[31mcode 7",
      at: 1_700_000_000_000,
    },
    { status: "Succeeded", at: 1_700_000_000_000 },
  ],
  groups: [
    { groupId: "g-1", revisions: 5, bytes: 12_345_678, installed: "d-000000001" },
    { groupId: "g-2", revisions: 1, bytes: 999 },
  ],
};

function room(answer: AgentStatus) {
  const asked: string[] = [];
  const agentStatus: Rooms["agentStatus"] = () =>
    Promise.resolve({
      agentStatus({ config }) {
        asked.push(config);
        return Promise.resolve({ status: answer });
      },
    });
  return { asked, rooms: { agentStatus } };
}

test("a running agent is shown with its last orders and its revisions", async () => {
  const { asked, rooms } = room(status);
  const ran = await runtime(["agent", "status"], undefined, { rooms });
  assert.deepEqual(asked, ["/etc/codedeploy-agent/conf/codedeployagent.yml"]);
  assert.equal(ran.code, 0);
  const lines = ran.out.split("\n");
  assert.equal(lines[0], "web-1 runs, process 4711");
  assert.equal(lines[3], "  revisions  6, 12.3 MB");
  assert.match(
    lines[6] ?? "",
    /^\S+ \S+ {2}d-000000002 {2}shop\/production {2}Failed {5}AfterInstall: exit code 7$/,
  );
  assert.match(lines[7] ?? "", /^\S+ \S+ {2}- +- +Succeeded {2}-$/);
  assert.match(lines[10] ?? "", /^g-1 +5 +12\.3 MB +d-000000001$/);
  assert.match(lines[11] ?? "", /^g-2 +1 +999 bytes {2}-$/);
});

test("an agent that does not run exits with 3, and says so to programs too", async () => {
  const { pid: _, ...down } = status;
  const text = await runtime(
    ["agent", "status"],
    undefined,
    room({ ...down, groups: [], orders: [] }),
  );
  assert.equal(text.code, 3);
  assert.match(text.out, /^web-1 is not running\n[^]* {2}revisions {2}0, 0 bytes\n$/);
  const json = await runtime("agent status --config c --json".split(" "), undefined, room(down));
  assert.equal(json.code, 3);
  assert.deepEqual(JSON.parse(json.out), { running: false, ...down });
});

test("what cannot be read is a failure in four parts", async () => {
  const failure = { exitCode: 2, cause: "c", evidence: ["e"], state: "s", next: ["n"] };
  const agentStatus: Rooms["agentStatus"] = () =>
    Promise.resolve({ agentStatus: () => Promise.resolve({ failure }) });
  const ran = await runtime(["agent", "status"], undefined, { rooms: { agentStatus } });
  assert.equal(ran.code, 2);
  assert.equal(ran.err, "c\n  evidence  e\n  state     s\n  next      n\n");
});
