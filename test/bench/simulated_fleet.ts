/**
 * One process that stands for a fleet of agents, over real connections to a real server: each host
 * has its own key, signs what it says, and keeps a long poll open, also while it carries an order
 * out. It installs nothing and takes an order without looking at its signature: what is measured is
 * the server.
 *
 * Where it differs from a fleet: reports go over at most `REPORT_LINES` connections, as a process
 * may not open two for each of 10,000 hosts, and no line of a script is sent.
 * @module
 */
import { IN_PLACE_EVENTS, type LifecycleEvent } from "../../core/domain/lifecycle_event.ts";
import { POLL_WAIT_SECONDS, PollOutput } from "../../core/wire/agent_protocol.ts";
import { JOIN_PATH, JoinOutput } from "../../core/wire/join.ts";
import { checkSignature, type HostOperation, HostRequests } from "./host_requests.ts";
import { type Answer, Line } from "./line.ts";

const REPORT_LINES = 4_000;

/**
 * What a host says of its seven events: `each` as it ends, six by PostHostCommandUpdate and the last
 * by PutHostCommandComplete, or all by one PutHostCommandComplete at the `end`.
 */
export type Reporting = "each" | "end";

export interface SimulatedHost {
  readonly name: string;
  readonly arn: string;
  readonly requests: HostRequests;
  /** Where it polls. */
  line: Line | undefined;
  /** The order it carries out, and how many reports of it were answered. */
  order: string | undefined;
  reported: number;
  /** Milliseconds of `performance.now()`. */
  orderAt: number;
  lastSentAt: number;
}

/** What to do with an order; the fleet itself only keeps the polls open. */
export type OnOrder = (host: SimulatedHost) => void;

/** Hosts that connect at the same time: a listening socket lets only so many wait. */
const BATCH = 200;

export class SimulatedFleet {
  readonly hosts: SimulatedHost[] = [];
  /** Rejects when a connection breaks or the server refuses something. */
  readonly failed: Promise<never>;
  readonly #fail: (cause: Error) => void;
  #port = 0;
  #lines = 0;
  readonly #free: Line[] = [];
  readonly #waiting: { request: () => string; answered: (answer: Answer) => void }[] = [];
  #onOrder: OnOrder = () => {};
  #closed = false;

  constructor() {
    const broken = Promise.withResolvers<never>();
    // Whoever waits for something waits for this as well; until then it is nobody's.
    void Promise.allSettled([broken.promise]);
    this.failed = broken.promise;
    this.#fail = (cause) => this.#closed || broken.reject(cause);
  }

