/**
 * Operations on a deployment that is under way, with target `Runtime_20261125.<Operation>`: what
 * people do to it beside stopping it. All of them for the role deployer, all of them on record; who
 * may approve is the group's policy to say.
 * @module
 */
import { z } from "zod";
import { DeploymentId } from "../domain/name.ts";

const Deployment = z.object({ deploymentId: DeploymentId });
/** Why, for people who read it later. */
const WithMessage = Deployment.extend({ message: z.string().trim().min(1).max(256).optional() });

/** PauseDeployment: no host begins until ResumeDeployment; those under way go on. */
export const PauseDeploymentInput = WithMessage;
export const ResumeDeploymentInput = Deployment;
/** PromoteDeployment: past what it waits for now, or past all that it would wait for. */
export const PromoteDeploymentInput = Deployment.extend({ whole: z.boolean().default(false) });
export const ApproveDeploymentInput = Deployment;
/** RejectDeployment: the deployment is stopped, as its approval will not come. */
export const RejectDeploymentInput = WithMessage;
/** AbortDeployment: a stop, and back to the revision before. */
export const AbortDeploymentInput = WithMessage;
