/**
 * The store of the simulated servers: the real schema and the real group commit, over a database in
 * memory that all histories share. When a group is written is a step of the history, and a disk may be
 * full, hang, or write and never say so.
 * @module
 */
import type Database from "libsql";
import { connect, type Db, migrate } from "../../core/store/database.ts";
import { GroupCommit, type Tx } from "../../core/store/group_commit.ts";
import type { Store } from "../../core/store/store.ts";
import type { World } from "./world.ts";

/** What a history leaves rows in. */
const TABLES = [
  "applications",
  "audit",
  "deployment_causes",
  "deployment_configs",
  "deployment_groups",
  "deployments",
  "instance_health",
  "instances",
  "integrations",
  "leases",
  "log_chunks",
  "revisions",
  "targets",
];

export class Disk {
  readonly #connection = connect(":memory:");
  readonly #commits: GroupCommit;
  readonly #statements = new Map<string, Database.Statement>();

  constructor() {
    migrate(this.#connection, ":memory:");
    this.#commits = new GroupCommit(this.#connection);
  }

  get db(): Db {
    return this.#connection.db;
  }

  /** The rows of a query by its columns; put together in the database, which is quicker by far. */
  rows<Row>(columns: readonly string[], rest: string): (...values: unknown[]) => Row[] {
    const pairs = columns.map((column) => {
      const [expression = "", name = expression] = column.split(" AS ");
      return `'${name}', ${expression}`;
    });
    const statement = this.#prepared(
      `SELECT json_group_array(json_object(${pairs.join(", ")})) AS rows FROM (SELECT * ${rest})`,
    );
    return (...values) => {
      // because: the query says what it answers.
      const { rows } = statement.get(...values) as { rows: string };
      return JSON.parse(rows);
    };
  }

  /** Puts a row into a table, members as its columns; what is no text or number as JSON. */
  insert(table: string, row: Readonly<Record<string, unknown>>): void {
    const names = Object.keys(row);
    const places = names.map(() => "?").join(", ");
    const values = Object.values(row).map((value) =>
      typeof value === "object" ? JSON.stringify(value) : value
    );
    this.#prepared(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${places})`).run(...values);
  }

  #prepared(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#connection.client.prepare(sql));
    return statement;
  }

  /** Changes the database behind everybody's back. */
  change(sql: string): void {
    this.#connection.client.exec(sql);
  }

  empty(): void {
    this.#connection.client.exec(TABLES.map((table) => `DELETE FROM ${table}`).join(";"));
  }

  /** Hands a write to the group commit. */
  commit<Answer>(run: (tx: Tx) => Answer): Promise<Answer> {
    return this.#commits.commit(run);
  }

  /** Ends the transaction that is open, as a full disk does, so that the whole group fails. */
  async breakGroup(): Promise<void> {
    const breaking = this.#commits.commit(() => {
      this.#connection.client.exec("ROLLBACK");
      throw new Error("the disk is full");
    });
    await breaking.catch((error: unknown) => error);
  }

  close(): void {
    this.#commits.close();
    this.#connection.client.close();
  }
}

interface Waiting {
  run(tx: Tx): unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** How the writing of a group ends. */
type Outcome = "written" | "failed" | "refused" | "unanswered" | "hanging";

/** The disk as one server process has it: what is not written is lost with the process. */
export class ServerDisk implements Store {
  readonly #disk: Disk;
  readonly #world: World;
  readonly #events: DiskEvents;
  #waiting: Waiting[] = [];
  #writing = false;
  #isOver = false;

  constructor(disk: Disk, world: World, events: DiskEvents) {
    this.#disk = disk;
    this.#world = world;
    this.#events = events;
  }

  get read(): Db {
    return this.#disk.db;
  }

  /** Whether the process is gone. */
  get isOver(): boolean {
    return this.#isOver;
  }

  commit<Answer>(run: (tx: Tx) => Answer): Promise<Answer> {
    if (this.#isOver) return new Promise(() => {});
    return new Promise<Answer>((resolve, reject) => {
      // because: what `run` answers is what its own entry is resolved with.
      this.#waiting.push({ run, resolve: (value) => resolve(value as Answer), reject });
      if (this.#writing) return;
      this.#writing = true;
      this.#world.after(this.#latency(), () => this.#flush());
    });
  }

  /** The process is gone. */
  close(): void {
    this.#isOver = true;
    this.#waiting = [];
  }

  /** Milliseconds until a group is written. */
  #latency(): number {
    const world = this.#world;
    if (world.quiet) return 1;
    return world.happens(20) ? world.between(1_000, 20_000) : world.between(1, 30);
  }

  async #flush(): Promise<void> {
    if (this.#isOver) return;
    const group = this.#waiting;
    this.#waiting = [];
    const outcome = this.#outcome();
    if (outcome !== "written") this.#world.say(`disk: ${group.length} write(s) ${outcome}`);
    if (outcome === "hanging") return this.#events.hangs();
    if (outcome === "refused") {
      for (const { reject } of group) reject(new Error("the disk is full"));
    } else {
      const handed = group.map((one) => this.#hand(one, outcome !== "unanswered"));
      if (outcome === "failed") handed.push(this.#disk.breakGroup());
      await Promise.all(handed);
      if (outcome !== "failed") this.#events.written();
    }
    if (outcome === "unanswered") return this.#events.hangs();
    this.#writing = this.#waiting.length > 0;
    if (this.#writing) this.#world.after(this.#latency(), () => this.#flush());
  }

  #outcome(): Outcome {
    const world = this.#world;
    if (!world.fails(25)) return "written";
    return world.pick(["failed", "failed", "refused", "unanswered", "hanging"] as const);
  }

  async #hand({ run, resolve, reject }: Waiting, isAnswered: boolean): Promise<void> {
    try {
      const value = await this.#disk.commit(run);
      if (isAnswered) resolve(value);
    } catch (error) {
      if (isAnswered) reject(error);
    }
  }
}

export interface DiskEvents {
  /** A group is in the database. */
  written(): void;
  /** Nothing is answered any more until the process has ended. */
  hangs(): void;
}
