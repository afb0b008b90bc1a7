/**
 * What must hold for any bytes at all: they are taken or refused by one of the typed errors, in time,
 * and nothing beside the destination changes.
 * @module
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isVerdict } from "../../core/agent/archive/archive_error.ts";
import { extractArchive } from "../../core/agent/archive/extract.ts";
import { stripLeadingDirectory } from "../../core/agent/archive/strip.ts";
import { AppSpecError, parseAppSpec } from "../../core/domain/appspec.ts";
import { sandbox } from "../agent/archive/sandbox.ts";
import type { Case } from "./mutate.ts";

/** Milliseconds that a case may take: a thousand times the usual. */
const DEADLINE = 10_000;
/** Small enough that a mutant which gets past them cannot fill the disk. */
const LIMITS = { bytes: 32 * 1024 ** 2, entries: 2_000, ratio: 200, ratioFromBytes: 4 * 1024 ** 2 };

/** Checks cases one by one in a folder of its own. */
export async function caseChecker() {
  const place = await sandbox();
  const outside = () => place.outside().filter((line) => !/^(?:deployment\/ |bundle )/.test(line));
  const before = outside();
  return {
    /** "taken" or "refused"; throws what must never happen. */
    async check({ kind, bytes }: Case): Promise<"taken" | "refused"> {
      const started = performance.now();
      const end = kind === "appspec"
        ? parsed(bytes.toString("utf8"))
        : await unpacked(kind, await place.bundle(bytes), place.destination);
      const took = performance.now() - started;
      assert.ok(took < DEADLINE, `took ${Math.round(took)} ms, at most ${DEADLINE} are allowed`);
      if (kind === "appspec") return end;
      assert.deepEqual(outside(), before);
      await rm(place.destination, { recursive: true, force: true });
      return end;
    },
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

function parsed(text: string): "taken" | "refused" {
  try {
    parseAppSpec(text, { path: "appspec.yml", hostOs: "linux" });
    return "taken";
  } catch (error) {
    if (error instanceof AppSpecError) return "refused";
    throw error;
  }
}

async function unpacked(
  bundleType: "tar" | "tgz" | "zip",
  file: string,
  destination: string,
): Promise<"taken" | "refused"> {
  // Ends a case that waits for ever; one that never yields is shown by the deadline of the run.
  const signal = AbortSignal.timeout(DEADLINE);
  try {
    await extractArchive({ file, bundleType, destination, limits: LIMITS, signal });
    await stripLeadingDirectory(destination);
    return "taken";
  } catch (error) {
    if (isVerdict(error)) return "refused";
    throw error;
  }
}

/** Keeps the bytes of a failing case; gives the file. */
export async function keepCase({ kind, bytes }: Case): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "runtime-fuzz-")), `case.${kind}`);
  writeFileSync(file, bytes);
  return file;
}
