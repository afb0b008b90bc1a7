/** A number that a program prints. @module */
import {
  beginning,
  defineAnalysis,
  endText,
  lastLine,
  numberIn,
  PROGRAM,
  runForDeployment,
  z,
} from "runtime/plugin";

/** Of a program's output no more is kept, so that what seems to be the last line may be none. */
const OUTPUT_BYTES_MAX = 64 * 1024;

export default defineAnalysis({
  name: "command",
  description: "the number in the last line that a program prints; it must end with exit code 0",
  config: z.object(PROGRAM),
  async measure({ config, ctx, deployment }) {
    const end = await runForDeployment(ctx, config, deployment);
    if (end.code !== 0) throw new Error(endText(config, end));
    if (new TextEncoder().encode(end.stdout).length >= OUTPUT_BYTES_MAX) {
      throw new Error(`${config.command[0]} printed 64 KiB or more; it must print one number`);
    }
    const line = lastLine(end.stdout);
    const evidence = `${config.command[0]} printed ${
      line === undefined ? "nothing" : beginning(line)
    }`;
    return { value: numberIn(line), evidence };
  },
});
