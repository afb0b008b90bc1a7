/** An alarm by the exit code of a program. @module */
import {
  type AlarmReading,
  defineAlarm,
  endText,
  PROGRAM,
  runForDeployment,
  z,
} from "runtime/plugin";

const STATES = new Map<number, AlarmReading["state"]>([[0, "OK"], [1, "ALARM"]]);

export default defineAlarm({
  name: "command",
  description: "OK while a program ends with exit code 0, ALARM with 1, UNKNOWN with any other",
  config: z.object(PROGRAM),
  async read({ config, ctx, deployment }) {
    const end = await runForDeployment(ctx, config, deployment);
    return { state: STATES.get(end.code) ?? "UNKNOWN", reason: endText(config, end) };
  },
});
