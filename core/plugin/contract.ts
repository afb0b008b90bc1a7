/**
 * `runtime/plugin`: all that a plugin may import. What ships with the server uses nothing else, so
 * whatever it can do, a team's own file can do too.
 * @module
 */
import { z } from "zod";
import { type Tag, type TagFilter, tagFilterMatches } from "../domain/tag.ts";

export { type Tag, type TagFilter, tagFilterMatches, z };
export * from "./balancer.ts";
export * from "./bounded_alarm.ts";
export * from "./context.ts";
export * from "./deployment_program.ts";
export * from "./drain.ts";
export { Duration } from "./duration.ts";
export * from "./healthy_hosts.ts";
export * from "./host_text.ts";
export * from "./http_question.ts";
export * from "./json_pointer.ts";
export * from "./measure.ts";
export * from "./number_in.ts";
export * from "./placeholders.ts";
export * from "./prometheus.ts";
export * from "./stepped.ts";
export * from "./strategy.ts";
export * from "./target.ts";
export * from "./until.ts";
