/** Many calls of the same kind, a few of them at a time. @module */

/**
 * Acts on each item, at most `limit` at once. After a failure nothing else begins; it rejects with
 * the failure of the item that comes first, when all that had begun has ended.
 */
export async function eachAtMost<Item>(
  limit: number,
  items: readonly Item[],
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const failures = new Map<number, unknown>();
  let next = 0;
  const work = async () => {
    while (next < items.length && failures.size === 0) {
      const at = next++;
      try {
        await act(items[at] as Item); // because `at` is below the length
      } catch (cause) {
        failures.set(at, cause);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  const [first] = [...failures.keys()].sort((a, b) => a - b);
  if (first !== undefined) throw failures.get(first);
}
