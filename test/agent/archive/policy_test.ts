import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { ArchiveRefused } from "../../../core/agent/archive/archive_error.ts";
import {
  type AdmittedEntry,
  ArchivePolicy,
  type EntryClaim,
} from "../../../core/agent/archive/policy.ts";

/** What a run of claims leaves behind: the tree as a system would have it. */
type Tree = Map<string, AdmittedEntry>;

function unpack(claims: readonly EntryClaim[]): Tree {
  const policy = new ArchivePolicy();
  const tree: Tree = new Map();
  for (const claim of claims) {
    try {
      const entry = policy.admit(claim);
      for (const path of entry.parents) {
        assert.equal(tree.has(path), false, `${path} would be made twice`);
        tree.set(path, { kind: "directory", path, parents: [], already: "absent" });
      }
      tree.set(entry.path, entry);
    } catch (error) {
      // A real run ends here; going on shows that a refused entry leaves nothing behind.
      if (!(error instanceof ArchiveRefused)) throw error;
    }
  }
  return tree;
}

/** Where a path leads as the kernel walks it; "outside" as soon as it climbs above the root. */
function walk(
  tree: Tree,
  start: string[],
  path: string,
  hops = 0,
): string[] | "outside" | "nowhere" {
  let at = start;
  for (const segment of path.split("/").filter((name) => name !== "" && name !== ".")) {
    if (segment === "..") {
      if (at.length === 0) return "outside";
      at = at.slice(0, -1);
      continue;
    }
    const next = [...at, segment];
    const entry = tree.get(next.join("/"));
    if (!entry) return "nowhere";
    if (entry.kind !== "symlink") {
      at = next;
      continue;
    }
    if (hops > 40) return "nowhere";
    const reached = walk(tree, at, entry.target, hops + 1);
    if (reached === "outside" || reached === "nowhere") return reached;
    at = reached;
  }
  return at;
}

const segment = fc.constantFrom("a", "b", "c", "..", ".", "", "x\\y", "..\\");
const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
const claim: fc.Arbitrary<EntryClaim> = fc.oneof(
  fc.record({ kind: fc.constant("file" as const), name: path, bytes: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant("directory" as const), name: path }),
  // Mostly links: they are what can go wrong.
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("symlink" as const), name: path, target: path }),
  },
  fc.record({ kind: fc.constant("link" as const), name: path, target: path }),
);
const claims = fc.array(claim, { maxLength: 25 });

test("no chain of admitted links, made in any order, leads out of the unpack directory", () => {
  fc.assert(
    fc.property(claims, (entries) => {
      const tree = unpack(entries);
      for (const entry of tree.values()) assert.notEqual(walk(tree, [], entry.path), "outside");
    }),
    { numRuns: 3_000 },
  );
});

test("every admitted entry lies below real directories, and is of the kind it was made", () => {
  fc.assert(
    fc.property(claims, (entries) => {
      const tree = unpack(entries);
      for (const { path } of tree.values()) {
        const parts = path.split("/");
        for (let depth = 1; depth < parts.length; depth++) {
          assert.equal(tree.get(parts.slice(0, depth).join("/"))?.kind, "directory");
        }
        assert.ok(!parts.includes("..") && !path.startsWith("/"));
      }
    }),
    { numRuns: 1_000 },
  );
});

test("an honest tree is admitted whole, with each directory made once", () => {
  const names = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(fc.uniqueArray(names, { selector: (name) => name.join("/") }), (all) => {
    const policy = new ArchivePolicy();
    const made = all.flatMap((name) => {
      const { parents } = policy.admit({ kind: "directory", name: `./${name.join("/")}/` });
      return [...parents];
    });
    assert.equal(new Set(made).size, made.length);
  }));
});

test("bytes are counted over all files, also those that replace another", () => {
  const policy = new ArchivePolicy({ bytes: 10 });
  policy.admit({ kind: "file", name: "a", bytes: 4 });
  policy.admit({ kind: "file", name: "a", bytes: 6 });
  assert.equal(policy.bytes, 10);
  const one = { kind: "file", name: "b", bytes: 1 } as const;
  assert.throws(() => policy.admit(one), { reason: "too-many-bytes", entry: "b" });
});

test("a ratio is judged only once enough has been unpacked", () => {
  const policy = new ArchivePolicy({ ratio: 10, ratioFromBytes: 1_000 });
  policy.weigh(1, 1_000);
  policy.weigh(101, 1_001);
  assert.throws(() => policy.weigh(100, 1_001), { reason: "ratio" });
});

test("a message shows a long or disguised name in a line that a terminal takes", () => {
  const policy = new ArchivePolicy();
  const name = `/\u001b[2J\n\u202e${"n".repeat(500)}`;
  assert.throws(() => policy.admit({ kind: "file", name, bytes: 0 }), (error) => {
    assert.ok(error instanceof ArchiveRefused);
    assert.equal(error.entry, name);
    assert.ok(error.message.length < 400);
    assert.match(error.message, /^the bundle's entry "\/\\u001b\[2J\\n\\u202en+…" is an absolute/);
    return true;
  });
});
