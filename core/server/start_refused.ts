/** A start that cannot go on: one sentence, which names what to change. @module */

export class StartRefused extends Error {
  override readonly name = "StartRefused";
}
