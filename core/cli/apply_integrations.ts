/**
 * The balancers, alarms and analyses of a file, and those that its groups name. What a group names is
 * looked up before anything is changed: in the file, or on the server.
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { IntegrationKind } from "../domain/integration.ts";
import { ListIntegrationsOutput } from "../wire/integrations_api.ts";
import type { Api } from "./api.ts";
import type { DeclaredFile } from "./apply_file.ts";
import type { Change } from "./apply_plan.ts";
import type { Fault } from "./yaml_file.ts";

type Integrations = ListIntegrationsOutput["integrations"];

/** Throws a usage failure with the places of the names that there are not. */
export async function integrationChanges(api: Api, file: DeclaredFile): Promise<Change[]> {
  const { declared, faulty } = file;
  const wanted: Integrations = IntegrationKind.options.flatMap((kind) =>
    declared[SECTIONS[kind]].map((one) => ({ kind, ...one }))
  );
  const named = namesOf(declared.applications);
  if (wanted.length + named.length === 0) return [];
  const answer = await api.runtime("ListIntegrations", {}, ListIntegrationsOutput);
  const present = byKey(answer.integrations);
  const known = new Set([...present.keys(), ...byKey(wanted).keys()]);
  const missing = named.filter((one) => !known.has(keyOf(one)));
  if (missing.length > 0) {
    throw faulty(missing.map(({ path, kind, name }): Fault => {
      const add = `declare it below ${SECTIONS[kind]}, or runtime ${kind} add ${name} --plugin P`;
      return { path, message: `${api.connection.url} has no ${kind} ${name}; ${add}` };
    }));
  }
  return wanted.flatMap((one) => change(one, present.get(keyOf(one))));
}

/** Where a file has those of a kind. */
const SECTIONS = { balancer: "balancers", alarm: "alarms", analysis: "analyses" } as const;

function change(wanted: Integrations[number], present: Integrations[number] | undefined): Change[] {
  const { kind, name } = wanted;
  // Unlike a group's lists, those of a config have an order: the words of a command.
  const members = (["plugin", "config"] as const)
    .filter((member) => !isDeepStrictEqual(present?.[member], wanted[member]));
  if (present && members.length === 0) return [];
  const calls = [{ operation: "PutIntegration", input: wanted, isOurs: true } as const];
  return [
    present
      ? { action: "update", kind, name, members, calls }
      : { action: "create", kind, name, members: [], calls },
  ];
}

interface Named {
  path: PropertyKey[];
  kind: IntegrationKind;
  name: string;
}

function namesOf(applications: DeclaredFile["declared"]["applications"]): Named[] {
  return applications.flatMap(({ groups }, application) =>
    groups.flatMap((group, index) =>
      (["balancer", "alarm"] as const).flatMap((kind) =>
        (group[SECTIONS[kind]] ?? []).map((name, entry) => ({
          path: ["applications", application, "groups", index, SECTIONS[kind], entry],
          kind,
          name,
        }))
      )
    )
  );
}

function byKey(integrations: Integrations): Map<string, Integrations[number]> {
  return new Map(integrations.map((one) => [keyOf(one), one]));
}

const keyOf = ({ kind, name }: { kind: IntegrationKind; name: string }) => `${kind} ${name}`;
