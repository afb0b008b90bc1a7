/** The operations of Amazon SNS that topics for triggers need (API version 2010-03-31). @module */
import { queryOperationsByName, type QueryService } from "../query_service.ts";
import { publish } from "./publish.ts";
import { getSubscriptionAttributes, setSubscriptionAttributes } from "./subscription_attributes.ts";
import {
  confirmSubscription,
  listSubscriptions,
  listSubscriptionsByTopic,
  subscribe,
  unsubscribe,
} from "./subscription_operations.ts";
import { getTopicAttributes, setTopicAttributes } from "./topic_attributes.ts";
import { createTopic, deleteTopic, listTopics } from "./topic_operations.ts";
import { listTagsForResource, tagResource, untagResource } from "./topic_tags.ts";

export const SNS_NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/";

/** `mail`: whether this server can send any. */
export function snsService(able: { mail: boolean }): QueryService {
  return {
    signingName: "sns",
    version: "2010-03-31",
    namespace: SNS_NAMESPACE,
    invalidParameter: "InvalidParameter",
    operations: queryOperationsByName([
      confirmSubscription,
      createTopic,
      deleteTopic,
      getSubscriptionAttributes,
      getTopicAttributes,
      listSubscriptions,
      listSubscriptionsByTopic,
      listTagsForResource,
      listTopics,
      publish,
      setSubscriptionAttributes,
      setTopicAttributes,
      subscribe(able),
      tagResource,
      unsubscribe,
      untagResource,
    ]),
  };
}
