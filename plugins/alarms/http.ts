/**
 * An alarm over HTTP: a number or a word in the JSON of an answer, or its status. Of a status only
 * what a health check says counts, 2xx for OK and 5xx for ALARM; any other one says that something
 * else was asked, which is UNKNOWN.
 * @module
 */
import {
  type AlarmReading,
  askHttp,
  beginning,
  boundedAlarm,
  BOUNDS,
  type Bounds,
  boundsFault,
  defineAlarm,
  filledIn,
  HTTP_SERVER,
  jsonAt,
  jsonOf,
  JsonPointer,
  numberIn,
  z,
} from "runtime/plugin";

export default defineAlarm({
  name: "http",
  description: "ALARM by a number or a word in an HTTP answer's JSON, or by its status",
  config: z.object({
    ...HTTP_SERVER,
    ...BOUNDS,
    pointer: JsonPointer.optional(),
    /** Words that mean OK; any other word is an ALARM. */
    ok: z.array(z.string()).min(1).optional(),
  }).superRefine((config, context) => {
    const fault = configFault(config);
    if (fault !== undefined) {
      context.addIssue({ code: "custom", message: fault, path: ["pointer"] });
    }
  }),
  async read({ config, ctx, deployment }): Promise<AlarmReading> {
    const url = filledIn(config.url, deployment, encodeURIComponent);
    const { pointer, ok } = config;
    const response = await askHttp(ctx, { ...config, url });
    if (pointer === undefined || !response.ok) {
      const text = response.ok ? "" : `: ${beginning(await response.text())}`;
      const reason = `${url} answered HTTP ${response.status}${text}`;
      if (pointer !== undefined) return { state: "UNKNOWN", reason };
      return { state: response.ok ? "OK" : response.status >= 500 ? "ALARM" : "UNKNOWN", reason };
    }
    const value = jsonAt(await jsonOf(response, url), pointer);
    const reason = `${pointer} of ${url} is ${beginning(JSON.stringify(value) ?? "not there")}`;
    if (!ok) return boundedAlarm(config, { value: numberIn(value), evidence: reason });
    if (typeof value === "object" || value === undefined) return { state: "UNKNOWN", reason };
    return { state: ok.includes(String(value)) ? "OK" : "ALARM", reason };
  },
});

interface Chosen extends Bounds {
  pointer?: string | undefined;
  ok?: readonly string[] | undefined;
}

function configFault({ pointer, ok, min, max }: Chosen): string | undefined {
  const bounded = min !== undefined || max !== undefined;
  if (pointer === undefined) {
    return ok || bounded ? "min, max and ok are about what is at a pointer; give one" : undefined;
  }
  if (ok && bounded) return "min and max are for a number, ok is for a word; both are given";
  if (ok) return undefined;
  return bounded
    ? boundsFault({ min, max })
    : "pointer needs min or max for a number, ok for a word";
}
