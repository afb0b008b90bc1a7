/** A number from a SQLite or libSQL database file of another program. @module */
import { beginning, defineAnalysis, filledIn, numberIn, z } from "runtime/plugin";

export default defineAnalysis({
  name: "sql",
  description: "the first column of the one row that a query of a SQLite file gives",
  config: z.object({
    /** Path of the database file on the server. */
    path: z.string().startsWith("/", "must be an absolute path"),
    /** `{deployment}`, `{application}` and `{group}` are filled in, for between single quotes. */
    query: z.string().min(1),
  }),
  async measure({ config, ctx, deployment }) {
    const asked = filledIn(config.query, deployment, (value) => value.replaceAll("'", "''"));
    const [row, second] = await ctx.query(config.path, asked);
    const shown = beginning(asked);
    if (second) throw new Error(`${shown} gives more than one row; it must give one number`);
    if (!row) return { value: undefined, evidence: `${shown} gives no row` };
    const [value] = Object.values(row);
    return { value: numberIn(value), evidence: `${shown} is ${beginning(String(value))}` };
  },
});
