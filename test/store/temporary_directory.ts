/** A directory of its own for a test, gone when the test ends. @module */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryDirectory extends Disposable {
  path: string;
}

export function temporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), "store-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
