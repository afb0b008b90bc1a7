import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NEW_KEY_BYTES, newAccessKey } from "../../core/domain/new_access_key.ts";

const random = fc.uint8Array({ minLength: NEW_KEY_BYTES, maxLength: NEW_KEY_BYTES });

test("a new key has the form of AWS's, and every byte of randomness in it", () => {
  fc.assert(fc.property(random, fc.nat({ max: NEW_KEY_BYTES - 1 }), (bytes, at) => {
    const key = newAccessKey(bytes);
    assert.match(key.accessKeyId, /^AKIA[A-Z2-7]{16}$/);
    assert.match(key.secretAccessKey, /^[A-Za-z0-9+/]{40}$/);
    const other = newAccessKey(bytes.map((byte, index) => index === at ? byte ^ 1 : byte));
    assert.notDeepEqual(other, key);
  }));
});

test("too few random bytes make no key", () => {
  assert.throws(() => newAccessKey(new Uint8Array(NEW_KEY_BYTES - 1)), RangeError);
});
