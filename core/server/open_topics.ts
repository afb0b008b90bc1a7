/**
 * Puts topics together: how their messages leave the server, the API that manages them, and what
 * receivers fetch from it.
 * @module
 */
import type { Hono } from "hono";
import type { ApiContext } from "../api/context.ts";
import type { QueryService } from "../api/query/query_service.ts";
import { snsService } from "../api/query/sns/sns_service.ts";
import { topicLinks } from "../api/query/sns/topic_links.ts";
import type { Destination } from "../delivery/destination.ts";
import { type MailSettings, smtpMailer } from "../delivery/mail_receiver.ts";
import { CERTIFICATE_PATH } from "../delivery/sns_message.ts";
import { subscriptionDestination } from "../delivery/subscription.ts";
import { type SnsEndpoint, topicElsewhereDestination } from "../delivery/topic_elsewhere.ts";
import type { Realm } from "../domain/identity.ts";
import type { Store } from "../store/store.ts";
import { environmentKeys } from "../wire/aws_profile.ts";
import { StartRefused } from "./start_refused.ts";
import { topicIdentity } from "./topic_key.ts";

/** As on the command line. */
export interface TopicOptions {
  /** Where receivers of messages reach the server; the address it listens on if not given. */
  publicUrl?: string;
  /** `smtp://` or `smtps://`; RUNTIME_SMTP_URL if not given. */
  smtpUrl?: string;
  mailFrom?: string;
  /** Where topics of others are published to. */
  snsEndpoint?: string;
}

export interface TopicSettings {
  /** Origin, without a slash at its end; undefined stands for the address it listens on. */
  publicUrl: string | undefined;
  mail: MailSettings | undefined;
  snsEndpoint: SnsEndpoint | undefined;
}

/** The options, checked. Throws StartRefused. */
export function topicsFrom(options: TopicOptions, env: NodeJS.ProcessEnv): TopicSettings {
  const { publicUrl, snsEndpoint } = options;
  return {
    publicUrl: publicUrl === undefined ? undefined : originOf("--public-url", publicUrl),
    mail: mailFrom(options, env),
    snsEndpoint: snsEndpoint === undefined ? undefined : endpointOf(snsEndpoint, env),
  };
}

export interface Topics {
  destinations: readonly Destination[];
  service: QueryService;
  /** What needs no signature; stands before the other routes. */
  links(context: ApiContext): Hono;
}

export interface TopicParts {
  store: Store;
  directory: string;
  realm: Realm;
  publicUrl: string;
  settings: Pick<TopicSettings, "mail" | "snsEndpoint">;
  /** For receivers; trusts the authorities that were given for them. */
  fetch: typeof fetch;
  now(): number;
}

export function openTopics(parts: TopicParts): Topics {
  const { store, directory, realm, publicUrl, settings, now } = parts;
  const { mail, snsEndpoint } = settings;
  const identity = topicIdentity(directory, now);
  const subscriptions = subscriptionDestination({
    read: store.read,
    place: { realm, publicUrl },
    fetch: parts.fetch,
    signingKey: async () => (await identity()).key,
    mailer: mail && smtpMailer(mail),
  });
  const elsewhere = topicElsewhereDestination({
    store,
    realm,
    endpoint: snsEndpoint,
    fetch: parts.fetch,
  });
  const certificate = {
    path: CERTIFICATE_PATH,
    read: async () => (await identity()).certificate,
  };
  return {
    destinations: [subscriptions, elsewhere],
    service: snsService({ mail: mail !== undefined }),
    links: (context) => topicLinks(context, certificate),
  };
}

function mailFrom(options: TopicOptions, env: NodeJS.ProcessEnv): MailSettings | undefined {
  const smtpUrl = options.smtpUrl ?? (env["RUNTIME_SMTP_URL"] || undefined);
  const { mailFrom: from } = options;
  if (smtpUrl === undefined && from === undefined) return undefined;
  if (smtpUrl === undefined || from === undefined) {
    throw new StartRefused(
      "mail needs both: --smtp-url (or RUNTIME_SMTP_URL), the SMTP server, and --mail-from, the " +
        "sender's address.",
    );
  }
  const url = URL.canParse(smtpUrl) ? new URL(smtpUrl) : undefined;
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === "") {
    // The URL itself is not repeated: a password may be in it.
    throw new StartRefused("--smtp-url takes smtp://[USER:PASSWORD@]HOST[:PORT] or smtps://….");
  }
  if (!/^[^\s@<>]+@[^\s@<>]+$/.test(from)) {
    throw new StartRefused(`--mail-from takes an address such as a@example.com, not "${from}".`);
  }
  return { smtpUrl, from };
}

function endpointOf(given: string, env: NodeJS.ProcessEnv): SnsEndpoint {
  const url = originOf("--sns-endpoint", given);
  const credentials = environmentKeys(env);
  if (credentials) return { url, credentials };
  throw new StartRefused(
    "--sns-endpoint needs keys to publish with: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  );
}

function originOf(flag: string, given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.pathname === "/" && !url.search) {
    return url.origin;
  }
  throw new StartRefused(`${flag} takes a URL of the form https://HOST[:PORT], not "${given}".`);
}
