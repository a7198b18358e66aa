/**
 * The fictional people of the login page, made from the territory that is loaded: a practitioner, a secretary, a
 * regulator and an operator.
 */
import type { Context } from '../../fhir/interaction.ts';
import { IDNPS } from '../../fhir/french/identifiers.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { PractitionerRole } from '../../fhir/resources.ts';
import { humanNamesOf } from '../../fhir/shared-elements.ts';
import { parseAnyResource, parseResource } from '../../fhir/json.ts';
import { CURRENT } from '../../sas/contract/contract.ts';
import type { RegulatorAccounts } from '../../sas/editor/accounts/accounts.ts';
import type { AgendaServer } from '../servers/agenda.ts';
import { type DemoEntry, demoIdentity } from '../../rest/access/people.ts';

const REGULATOR = { name: 'Inès Lemaire', email: 'ines.lemaire@samu.fictif.example' };

/** The account of the regulator, which the platform announces to the editors. */
export const REGULATOR_ACCOUNT: Resource = {
  resourceType: 'Practitioner',
  meta: { profile: [CURRENT.profiles.account] },
  identifier: [
    {
      type: { coding: [{ system: CURRENT.systems.identifierType, code: 'IDNPS' }] },
      system: IDNPS,
      value: '3456780581/11242343',
    },
  ],
  active: true,
  name: [{ family: 'Lemaire', given: ['Inès'] }],
  telecom: [{ system: 'email', value: REGULATOR.email }],
};

const regulator = (description: string): DemoEntry => ({
  person: {
    id: 'regulateur',
    roles: ['regulator'],
    description,
    identity: demoIdentity('regulateur', REGULATOR.name, { email: REGULATOR.email, fromSas: true }),
  },
});

export async function demoPeople({ backend, editor }: AgendaServer, context: Context): Promise<DemoEntry[]> {
  await openAccount(editor.accounts, context);
  const { rows } = await backend.repository.reader.search('PractitionerRole', [], { count: 200, total: 'none' });
  const roles = rows.map((row) => parseResource('PractitionerRole', row.body!));
  const place = (role: PractitionerRole): string | undefined => role.location?.[0]?.reference;
  // A place where several professionals work shows what a secretary sees.
  const chosen =
    roles.find(
      (role) =>
        place(role) !== undefined &&
        role.practitioner !== undefined &&
        roles.filter((other) => place(other) === place(role)).length > 1,
    ) ?? roles[0];
  const practitioner = chosen?.practitioner?.reference;
  const [stored] = practitioner === undefined ? [] : await backend.repository.reader.readReferences([practitioner]);
  const entries: DemoEntry[] = [];
  const add = (
    id: string,
    name: string,
    role: 'practitioner' | 'secretary' | 'operator',
    description: string,
    rights: { practitioner?: string; places?: string[] } = {},
  ): void => {
    const identity = demoIdentity(id, name);
    entries.push({
      person: { id, roles: [role], description, identity },
      rights: { name, subject: identity.subject, roles: [role], agendas: [], places: [], ...rights },
    });
  };
  if (practitioner !== undefined && stored !== undefined) {
    const [name] = humanNamesOf(parseAnyResource(stored.body!));
    add(
      'praticien',
      `Dr ${[...(name?.given ?? []), name?.family].join(' ')}`,
      'practitioner',
      'Ses propres agendas et leurs rendez-vous',
      { practitioner },
    );
    const at = place(chosen!);
    if (at !== undefined)
      add('secretaire', 'Sophie Delmas', 'secretary', 'Les agendas de tout un cabinet', { places: [at] });
  }
  entries.push(regulator('Cherche un créneau et le réserve pour un patient'));
  add('exploitant', 'Marc Aubert', 'operator', 'Surveille le service');
  return entries;
}

/** The people of the platform: a regulator who searches, and an operator. */
export function platformPeople(): DemoEntry[] {
  const identity = demoIdentity('exploitant', 'Marc Aubert');
  const operator: DemoEntry = {
    person: { id: 'exploitant', roles: ['operator'], description: 'Surveille la plateforme', identity },
    rights: { name: identity.name, subject: identity.subject, roles: ['operator'], agendas: [], places: [] },
  };
  return [regulator('Cherche un créneau chez tous les éditeurs'), operator];
}

/** Creates the account that the platform would have announced: the demonstration may run without a platform. */
async function openAccount(accounts: RegulatorAccounts, context: Context): Promise<void> {
  if ((await accounts.activeByEmail(REGULATOR.email)) === undefined) await accounts.create(context, REGULATOR_ACCOUNT);
}
