/** Questions to Prometheus, or to whatever answers its HTTP API. @module */
import { z } from "zod";
import type { DeploymentView, PluginContext } from "./context.ts";
import { askHttp, beginning, type HttpServer, jsonOf } from "./http_question.ts";
import type { Measurement } from "./measure.ts";
import { numberIn } from "./number_in.ts";
import { filledIn } from "./placeholders.ts";

const Answer = z.discriminatedUnion("status", [
  z.object({ status: z.literal("success"), data: z.unknown() }),
  z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() }),
]);

/** Of an instant query. A sample is its time and its value, a text. */
const Sample = z.tuple([z.number(), z.string()]);
const Result = z.discriminatedUnion("resultType", [
  z.object({
    resultType: z.literal("vector"),
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: Sample.optional() }),
    ),
  }),
  z.object({ resultType: z.literal("scalar"), result: Sample }),
  z.object({ resultType: z.literal("matrix") }),
  z.object({ resultType: z.literal("string") }),
]);

type Asking = Pick<PluginContext, "fetch" | "secret">;

/** `data` of an answer of the API; throws with the text of the API's error. */
export async function askPrometheus(
  ctx: Asking,
  server: HttpServer,
  path: `/api/v1/${string}`,
  parameters: Readonly<Record<string, string>>,
): Promise<unknown> {
  const url = new URL(server.url);
  url.pathname = url.pathname.replace(/\/+$/, "") + path;
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const response = await askHttp(ctx, { ...server, url: url.href });
  const json = await jsonOf(response, server.url);
  const { data: answer } = Answer.safeParse(json);
  if (answer?.status === "success") return answer.data;
  if (answer) throw new Error(`Prometheus: ${answer.errorType}: ${answer.error}`);
  const text = beginning(JSON.stringify(json));
  throw new Error(`${server.url} answered HTTP ${response.status}, but not as Prometheus: ${text}`);
}

/**
 * The number that an instant query gives now, its placeholders filled in; undefined where no series
 * matches. More than one series is an error: which of them was meant?
 */
export async function prometheusValue(
  { ctx, deployment }: { readonly ctx: Asking; readonly deployment: DeploymentView },
  { query, ...server }: HttpServer & { readonly query: string },
): Promise<Measurement> {
  const asked = filledIn(query, deployment, quotedInPromql);
  const result = Result.safeParse(
    await askPrometheus(ctx, server, "/api/v1/query", { query: asked }),
  );
  const shown = beginning(asked);
  if (!result.success) throw new Error(`Prometheus answered ${shown} in a form that is not known`);
  const { data } = result;
  if (data.resultType === "scalar") return measured(shown, data.result[1]);
  if (data.resultType !== "vector") {
    const what = data.resultType === "matrix" ? "a range of values" : "a text";
    throw new Error(`${shown} gives ${what}; it must give one number, such as sum(rate(…[5m]))`);
  }
  const [first, second] = data.result;
  if (first === undefined) return { value: undefined, evidence: `${shown}: no series matches` };
  if (second !== undefined) {
    throw new Error(
      `${shown} gives ${data.result.length} series, such as ${labels(first.metric)} and ` +
        `${labels(second.metric)}; aggregate them to one, with sum(), avg() or max()`,
    );
  }
  if (first.value === undefined) {
    throw new Error(`${shown} gives a histogram; take a number of it, with histogram_quantile()`);
  }
  return measured(shown, first.value[1]);
}

function measured(query: string, text: string): Measurement {
  return { value: numberIn(text), evidence: `${query} is ${text}` };
}

/** Values stand between double quotes in PromQL. */
function quotedInPromql(value: string): string {
  return value.replace(/["\\]/g, "\\$&");
}

function labels(metric: Readonly<Record<string, string>>): string {
  const { __name__: name = "", ...others } = metric;
  const pairs = Object.entries(others).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}{${pairs.join(", ")}}`;
}
