/** RegisterOnPremisesInstance: a name and the one ARN that the host signs as. @module */
import { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import { InstanceName } from "../../domain/instance_name.ts";
import { registerInstance } from "../../store/instances.ts";
import { newInstance } from "../new_instance.ts";
import { operation } from "../operation.ts";

const USER_ARN = /^arn:aws[a-z-]*:iam::\d{12}:user\/[A-Za-z0-9/+=,.@_-]+$/;
const SESSION_ARN = /^arn:aws[a-z-]*:sts::\d{12}:assumed-role\/[\w+=,.@-]+\/[\w+=,.@-]+$/;

export const registerOnPremisesInstance = operation({
  name: "RegisterOnPremisesInstance",
  role: "deployer",
  input: z.object({
    instanceName: InstanceName,
    iamUserArn: z.string()
      .regex(USER_ARN, "must look like arn:aws:iam::123456789012:user/NAME").optional(),
    iamSessionArn: z.string()
      .regex(SESSION_ARN, "must look like arn:aws:sts::123456789012:assumed-role/ROLE/SESSION")
      .optional(),
  }),
  output: z.object({}),
  errors: [
    "IamArnRequiredException",
    "IamSessionArnAlreadyRegisteredException",
    "IamUserArnAlreadyRegisteredException",
    "IamUserArnRequiredException",
    "InstanceNameAlreadyRegisteredException",
    "InstanceNameRequiredException",
    "InvalidIamSessionArnException",
    "InvalidIamUserArnException",
    "InvalidInstanceNameException",
    "MultipleIamArnsProvidedException",
  ],
  async run({ instanceName, iamUserArn, iamSessionArn }, context) {
    const identity = oneIdentity(iamUserArn, iamSessionArn);
    const instance = newInstance(context, { name: instanceName, identity, tags: [] });
    await context.store.commit((tx) => registerInstance(tx, instance));
  },
});

function oneIdentity(iamUserArn: string | undefined, iamSessionArn: string | undefined) {
  if (iamUserArn !== undefined && iamSessionArn !== undefined) {
    throw new DomainError(
      "MultipleIamArnsProvidedException",
      "iamUserArn",
      "iamUserArn and iamSessionArn are both given; an instance signs as one of them.",
    );
  }
  if (iamUserArn !== undefined) return { iamUserArn };
  if (iamSessionArn !== undefined) return { iamSessionArn };
  const needs = "Neither iamUserArn nor iamSessionArn is given; an instance needs one of them.";
  throw new DomainError("IamArnRequiredException", "iamUserArn", needs);
}
