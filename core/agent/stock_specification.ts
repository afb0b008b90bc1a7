/**
 * The answer of GetDeploymentSpecification, from a server without our additions, as the specification
 * of an order: signed by a pinned certificate, with what AWS's agent requires and its defaults (spec
 * 12.3, the words of its errors included). Loaded with the first such command.
 * @module
 */
import type { X509Certificate } from "node:crypto";
import { z } from "zod";
import { DeploymentSpecification } from "../wire/agent_protocol.ts";
import { openEnvelope, SpecificationRefused } from "./signed_specification.ts";

const ENVELOPE_FORMAT = "PKCS7/JSON";

const Output = z.object({
  DeploymentSystem: z.string().optional(),
  DeploymentSpecification: z.object({
    GenericEnvelope: z.object({ Format: z.string(), Payload: z.string() }),
  }),
});

const Members = z.record(z.string(), z.unknown());

/** Throws SpecificationRefused; `now` in milliseconds since the epoch. */
export function specificationIn(
  output: unknown,
  pinned: readonly X509Certificate[],
  now: number,
): DeploymentSpecification {
  const parsed = Output.safeParse(output);
  if (!parsed.success) throw new SpecificationRefused(sentence(parsed.error));
  const { DeploymentSystem, DeploymentSpecification: { GenericEnvelope } } = parsed.data;
  if (DeploymentSystem !== "CodeDeploy") {
    const found = DeploymentSystem ?? "not named";
    throw new SpecificationRefused(`the deployment system is ${found} instead of CodeDeploy`);
  }
  if (GenericEnvelope.Format !== ENVELOPE_FORMAT) {
    const found = GenericEnvelope.Format;
    throw new SpecificationRefused(
      `Unsupported DeploymentSpecification format: ${found}; only ${ENVELOPE_FORMAT} is signed`,
    );
  }
  return parseSpecification(openEnvelope(GenericEnvelope.Payload, pinned, now));
}

/** The JSON inside. Throws SpecificationRefused. */
export function parseSpecification(json: string): DeploymentSpecification {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SpecificationRefused(`the signed text is not JSON: ${why}`, { cause });
  }
  const parsed = DeploymentSpecification.safeParse(withDefaults(raw));
  if (!parsed.success) throw new SpecificationRefused(sentence(parsed.error));
  return parsed.data;
}

/** Members that may be left out; what is missing besides is for the schema to say. */
function withDefaults(raw: unknown): unknown {
  const members = Members.safeParse(raw).data;
  if (!members) return raw;
  const { DeploymentId: id, DeploymentCreator, DeploymentType, AgentActionOverrides } = members;
  const overrides = memberOf(AgentActionOverrides, "AgentOverrides");
  return {
    ...members,
    DeploymentId: typeof id === "string" && id.startsWith("arn:") ? id.replace(/^.*\//, "") : id,
    DeploymentCreator: DeploymentCreator ?? "user",
    DeploymentType: DeploymentType ?? "IN_PLACE",
    AgentActionOverrides: {
      AgentOverrides: {
        FileExistsBehavior: memberOf(overrides, "FileExistsBehavior") ?? "DISALLOW",
      },
    },
  };
}

function memberOf(value: unknown, name: string): unknown {
  return Members.safeParse(value).data?.[name];
}

function sentence({ issues: [issue] }: z.ZodError): string {
  return issue?.message ?? "Deployment Spec is not valid";
}
