/**
 * What happens in a round, drawn from its seed before anything runs: how many hosts, which versions
 * are deployed by which config, and who is killed at which moment. A new kind of moment is a line in
 * `MOMENTS` and a case in `hasCome` (moment.ts); a new kind of deployment is a line in `STEPS`.
 * @module
 */
import { type Random, randomFrom } from "./random.ts";

/** When a kill comes: at the creation, or when a host's journal tells of this. */
export type Moment =
  | { kind: "created" }
  | { kind: "event"; event: string; what: "started" | "spawned" | "finished" }
  /** A host has ended and has perhaps not told it yet. */
  | { kind: "ended" }
  /** A host begins the rollback; where there is none, the end of the deployment. */
  | { kind: "rollback" };

export interface Kill {
  victim: "server" | "agent";
  moment: Moment;
  /** Milliseconds from the moment to the kill, and from there to the next start. */
  after: number;
  down: number;
}

export interface Step {
  /** The application of this version fails to start on every host. */
  fails: boolean;
  config: string;
  kills: readonly Kill[];
}

export interface Plan {
  hosts: number;
  steps: readonly Step[];
}

const MOMENTS: readonly Moment[] = [
  { kind: "created" },
  { kind: "event", event: "DownloadBundle", what: "started" },
  { kind: "event", event: "Install", what: "started" },
  { kind: "event", event: "Install", what: "finished" },
  { kind: "event", event: "BeforeInstall", what: "spawned" },
  { kind: "event", event: "ApplicationStart", what: "spawned" },
  { kind: "event", event: "AfterInstall", what: "finished" },
  { kind: "event", event: "ValidateService", what: "spawned" },
  { kind: "ended" },
];

const CONFIGS = ["OneAtATime", "HalfAtATime", "AllAtOnce"].map((name) =>
  `CodeDeployDefault.${name}`
);

/** Three deployments, of which the last may fail and be rolled back. */
const STEPS: readonly ("passes" | "may fail")[] = ["passes", "passes", "may fail"];

/** The plan of a round. */
export function planOf(seed: number): Plan {
  const random = randomFrom(seed);
  return {
    hosts: random.whole(3, 5),
    steps: STEPS.map((step) => {
      const fails = step === "may fail" && random.next() < 0.7;
      const kills = Array.from({ length: random.whole(1, 4) }, () => killFrom(random));
      if (fails) kills.push({ ...killFrom(random), moment: { kind: "rollback" } });
      return { fails, config: random.one(CONFIGS), kills };
    }),
  };
}

/** A kill of anybody at any moment. */
export function killFrom(random: Random): Kill {
  return {
    victim: random.one(["server", "agent"]),
    moment: random.one(MOMENTS),
    after: random.whole(0, 40),
    down: random.next() < 0.5 ? 0 : random.whole(1, 400),
  };
}

/** As a person reads it. */
export function told({ victim, moment, after, down }: Kill): string {
  const when = moment.kind === "event" ? `${moment.event} ${moment.what}` : moment.kind;
  return `${victim} ${after} ms after ${when}, for ${down} ms`;
}