  /** Joins hosts `sim-1` … with the tag role=web by one token. */
  async join(serverUrl: string, token: string, count: number): Promise<void> {
    const url = new URL(serverUrl);
    this.#port = Number(url.port);
    const joining = Array.from({ length: count }, (_, at) => this.#joinOne(url, token, at + 1));
    this.hosts.push(...await this.#all(joining));
  }

  /** Has every host poll for ever; resolves when the server holds all of them. */
  async poll(onOrder: OnOrder): Promise<void> {
    this.#onOrder = onOrder;
    for (let from = 0; from < this.hosts.length; from += BATCH) {
      await this.#all(this.hosts.slice(from, from + BATCH).map((host) => this.#begin(host)));
    }
  }

  /** Says all there is to say of an order, each report when the one before is answered. */
  carryOut(host: SimulatedHost, how: Reporting, answered: (sentAt: number) => void): void {
    const last = how === "each" ? IN_PLACE_EVENTS.length : 1;
    const next = () => {
      if (host.reported >= last) return;
      this.report(host, how, (sentAt) => {
        answered(sentAt);
        next();
      });
    };
    next();
  }

  /** The next report of a host's order. */
  report(host: SimulatedHost, how: Reporting, answered: (sentAt: number) => void): void {
    const { order } = host;
    if (order === undefined) throw new Error(`${host.name} has no order to report on`);
    const ended = how === "each" ? host.reported + 1 : IN_PLACE_EVENTS.length;
    const [operation, body] = ended < IN_PLACE_EVENTS.length
      ? updateOf(order, ended)
      : completionOf(order);
    const request = () => {
      host.lastSentAt = performance.now();
      return host.requests.request(operation, body);
    };
    this.#overAnyLine(request, (answer) => {
      if (!this.#isFine(answer)) return;
      host.reported++;
      if (operation === "PutHostCommandComplete") host.order = undefined;
      answered(host.lastSentAt);
    });
  }

  close(): void {
    this.#closed = true;
    for (const { line } of this.hosts) line?.close();
    for (const line of this.#free) line.close();
  }

  #joinOne(url: URL, token: string, number: number): Promise<SimulatedHost> {
    const tags = [{ Key: "role", Value: "web" }];
    const body = JSON.stringify({ token, instanceName: `sim-${number}`, tags });
    const request = `POST ${JOIN_PATH} HTTP/1.1\r\nHost: ${url.host}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    return new Promise((resolve) => {
      this.#overAnyLine(() => request, async (answer) => {
        if (!this.#isFine(answer)) return;
        const { instanceName, iamUserArn, region, ...credentials } = JoinOutput.parse(
          JSON.parse(answer.body()),
        );
        if (number === 1) await checkSignature(url, region, credentials).catch(this.#fail);
        const requests = new HostRequests(url, region, credentials);
        const times = { orderAt: NaN, lastSentAt: NaN };
        const nothing = { line: undefined, order: undefined, reported: 0, ...times };
        resolve({ name: instanceName, arn: iamUserArn, requests, ...nothing });
      });
    });
  }

  /** As an agent begins: a poll that is answered at once, then one that waits. */
  async #begin(host: SimulatedHost): Promise<void> {
    const line = host.line = await Line.open(this.#port, this.#fail);
    const body = JSON.stringify({ HostIdentifier: host.arn, WaitSeconds: 0, Running: [] });
    return new Promise((resolve) => {
      line.ask(host.requests.request("PollHostCommand", body), (answer) => {
        if (!this.#isFine(answer)) return;
        this.#keepPolling(host, line);
        resolve();
      });
    });
  }

  #keepPolling(host: SimulatedHost, line: Line): void {
    const body = JSON.stringify({
      HostIdentifier: host.arn,
      WaitSeconds: POLL_WAIT_SECONDS,
      Running: host.order === undefined ? [] : [host.order],
    });
    line.ask(host.requests.request("PollHostCommand", body), (answer) => {
      if (this.#closed || !this.#isFine(answer)) return;
      // Nearly all answers are empty ones.
      const command = answer.bodyBytes > 2
        ? PollOutput.parse(JSON.parse(answer.body())).HostCommand
        : undefined;
      if (command) {
        host.order = command.HostCommandIdentifier;
        host.orderAt = performance.now();
        host.reported = 0;
      }
      this.#keepPolling(host, line);
      if (command) this.#onOrder(host);
    });
  }

  /** Sends a request as soon as one of the connections for reports is free. */
  #overAnyLine(request: () => string, answered: (answer: Answer) => void): void {
    let line = this.#free.pop();
    while (line && !line.isOpen) {
      this.#lines--;
      line = this.#free.pop();
    }
    if (line) return this.#ask(line, request, answered);
    if (this.#lines === REPORT_LINES) {
      this.#waiting.push({ request, answered });
      return;
    }
    this.#lines++;
    Line.open(this.#port, this.#fail)
      .then((line) => this.#ask(line, request, answered), this.#fail);
  }

  #ask(line: Line, request: () => string, answered: (answer: Answer) => void): void {
    line.ask(request(), (answer) => {
      const next = this.#waiting.shift();
      if (next) this.#ask(line, next.request, next.answered);
      else this.#free.push(line);
      answered(answer);
    });
  }

  #isFine(answer: Answer): boolean {
    if (answer.status === 200) return true;
    this.#fail(new Error(`the server answered ${answer.status}: ${answer.body()}`));
    return false;
  }

  #all<T>(work: Promise<T>[]): Promise<T[]> {
    return Promise.race([Promise.all(work), this.failed]);
  }
}

const WELL = { error_code: 0, script_name: "", message: "Succeeded", log: "" };

/** The first `count` events as ended. */
function ended(count: number): LifecycleEvent[] {
  const now = Date.now();
  return IN_PLACE_EVENTS.slice(0, count).map((name) => (
    { name, status: "Succeeded", startTime: now, endTime: now, diagnostics: WELL }
  ));
}

/** The agent tells the end of one event together with the start of the next. */
function updateOf(order: string, count: number): [HostOperation, string] {
  const [event] = ended(count).slice(-1);
  const name = IN_PLACE_EVENTS[count];
  const events = [event, { name, status: "InProgress", startTime: Date.now() }];
  return ["PostHostCommandUpdate", inEnvelope(order, { events, log: [] })];
}

function completionOf(order: string): [HostOperation, string] {
  const completion = { ...WELL, events: ended(IN_PLACE_EVENTS.length), log_lines: [] };
  const body = inEnvelope(order, completion, { CommandStatus: "Succeeded" });
  return ["PutHostCommandComplete", body];
}

function inEnvelope(order: string, payload: unknown, more: Record<string, string> = {}): string {
  const Diagnostics = { Format: "JSON", Payload: JSON.stringify(payload) };
  return JSON.stringify({ HostCommandIdentifier: order, ...more, Diagnostics });
}
