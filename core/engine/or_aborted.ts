/** The wait for a plugin that may not look at its signal. @module */

/** The answer, or `reason` once the signal is aborted, whatever the plugin does with its signal. */
export function orAborted<Answer>(
  answer: Answer | Promise<Answer>,
  signal: AbortSignal,
  reason: () => unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(reason());
    signal.addEventListener("abort", giveUp, { once: true });
    Promise.resolve(answer).then(resolve, reject).finally(() =>
      signal.removeEventListener("abort", giveUp)
    );
    if (signal.aborted) giveUp();
  });
}
