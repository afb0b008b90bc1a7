/** PutGroupPolicy and GetGroupPolicy, which CodeDeploy does not have. @module */
import { z } from "zod";
import { noteAudit } from "../../store/audit.ts";
import { groupPolicy, putGroupPolicy as put } from "../../store/group_policies.ts";
import { scopeNamed } from "../../store/scopes.ts";
import {
  GetGroupPolicyInput,
  GetGroupPolicyOutput,
  PutGroupPolicyInput,
} from "../../wire/scheduling_api.ts";
import { operation } from "../operation.ts";

export const putGroupPolicy = operation({
  name: "PutGroupPolicy",
  // It says who may approve.
  role: "admin",
  input: PutGroupPolicyInput,
  output: z.object({}),
  errors: [
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "DeploymentGroupDoesNotExistException",
    "DeploymentGroupNameRequiredException",
    "InvalidApplicationNameException",
    "InvalidDeploymentGroupNameException",
    "InvalidInputException",
  ],
  async run({ policy, ...group }, { store, now }, { caller }) {
    await store.commit((tx) => {
      const { id, subject } = scopeNamed(tx, group);
      put(tx, id, policy);
      const reason = JSON.stringify(policy);
      noteAudit(tx, { time: now(), who: caller.arn, action: "policy set", subject, reason });
    });
  },
});

export const getGroupPolicy = operation({
  name: "GetGroupPolicy",
  role: "viewer",
  input: GetGroupPolicyInput,
  output: GetGroupPolicyOutput,
  errors: [
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "DeploymentGroupDoesNotExistException",
    "DeploymentGroupNameRequiredException",
    "InvalidApplicationNameException",
    "InvalidDeploymentGroupNameException",
  ],
  run: (group, { store }) => ({
    policy: groupPolicy(store.read, scopeNamed(store.read, group).id),
  }),
});
