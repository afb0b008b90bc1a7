/**
 * `deno task bench rollback [HOSTS [MiB [LINK]]]`: what a rollback takes, from the bundles that hosts
 * keep and, in turns with it, with those bundles removed, so that each host downloads its own again.
 * The hosts are agents on this machine, all at once, each with a link of so many MiB a second.
 *
 * - `rollback`: seconds from the creation of the rollback to its end, for the fleet and by host, and
 *   the median of the hosts' DownloadBundle; `ratio` is downloaded over kept.
 * @module
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { z } from "zod";
import { version } from "../binary/bundles.ts";
import { deploy, ended, infoOf, targetsOf } from "../binary/deployments.ts";
import { Fleet } from "../binary/fleet.ts";
import { median, type Print, rounded } from "./figures.ts";

const ROUNDS = 5;
const MIB = 1024 * 1024;

export async function measureRollback(
  print: Print,
  hosts = 20,
  mib = 8,
  link = 10,
): Promise<void> {
  const fleet = await Fleet.start(hosts);
  try {
    await limitLinks(fleet, link);
    await fleet.declare({ config: "CodeDeployDefault.AllAtOnce", rollback: "[failure]" });
    const payload = { "app/payload": randomBytes(mib * MIB).toString("base64") };
    const good = await deploy(fleet, fleet.bundle("good", { ...version("good"), ...payload }));
    assert.equal(good.code, 0, good.stderr);
    const lose = `rm -f "$HOST_DIR"/deployment-root/*/d-*/bundle.tar`;
    const keeping = fleet.bundle("keeping", version("bad", { ApplicationStart: "exit 7" }));
    const losing = fleet.bundle(
      "losing",
      version("bad", { ApplicationStart: `${lose}\nexit 7` }),
    );
    const kept: Took[] = [];
    const downloaded: Took[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const fromKept = await rollBack(fleet, keeping);
      const fromServer = await rollBack(fleet, losing);
      if (round < 0) continue;
      kept.push(fromKept);
      downloaded.push(fromServer);
    }
    const figures = { kept: figuresOf(kept, hosts), downloaded: figuresOf(downloaded, hosts) };
    print("rollback", {
      unit: "s",
      hosts,
      bundle: `${mib} MiB`,
      link: `${link} MiB/s`,
      ...figures,
      ratio: rounded(figures.downloaded.fleet / figures.kept.fleet),
      rounds: ROUNDS,
    });
  } finally {
    await fleet.close();
  }
}

/** From here on each agent downloads no faster. */
async function limitLinks(fleet: Fleet, mibPerSecond: number): Promise<void> {
  await Promise.all(fleet.hosts.map(async (host) => {
    await fleet.killAgent(host);
    appendFileSync(host.config, `:max_rate: ${mibPerSecond * MIB}\n`);
    await fleet.startAgent(host);
  }));
}

/** Seconds. */
interface Took {
  fleet: number;
  /** The median of the hosts. */
  download: number;
}

function figuresOf(rounds: readonly Took[], hosts: number) {
  const fleet = median(rounds.map((took) => took.fleet));
  const download = median(rounds.map((took) => took.download));
  return { fleet: rounded(fleet), host: rounded(fleet / hosts), download: rounded(download) };
}

const Times = z.looseObject({ createTime: z.number(), completeTime: z.number() });

/** Deploys what fails, and answers what its rollback took. */
async function rollBack(fleet: Fleet, broken: string): Promise<Took> {
  const ran = await deploy(fleet, broken);
  assert.equal(ran.code, 3, ran.stdout.slice(-2_000) + ran.stderr);
  const failed = /Deployment (d-[A-Z0-9]+) failed/.exec(ran.stderr)?.[1] ?? "";
  const id = (await infoOf(fleet, failed)).rollbackInfo?.rollbackDeploymentId ?? "";
  await ended(fleet, id);
  const { deploymentInfo } = await fleet.api("GetDeployment", { deploymentId: id });
  const { createTime, completeTime } = Times.parse(deploymentInfo);
  const targets = await targetsOf(fleet, id, ...fleet.hosts.map(({ name }) => name));
  const downloads = targets.flatMap(({ lifecycleEvents }) => lifecycleEvents)
    .filter(({ lifecycleEventName }) => lifecycleEventName === "DownloadBundle")
    .map(({ startTime, endTime }) => Number(endTime) - Number(startTime));
  return { fleet: completeTime - createTime, download: median(downloads) };
}
