/**
 * A small real server and a process to run commands in: HTTP on a free port that answers the
 * operations a test names and remembers what it was asked; streams in memory for what is printed.
 * @module
 */
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Io, sleep } from "../../core/cli/io.ts";
import { runCommandLine } from "../../core/cli/program.ts";
import type { Rooms } from "../../core/cli/rooms.ts";
import type { StreamEvent } from "../../core/wire/event_stream.ts";

export interface Asked {
  operation: string;
  input: Record<string, unknown>;
}

/** Answers an operation, or throws a Refusal. */
type Operation = (input: Record<string, unknown>) => unknown;

export class Refusal extends Error {
  readonly status: number;
  readonly type: string;
  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

export interface Upload {
  method: string;
  path: string;
  query: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

export interface StandIn extends AsyncDisposable {
  url: string;
  asked: Asked[];
  uploads: Upload[];
  /** Requests for the event stream, by deployment id. */
  streams: string[];
  operations: Record<string, Operation>;
  /** What each connection to the stream of a deployment says; the last one is repeated. */
  events: Map<string, StreamEvent[][]>;
  /** After what it said, a stream of these deployments stays open. */
  open: Set<string>;
}

export async function standIn(operations: Record<string, Operation> = {}): Promise<StandIn> {
  const self = {
    url: "",
    asked: [] as Asked[], // because an empty literal has no element type
    uploads: [] as Upload[], // because an empty literal has no element type
    streams: [] as string[], // because an empty literal has no element type
    operations: { GetDeploymentLogs: () => ({ chunks: [] }), ...operations },
    events: new Map<string, StreamEvent[][]>(),
    open: new Set<string>(),
  };
  const server = createServer((request, response) => {
    answer(self, request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  self.url = `http://127.0.0.1:${address.port}`;
  return Object.assign(self, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** Operations that CodeDeploy does not have. */
const OWN: ReadonlySet<string> = new Set([
  "AbortDeployment",
  "ApproveDeployment",
  "CreateJoinToken",
  "CreateRelease",
  "DeleteDeadLetters",
  "DeleteEventTarget",
  "DeleteFreezeWindow",
  "DeleteIntegration",
  "DeleteSchedule",
  "DescribeOperations",
  "ExplainDeployment",
  "GetDeploymentLogs",
  "GetGroupPolicy",
  "GetRelease",
  "ListAuditRecords",
  "ListDeadLetters",
  "ListEventTargets",
  "ListFreezeWindows",
  "ListIntegrations",
  "ListLocks",
  "ListReleases",
  "ListSchedules",
  "ListStrategies",
  "LockDeployments",
  "PauseDeployment",
  "PromoteDeployment",
  "PutEventTarget",
  "PutFreezeWindow",
  "PutGitHubAccountToken",
  "PutGroupPolicy",
  "PutIntegration",
  "PutSchedule",
  "PutStrategyConfig",
  "RejectDeployment",
  "ReplayDeadLetters",
  "ResumeDeployment",
  "RetryDeployment",
  "ScheduleDeployment",
  "StopRelease",
  "TryIntegration",
  "UnlockDeployments",
]);

type State = Omit<StandIn, typeof Symbol.asyncDispose>;

async function answer(self: State, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? "/", self.url);
  const scope = request.headers.authorization?.match(
    /Credential=AKTEST\/\d{8}\/us-east-1\/(\w+)\//,
  );
  if (!scope) {
    return void response.writeHead(400).end(
      JSON.stringify({ __type: "MissingAuthenticationTokenException", message: "not signed" }),
    );
  }
  const parts: Uint8Array[] = [];
  for await (const chunk of request) parts.push(chunk);
  const body = Buffer.concat(parts);
  const target = request.headers["x-amz-target"];
  if (url.pathname === "/events") {
    return stream(self, url.searchParams.get("deploymentId")!, response);
  }
  if (typeof target === "string") return operation(self, target, body, response);
  if (scope[1] !== "s3") throw new Error(`signed for ${scope[1]}`);
  const query = url.search.slice(1);
  const { method = "" } = request;
  self.uploads.push({ method, path: url.pathname, query, headers: request.headers, body });
  if (method === "POST" && query.startsWith("uploads")) {
    return void response.end(
      "<InitiateMultipartUploadResult><UploadId>up-1</UploadId></InitiateMultipartUploadResult>",
    );
  }
  response.setHeader("etag", `"etag-${self.uploads.length}"`);
  response.setHeader("x-amz-version-id", "v7");
  response.end();
}

function operation(self: State, target: string, body: Buffer, response: ServerResponse) {
  const [prefix, name = ""] = target.split(".");
  const own = OWN.has(name);
  if (prefix !== (own ? "Runtime_20261125" : "CodeDeploy_20141006")) throw new Error(target);
  const input: Record<string, unknown> = JSON.parse(body.toString());
  self.asked.push({ operation: name, input });
  try {
    const run = self.operations[name];
    if (!run) throw new Refusal("UnknownOperationException", `${name} is not expected here`);
    response.end(JSON.stringify(run(input) ?? {}));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const text = JSON.stringify({ __type: error.type, message: error.message });
    response.writeHead(error.status).end(text);
  }
}

function stream(self: State, id: string, response: ServerResponse) {
  self.streams.push(id);
  const connections = self.events.get(id) ?? [];
  const events = connections.length > 1 ? connections.shift()! : connections[0] ?? [];
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(": hello\n\n");
  for (const event of events) response.write(`data: ${JSON.stringify(event)}\n\n`);
  if (!self.open.has(id)) response.end();
}

export interface Ran {
  code: number;
  out: string;
  err: string;
}

const NO_ROOMS: Rooms = {
  server: () => Promise.reject(new Error("no server here")),
  agent: () => Promise.reject(new Error("no agent here")),
  join: () => Promise.reject(new Error("no join here")),
  joinRegistered: () => Promise.reject(new Error("no join here")),
  agentStatus: () => Promise.reject(new Error("no status here")),
  daemon: () => Promise.reject(new Error("no daemon here")),
  agentRepair: () => Promise.reject(new Error("no repair here")),
  agentGc: () => Promise.reject(new Error("no collection here")),
  localRun: () => Promise.reject(new Error("no local run here")),
};

export interface Process {
  env?: Record<string, string>;
  cwd?: string;
  rooms?: Partial<Rooms>;
  answers?: string[];
  /** Gives the test a Ctrl-C to press. */
  interrupt?: { press?: () => void };
}

/** Runs one command in this process, as user of `server` when one is given. */
export async function runtime(
  argv: string[],
  server?: { url: string },
  process: Process = {},
): Promise<Ran> {
  const ran: Ran = { code: -1, out: "", err: "" };
  const answers = [...(process.answers ?? [])];
  const io: Io = {
    stdout: { write: (text) => ran.out += text },
    stderr: { write: (text) => ran.err += text },
    env: {
      HOME: "/nonexistent",
      ...(server && {
        RUNTIME_URL: server.url,
        AWS_ACCESS_KEY_ID: "AKTEST",
        AWS_SECRET_ACCESS_KEY: "secret",
      }),
      ...process.env,
    },
    cwd: process.cwd ?? "/",
    now: Date.now,
    sleep: (milliseconds, signal) => sleep(Math.min(milliseconds, 5), signal),
    onInterrupt(listener) {
      if (process.interrupt) process.interrupt.press = listener;
      return () => {};
    },
    ask: () => Promise.resolve(answers.shift()),
    readAll: () => Promise.resolve(answers.splice(0).join("\n")),
  };
  ran.code = await runCommandLine(argv, { ...NO_ROOMS, ...process.rooms }, io);
  return ran;
}

/** A folder that is removed at the end of the scope. */
export async function folder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "cli-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
