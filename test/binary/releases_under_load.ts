/**
 * Releases to hosts behind a balancer under a steady load, by the compiled binary: in place and
 * blue/green, those that end well and those that are rolled back. web-1 and web-2 are tagged
 * `stack=blue` and serve at first; web-3 and web-4, tagged `stack=green`, are out of the balancer.
 * @module
 */
import assert from "node:assert/strict";
import { type Load, startLoad } from "../plugins/balancers/load.ts";
import { servedBy } from "../plugins/balancers/rolling.ts";
import { begin, ended, infoOf, targetsOf } from "./deployments.ts";
import { Fleet, until } from "./fleet.ts";
import { endApplication, place, refuseToLeave, webVersion } from "./web_application.ts";

export const GREEN_HOSTS = ["web-3", "web-4"];

type Placed = Awaited<ReturnType<typeof place>>;

/** A balancer before the hosts of a fleet. */
export interface InFront extends AsyncDisposable {
  port: number;
  /** Of `runtime balancer add`. */
  plugin: string;
  config: object;
}

export class Scene {
  readonly fleet: Fleet;
  readonly placed: readonly Placed[];
  readonly #name: string;
  #load: Load | undefined;
  readonly #figures: string[] = [];

  private constructor(fleet: Fleet, placed: readonly Placed[], name: string) {
    this.fleet = fleet;
    this.placed = placed;
    this.#name = name;
  }

  /** Runs the body over four hosts behind the balancer, and prints what became of the requests. */
  static async play(
    start: (folder: string, placed: readonly Placed[]) => Promise<InFront>,
    body: (scene: Scene) => Promise<void>,
  ): Promise<void> {
    const fleet = await Fleet.start(4);
    try {
      await fleet.declare();
      const placed = await Promise.all(fleet.hosts.map((host) => place(fleet, host)));
      await using front = await start(fleet.directory, placed);
      const scene = new Scene(fleet, placed, front.plugin);
      await scene.#setUp(front);
      await scene.underLoad(front.port);
      try {
        await body(scene);
      } finally {
        await scene.#load?.stop();
        console.log(scene.#figures.join("\n"));
      }
    } finally {
      for (const host of fleet.hosts) endApplication(host);
      await fleet.close();
    }
  }

  async #setUp({ plugin, config }: InFront): Promise<void> {
    const tag = (Value: string, ...instanceNames: string[]) =>
      this.fleet.api("AddTagsToOnPremisesInstances", {
        instanceNames,
        tags: [{ Key: "stack", Value }],
      });
    await tag("blue", "web-1", "web-2");
    await tag("green", ...GREEN_HOSTS);
    const argv = ["balancer", "add", "front", "--plugin", plugin];
    const added = await this.fleet.runtime(...argv, "--config", JSON.stringify(config));
    assert.equal(added.code, 0, added.stderr);
    await this.group({
      onPremisesTagSet: {
        onPremisesTagSetList: [[{ Key: "stack", Value: "blue", Type: "KEY_AND_VALUE" }]],
      },
      loadBalancerInfo: { elbInfoList: [{ name: "front" }] },
      autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
    });
    await this.inPlace("WITH_TRAFFIC_CONTROL");
    const first = this.fleet.bundle("v1", webVersion("1"));
    await this.succeeds(
      await begin(this.fleet, first, "--config", "CodeDeployDefault.AllAtOnce"),
    );
  }

  /** Settings of the group that change. */
  group(settings: object): Promise<unknown> {
    return this.fleet.api("UpdateDeploymentGroup", {
      applicationName: "shop",
      currentDeploymentGroupName: "production",
      ...settings,
    });
  }

