import assert from "node:assert/strict";
import { test } from "node:test";
import { aclText, fullAcl, parseAclEntry } from "../../core/domain/appspec_acl.ts";
import { normalRange } from "../../core/domain/selinux_range.ts";

function entry(text: string) {
  const parsed = parseAclEntry(text);
  assert.ok(!("sentence" in parsed), JSON.stringify(parsed));
  return parsed;
}

const entries: [written: string, meant: string][] = [
  ["alex:rw", "user:alex:rw-"],
  ["u:alex:6", "user:alex:rw-"],
  ["group:ops:r-x", "group:ops:r-x"],
  ["m:rwx", "mask::rwx"],
  ["mask::5", "mask::r-x"],
  ["d:alex:r", "default:user:alex:r--"],
  ["default:g::rwx", "default:group::rwx"],
  ["d:o:r", "default:other::r--"],
  ["d::rwx", "default:user::rwx"],
];
for (const [written, meant] of entries) {
  test(`the acl entry ${written} means ${meant}`, () =>
    assert.equal(aclText(entry(written)), meant));
}

const invalid: [written: string, sentence: RegExp][] = [
  ["rwx", /Invalid acl entry \(rwx\)\.$/],
  ["a:b:c:d:rwx", /Invalid acl entry/],
  ["x:alex:rwx", /Invalid acl entry/],
  ["constructor:alex:rwx", /Invalid acl entry/],
  ["d:d:alex:rwx", /Invalid acl entry/],
  ["o:alex:rwx", /Invalid acl entry/],
  ["o:rwx", /Use mode to set the base acl entry \(o:rwx\)/],
  ["g::rwx", /Use mode to set the base acl entry/],
  ["u:alex:9", /contains an invalid character \(9\)/],
];
for (const [written, sentence] of invalid) {
  test(`the acl entry ${written} is refused`, () => {
    const problem = parseAclEntry(written);
    assert.ok("sentence" in problem);
    assert.match(problem.sentence, sentence);
  });
}

const lists: [given: string[], mode: number, full: string][] = [
  [["u:alex:rw"], 0o640, "user:alex:rw- user::rw- group::r-- other::--- mask::r--"],
  [["m:7"], 0o755, "mask::rwx user::rwx group::r-x other::r-x"],
  [
    ["d:u:alex:rw", "d:g::rwx"],
    0o750,
    "default:user:alex:rw- default:group::rwx user::rwx group::r-x other::--- " +
    "default:user::rwx default:other::--- default:mask::rwx",
  ],
];
for (const [given, mode, full] of lists) {
  test(`the full list of ${given} on mode ${mode.toString(8)}`, () => {
    assert.equal(fullAcl(given.map(entry), mode).map(aclText).join(" "), full);
  });
}

const ranges: [written: string, normal: string | undefined][] = [
  ["s0", "s0"],
  ["s0-s0", "s0"],
  ["s0-s15:c0.c1023", "s0-s15:c0.c1023"],
  ["s1:c7,c1.c3,c4", "s1:c1.c4,c7"],
  ["s2-s1", undefined],
  ["s0:c1024", undefined],
  ["s0:c1,c1", undefined],
  ["s0:c3.c1", undefined],
  ["s0:", undefined],
  ["0", undefined],
];
for (const [written, normal] of ranges) {
  test(`the SELinux range ${written} is ${normal ?? "refused"}`, () => {
    assert.equal(normalRange(written), normal);
  });
}
