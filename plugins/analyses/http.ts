/** A number from an answer over HTTP: in its JSON, or its status. @module */
import {
  askHttp,
  beginning,
  defineAnalysis,
  filledIn,
  HTTP_SERVER,
  jsonAt,
  jsonOf,
  JsonPointer,
  numberIn,
  z,
} from "runtime/plugin";

export default defineAnalysis({
  name: "http",
  description: "the number at a JSON pointer of an HTTP answer, or without one the answer's status",
  config: z.object({ ...HTTP_SERVER, pointer: JsonPointer.optional() }),
  async measure({ config, ctx, deployment }) {
    const url = filledIn(config.url, deployment, encodeURIComponent);
    const response = await askHttp(ctx, { ...config, url });
    if (config.pointer === undefined) {
      return { value: response.status, evidence: `${url} answered HTTP ${response.status}` };
    }
    if (!response.ok) {
      const text = beginning(await response.text());
      throw new Error(`${url} answered HTTP ${response.status}: ${text}`);
    }
    const value = jsonAt(await jsonOf(response, url), config.pointer);
    const evidence = `${config.pointer} of ${url} is ${JSON.stringify(value) ?? "not there"}`;
    return { value: numberIn(value), evidence };
  },
});
