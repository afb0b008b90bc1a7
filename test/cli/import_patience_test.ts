/** How long an import waits for a service, and for what. @module */
import { test } from "node:test";
import assert from "node:assert/strict";
import { z } from "zod";
import type { Api } from "../../core/cli/api.ts";
import { patientApi } from "../../core/cli/import/patient_api.ts";
import { ApiError, UnreachableError } from "../../core/wire/aws_json.ts";

/** An API whose calls end as told, one after the other, the last again; and the waits between them. */
function flaky(ends: (Error | "ok")[]) {
  const waits: number[] = [];
  let calls = 0;
  async function call<T>(_name: string, _input: unknown, answer: z.ZodType<T>): Promise<T> {
    const end = ends[Math.min(calls++, ends.length - 1)];
    if (end !== "ok") throw end;
    return await answer.parseAsync("answer");
  }
  const connection = { url: "", region: "", credentials: { accessKeyId: "", secretAccessKey: "" } };
  const api: Api = { connection, codedeploy: call, runtime: call };
  const patient = patientApi(api, {
    sleep: (wait) => Promise.resolve(void waits.push(wait)),
    random: () => 1,
  });
  const call1 = (operation: string) => patient.codedeploy(operation, {}, z.string());
  return { call: call1, waits, calls: () => calls };
}

const THROTTLED = new ApiError("ThrottlingException", 400, "Rate exceeded");
const FAULT = new ApiError("InternalFailure", 500, "a fault");
const BROKEN = new UnreachableError("http://there", new Error("the connection was reset"));

const patience: [
  what: string,
  operations: string[],
  ends: (Error | "ok")[],
  waits: number[],
  end: RegExp,
][] = [
  [
    "a call that came too soon waits longer each time",
    ["ListX"],
    [
      THROTTLED,
      THROTTLED,
      THROTTLED,
      "ok",
    ],
    [200, 400, 800],
    /answer/,
  ],
  ["a write that came too soon has not happened", ["CreateX"], [THROTTLED, "ok"], [200], /answer/],
  ["a read that met a fault is made again", ["GetX"], [FAULT, "ok"], [200], /answer/],
  ["a write that met a fault may have happened", ["CreateX"], [FAULT, "ok"], [], /a fault/],
  ["a connection that breaks is made again", ["ListX", "GetX"], ["ok", BROKEN, "ok"], [
    200,
  ], /answer/],
  ["nobody is waited for who never answered", ["ListX"], [BROKEN, "ok"], [], /was reset/],
  [
    "a write whose answer was lost may have happened",
    ["GetX", "CreateX"],
    ["ok", BROKEN],
    [],
    /reset/,
  ],
  [
    "a refusal is not asked for again",
    ["ListX"],
    [new ApiError("AccessDenied", 403, "no"), "ok"],
    [],
    /no/,
  ],
  ["patience comes to an end", ["ListX"], [THROTTLED], [
    ...[200, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000],
  ], /Rate exceeded/],
];
for (const [what, operations, ends, waits, end] of patience) {
  test(`patientApi: ${what}`, async () => {
    const api = flaky(ends);
    let last: unknown;
    for (const operation of operations) {
      last = await api.call(operation).catch((error: unknown) => error);
    }
    assert.match(String(last), end);
    assert.deepEqual(api.waits, waits);
  });
}
