import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { mode, Sandbox, write } from "./sandbox.ts";

const CHILD = fileURLToPath(new URL("./install_as_nobody.ts", import.meta.url).href);
const NOBODY = 65534;
const skip = process.geteuid?.() !== 0 && "only root can become another user";

/** Installs as nobody, OVERWRITE, into root's /srv; its complaint, "" when it went well. */
function installAsNobody(box: Sandbox, text: string): string {
  const archive = box.revision({ "page": text });
  chmodSync(join(archive, "page"), 0o640);
  chownSync(join(archive, "page"), NOBODY, NOBODY);
  const words = [box.root, dirname(archive)];
  const { stderr } = spawnSync(process.execPath, ["run", "-A", "--no-check", CHILD, ...words]);
  return String(stderr);
}

function machine(box: Sandbox): string {
  chmodSync(box.root, 0o755);
  mkdirSync(box.instructions);
  chownSync(box.instructions, NOBODY, NOBODY);
  write(box.host, { "srv/page": "of somebody, and longer than the new one" });
  return join(box.host, "srv/page");
}

test(
  "OVERWRITE writes into nobody's own file where the directory takes no new name",
  { skip },
  () => {
    using box = new Sandbox();
    const page = machine(box);
    chownSync(page, NOBODY, NOBODY);
    const { ino } = lstatSync(page);
    for (const text of ["first", "the second"]) {
      assert.equal(installAsNobody(box, text), "");
      assert.deepEqual([readFileSync(page, "utf8"), mode(page)], [text, "640"]);
      assert.equal(lstatSync(page).ino, ino);
    }
  },
);

test(
  "OVERWRITE never writes through a link there, nor into a file of another owner",
  { skip },
  () => {
    for (const isLink of [true, false]) {
      using box = new Sandbox();
      const page = machine(box);
      chmodSync(page, 0o666);
      if (isLink) {
        write(box.root, { outside: "secret" });
        chownSync(join(box.root, "outside"), NOBODY, NOBODY);
        symlinkSync(join(box.root, "outside"), `${page}2`);
        spawnSync("mv", [`${page}2`, page]);
      }
      const before = readFileSync(page, "utf8");
      assert.match(installAsNobody(box, "new"), /copy .*srv\/page did not succeed/);
      assert.equal(readFileSync(page, "utf8"), before);
    }
  },
);
