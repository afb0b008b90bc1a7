/** The operations of AWS IAM that this server has (API version 2010-05-08): users and their keys. @module */
import { queryOperationsByName, type QueryService } from "../query_service.ts";
import {
  createAccessKey,
  deleteAccessKey,
  listAccessKeys,
  updateAccessKey,
} from "./access_keys.ts";
import { attachUserPolicy, listAttachedUserPolicies, listGroupsForUser } from "./not_kept.ts";
import {
  deleteUserPolicy,
  getUserPolicy,
  listUserPolicies,
  putUserPolicy,
} from "./user_policies.ts";
import {
  createUser,
  deleteUser,
  getUser,
  listUsers,
  listUserTags,
  tagUser,
  untagUser,
} from "./users.ts";

export const IAM: QueryService = {
  signingName: "iam",
  version: "2010-05-08",
  namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
  operations: queryOperationsByName([
    attachUserPolicy,
    createAccessKey,
    createUser,
    deleteAccessKey,
    deleteUser,
    deleteUserPolicy,
    getUser,
    getUserPolicy,
    listAccessKeys,
    listAttachedUserPolicies,
    listGroupsForUser,
    listUserPolicies,
    listUsers,
    listUserTags,
    putUserPolicy,
    tagUser,
    untagUser,
    updateAccessKey,
  ]),
};