  inPlace(deploymentOption: "WITH_TRAFFIC_CONTROL" | "WITHOUT_TRAFFIC_CONTROL") {
    return this.group({
      deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption },
      deploymentConfigName: "CodeDeployDefault.OneAtATime",
    });
  }

  blueGreen(actionOnTimeout: "STOP_DEPLOYMENT" | "CONTINUE_DEPLOYMENT") {
    const isWaiting = actionOnTimeout === "STOP_DEPLOYMENT";
    return this.group({
      deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
      deploymentConfigName: "CodeDeployDefault.AllAtOnce",
      blueGreenDeploymentConfiguration: {
        terminateBlueInstancesOnDeploymentSuccess: { action: "KEEP_ALIVE" },
        deploymentReadyOption: { actionOnTimeout, ...(isWaiting && { waitTimeInMinutes: 60 }) },
        greenFleetProvisioningOption: { action: "DISCOVER_EXISTING" },
      },
    });
  }

  begin(version: string, { valid = true, green = "" } = {}): Promise<string> {
    const bundle = this.fleet.bundle(`v${version}`, webVersion(version, valid));
    return begin(this.fleet, bundle, ...(green === "" ? [] : ["--green", `stack=${green}`]));
  }

  async succeeds(id: string): Promise<void> {
    const { status, errorInformation } = await ended(this.fleet, id);
    assert.equal(status, "Succeeded", errorInformation?.message ?? "");
  }

  /** It fails, and its rollback, whose id is answered, succeeds. */
  async rolledBack(id: string): Promise<string> {
    assert.equal((await ended(this.fleet, id)).status, "Failed");
    const { rollbackInfo } = await infoOf(this.fleet, id);
    const back = rollbackInfo?.rollbackDeploymentId ?? "";
    await this.succeeds(back);
    return back;
  }

  /** The hosts of a deployment. */
  async hosts(id: string): Promise<string[]> {
    const answer = await this.fleet.api("ListDeploymentTargets", { deploymentId: id });
    const found = await targetsOf(this.fleet, id, ...answer["targetIds"] as string[]); // because the model says so
    return found.map(({ targetId }) => targetId).sort();
  }

  /** Clients at this port, until the next ones or the end. */
  async underLoad(port: number): Promise<void> {
    await this.#load?.stop();
    this.#load = startLoad(port);
  }

  /** This answer is given for the first time. */
  async serves(answer: string): Promise<void> {
    await until(answer, () => this.#load?.served.has(answer));
  }

  /** Each of these is served again, and then nothing else is for a while. */
  async servedOnly(...answers: string[]): Promise<void> {
    const load = this.#load;
    assert.ok(load, "there is no load");
    for (const answer of answers) await servedBy(load, answer);
    const before = new Map(load.served);
    for (const answer of answers) await servedBy(load, answer);
    const others = [...load.served].filter(([answer, count]) =>
      !answers.includes(answer) && count !== before.get(answer)
    );
    assert.deepEqual(others, []);
  }

  /** One act under load. Answers how many requests were sent meanwhile and how many of them failed. */
  async act(name: string, body: () => Promise<void>): Promise<{ sent: number; failed: number }> {
    const load = this.#load;
    assert.ok(load, "there is no load");
    const served = () => [...load.served.values()].reduce((sum, count) => sum + count, 0);
    const [servedBefore, failedBefore, began] = [served(), load.failures.length, Date.now()];
    await body();
    const failed = load.failures.length - failedBefore;
    const sent = served() - servedBefore + failed;
    const seconds = (Date.now() - began) / 1000;
    this.#figures.push(
      `${this.#name}, ${name}: ${sent} requests in ${seconds.toFixed(1)} s, ` +
        `${Math.round(sent / seconds)} a second, ${failed} failed`,
    );
    return { sent, failed };
  }

  /** The same, where no request may fail. */
  async lossless(name: string, body: () => Promise<void>): Promise<void> {
    const { sent, failed } = await this.act(name, body);
    assert.deepEqual(this.#load?.failures, [], name);
    assert.ok(sent > 100 && failed === 0, `${sent} requests were sent`);
  }
}

/** What every balancer is to bear without a failed request. */
export async function fourReleases(scene: Scene): Promise<void> {
  await scene.lossless("in place", async () => {
    await scene.succeeds(await scene.begin("2"));
    await scene.servedOnly("web-1 2", "web-2 2");
  });
  await scene.lossless("in place, rolled back", async () => {
    await scene.rolledBack(await scene.begin("bad", { valid: false }));
    await scene.servedOnly("web-1 2", "web-2 2");
  });
  await scene.blueGreen("STOP_DEPLOYMENT");
  await scene.lossless("blue/green with a wait", async () => {
    const id = await scene.begin("3", { green: "green" });
    const { fleet } = scene;
    await until("Ready", async () => (await infoOf(fleet, id)).status === "Ready");
    await scene.servedOnly("web-1 2", "web-2 2");
    await fleet.api("ContinueDeployment", { deploymentId: id, deploymentWaitType: "READY_WAIT" });
    await scene.succeeds(id);
    await scene.servedOnly("web-3 3", "web-4 3");
    const shown = await fleet.runtime("status", id);
    assert.match(shown.stdout, /web-3 {2}Succeeded {2}green\n[^]*web-1 {2}Succeeded {2}blue\n/);
  });
  await scene.blueGreen("CONTINUE_DEPLOYMENT");
  await scene.lossless("blue/green, rolled back", async () => {
    const agreeToLeave = refuseToLeave(scene.fleet.hosts[2]!);
    const back = await scene.rolledBack(await scene.begin("4", { green: "blue" }));
    assert.deepEqual(await scene.hosts(back), ["web-1", "web-2", "web-3", "web-4"]);
    await scene.servedOnly("web-3 3", "web-4 3");
    agreeToLeave();
  });
}
