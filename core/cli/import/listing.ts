/**
 * Listings that come in pages, and names that are asked for in batches (service model: a page says
 * `nextToken` while there is more, a BatchGet takes at most 100 names).
 * @module
 */
import { EXIT } from "../exit.ts";
import { Failure } from "../failure.ts";

export interface Page<Entry> {
  entries: readonly Entry[];
  nextToken: string | undefined;
}

/** Every entry of every page. A token that comes back twice would go round for ever, and is refused. */
export async function everyPage<Entry>(
  listing: string,
  page: (nextToken?: string) => Promise<Page<Entry>>,
): Promise<Entry[]> {
  const all: Entry[] = [];
  const tokens = new Set<string>();
  let nextToken: string | undefined;
  do {
    const got = await page(nextToken);
    all.push(...got.entries);
    nextToken = got.nextToken;
    if (nextToken !== undefined && tokens.has(nextToken)) throw endless(listing, tokens.size);
    if (nextToken !== undefined) tokens.add(nextToken);
  } while (nextToken !== undefined);
  return all;
}

/** What the batches answer, one after the other; nothing is asked when there are no names. */
export async function inBatches<Name, Entry>(
  names: readonly Name[],
  size: number,
  batch: (names: readonly Name[]) => Promise<readonly Entry[]>,
): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let at = 0; at < names.length; at += size) {
    all.push(...await batch(names.slice(at, at + size)));
  }
  return all;
}

function endless(listing: string, pages: number): Failure {
  return new Failure({
    exitCode: EXIT.failed,
    cause: `${listing} does not come to an end`,
    evidence: [`page ${pages + 1} has the token of a page before it`],
    state: "nothing was changed",
    next: ["run it again"],
  });
}
