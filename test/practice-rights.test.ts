/** The rights in a practice: each cell of `PRACTICE_RIGHTS`, tried over HTTP, and its table in the docs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRACTICE_RIGHTS, PRACTICE_ROLES, type PracticeLevel } from '../src/agenda/rules/practice-rights.ts';
import type { Json } from '../src/fhir/resource.ts';
import {
  AN_OFFER,
  agendaOf,
  furnish,
  type Guest,
  type NewPractice,
  practiceOf,
  startNewPractice,
} from './new-practice.ts';

const FILE = join(import.meta.dirname, '../docs/access.md');
const WORDS: Record<PracticeLevel, string> = {
  practice: 'crée, modifie',
  own: 'le sien',
  keep: 'crée, modifie',
  read: 'lit',
  none: '–',
};

it('the documentation is the table of the code', () => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const table = [
    line(['objet', 'gestionnaire', 'praticien', 'secrétaire', 'exploitant', 'précision']),
    `|${'---|'.repeat(6)}`,
    ...Object.values(PRACTICE_RIGHTS).map((right) => {
      return line([right.object, ...PRACTICE_ROLES.map((role) => WORDS[right.levels[role]]), right.note]);
    }),
  ].join('\n');
  const page = readFileSync(FILE, 'utf8');
  const documented = /\| objet \|[\s\S]*?(?=\n\n)/.exec(page)?.[0] ?? '| objet |';
  if (process.env['UPDATE_DOCS'] === '1')
    writeFileSync(
      FILE,
      page.replace(documented, () => table),
    );
  else expect(documented).toBe(table);
});

let opened: NewPractice;
let ids: Record<string, string>;
const guests: Record<string, Guest> = {};

beforeAll(async () => {
  opened = await startNewPractice(['manager', 'practitioner', 'secretary', 'desk', 'operator']);
  const { guest: manager } = await opened.join(await opened.code(), 'manager', 'Claire Martin');
  const practice = await practiceOf(manager);
  ids = await furnish(manager, 'Vasseur');
  const invite = async (person: string, role: string, target: string, ...powers: string[]): Promise<void> => {
    const { json } = await manager.ask('POST', `/fhir/${practice}/$invite`, {
      resourceType: 'Parameters',
      parameter: [
        { name: 'name', valueString: person },
        {
          name: 'right',
          part: [
            { name: 'role', valueCode: role },
            { name: 'target', valueReference: { reference: target } },
            ...powers.map((valueCode) => ({ name: 'power', valueCode })),
          ],
        },
      ],
    });
    guests[person] = (await opened.join(json.parameter[0].valueUrl.split('#')[1], person)).guest;
  };
  guests['practice-manager'] = manager;
  await invite('practitioner', 'practitioner', ids['practitioner']!);
  await invite('secretary', 'secretary', ids['place']!, 'hours');
  await invite('desk', 'secretary', ids['place']!);
  // The role of the people file: it has nothing of the practice.
  await opened.test.sql(
    'INSERT INTO person (id, practice, name, issuer, subject, created_at) ' +
      "VALUES ('o', 'none', 'o', $1, 'operator', now())",
    [opened.provider.issuer],
  );
  await opened.test.sql(`INSERT INTO person_right (person, role, target) VALUES ('o', 'operator', 'none')`);
  guests['operator'] = await opened.logIn('operator');
});
afterAll(() => opened.close());

/** Changes what is stored at this address. */
async function change(guest: Guest, reference: string, apply: (resource: Json) => Json): Promise<number> {
  const { json } = await guests['practice-manager']!.ask('GET', `/fhir/${reference}`);
  return (await guest.ask('PUT', `/fhir/${reference}`, apply(json))).status;
}

const reword = (resource: Json): Json => ({ ...resource, language: resource.language === 'fr' ? 'fr-FR' : 'fr' });
const closed = (schedule: Json): Json => ({ ...schedule, comment: `${schedule.comment ?? ''}.` });
const withOffer = (schedule: Json): Json => {
  const others = schedule.extension.filter(({ url }: Json) => url !== AN_OFFER.url);
  return { ...schedule, extension: others.length < schedule.extension.length ? others : [...others, AN_OFFER] };
};

let booked = 0;

/** Another time for each booking. */
function nextQuarter(): Json {
  const start = Date.parse('2026-11-25T08:00:00+01:00') + booked++ * 900_000;
  return { start: new Date(start).toISOString(), end: new Date(start + 900_000).toISOString() };
}

/** Writes that show whether somebody may change the object; each must be let through, or refused. */
const WRITES: Record<keyof typeof PRACTICE_RIGHTS, readonly ((guest: Guest) => Promise<number>)[]> = {
  structure: [
    (guest) => change(guest, ids['practice']!, reword),
    (guest) => change(guest, ids['place']!, reword),
    ...['Location', 'Device', 'HealthcareService'].map((resourceType) => async (guest: Guest) => {
      const owner = { Location: 'managingOrganization', Device: 'owner', HealthcareService: 'providedBy' }[
        resourceType
      ]!;
      const body = { resourceType, [owner]: { reference: ids['practice'] } };
      return (await guest.ask('POST', `/fhir/${resourceType}`, body)).status;
    }),
  ],
  professionals: [
    (guest) => change(guest, ids['practitioner']!, reword),
    (guest) => change(guest, ids['role']!, reword),
    async (guest) => (await guest.ask('POST', '/fhir/Practitioner', { resourceType: 'Practitioner' })).status,
  ],
  hours: [(guest) => change(guest, ids['schedule']!, closed)],
  offer: [(guest) => change(guest, ids['schedule']!, withOffer)],
  appointments: [
    async (guest) =>
      (
        await guest.ask('POST', '/fhir/Appointment', {
          ...{ resourceType: 'Appointment', status: 'proposed' },
          ...nextQuarter(),
          participant: [{ actor: { reference: ids['role'] }, status: 'accepted' }],
        })
      ).status,
    async (guest) => {
      const asked = await guests['practice-manager']!.ask('POST', '/fhir/Appointment', {
        ...{ resourceType: 'Appointment', status: 'proposed' },
        ...nextQuarter(),
        participant: [{ actor: { reference: ids['role'] }, status: 'needs-action' }],
      });
      const answer = {
        ...{ resourceType: 'AppointmentResponse', participantStatus: 'accepted' },
        ...{ appointment: { reference: `Appointment/${asked.json.id}` }, actor: { reference: ids['role'] } },
      };
      return (await guest.ask('POST', '/fhir/AppointmentResponse', answer)).status;
    },
    async (guest) => {
      const asked = await guests['practice-manager']!.ask('POST', '/fhir/Appointment', {
        ...{ resourceType: 'Appointment', status: 'proposed' },
        ...nextQuarter(),
        participant: [{ actor: { reference: ids['role'] }, status: 'needs-action' }],
      });
      const to = { reference: `Appointment/${asked.json.id}` };
      const file = { resourceType: 'Binary', contentType: 'text/plain', data: 'QQ==', securityContext: to };
      const document = {
        ...{ resourceType: 'DocumentReference', status: 'current', context: { related: [to] } },
        content: [{ attachment: { url: 'https://elsewhere.example/a.pdf' } }],
      };
      const [first, second] = [
        await guest.ask('POST', '/fhir/Binary', file),
        await guest.ask('POST', '/fhir/DocumentReference', document),
      ];
      return Math.max(first.status, second.status);
    },
  ],
  patients: [async (guest) => (await guest.ask('POST', '/fhir/Patient', { resourceType: 'Patient' })).status],
  people: [
    async (guest) => (await guest.ask('GET', `/fhir/${ids['practice']}/$people`)).status,
    async (guest) =>
      (
        await guest.ask('POST', `/fhir/${ids['practice']}/$invite`, {
          resourceType: 'Parameters',
          parameter: [
            { name: 'name', valueString: 'X' },
            {
              name: 'right',
              part: [
                { name: 'role', valueCode: 'secretary' },
                { name: 'target', valueReference: { reference: ids['place'] } },
              ],
            },
          ],
        })
      ).status,
  ],
};

describe('each cell over HTTP', () => {
  const cells = (Object.keys(PRACTICE_RIGHTS) as (keyof typeof PRACTICE_RIGHTS)[]).flatMap((object) =>
    PRACTICE_ROLES.map((role) => ({ object, role, level: PRACTICE_RIGHTS[object].levels[role] as PracticeLevel })),
  );

  it.each(cells)('$object by $role: $level', async ({ object, role, level }) => {
    const mayWrite = level !== 'read' && level !== 'none';
    for (const write of WRITES[object]) {
      const status = await write(guests[role]!);
      expect([object, role, mayWrite ? status < 300 : status]).toEqual([object, role, mayWrite ? true : 403]);
    }
  });

  it('a secretary who was not given the hours books, and does not change them', async () => {
    const [hours] = WRITES.hours;
    const [book] = WRITES.appointments;
    expect([await hours!(guests['desk']!), await book!(guests['desk']!)]).toEqual([403, 201]);
  });
});

describe('the wall between practices', () => {
  it('a manager takes nothing from another practice, enters none, and claims nobody who works there', async () => {
    const program = { reference: 'Organization/other' };
    const other = async (resource: Json): Promise<void> => {
      const { server } = opened.test;
      await server.backend.update(
        { now: opened.test.clock.now, requestId: 't', caller: 't', roles: ['*'], strict: false, base: '' },
        resource as never,
        resource.id,
        {},
      );
    };
    await other({ resourceType: 'Organization', id: 'other', name: 'Autre' });
    await other({ resourceType: 'Location', id: 'other', name: 'Là', managingOrganization: program });
    await other({ resourceType: 'Practitioner', id: 'other' });
    await other({
      ...{ resourceType: 'PractitionerRole', id: 'other', organization: program },
      practitioner: { reference: 'Practitioner/other' },
    });
    await other({ ...agendaOf('Practitioner/other', 'PractitionerRole/other'), id: 'other' });
    const manager = guests['practice-manager']!;
    const own = { reference: ids['practice'] };
    const tries: [string, string, Json][] = [
      ['PUT', 'Organization/other', { name: 'À moi' }],
      ['PUT', 'Location/other', { name: 'À moi', managingOrganization: own }],
      ['PUT', 'Practitioner/other', { active: false }],
      ['PUT', 'PractitionerRole/other', { organization: own, practitioner: { reference: 'Practitioner/other' } }],
      ['POST', 'PractitionerRole', { organization: own, practitioner: { reference: 'Practitioner/other' } }],
      ['POST', 'PractitionerRole', { organization: own, location: [{ reference: 'Location/other' }] }],
      ['POST', 'Location', { name: 'Salle', managingOrganization: own, partOf: { reference: 'Location/other' } }],
      ['POST', 'Location', { name: 'Nulle part' }],
      ['POST', 'Location', { name: 'Là', managingOrganization: program }],
      ['PUT', 'Schedule/other', { ...agendaOf('Practitioner/other', 'PractitionerRole/other'), comment: 'fermé' }],
    ];
    const statuses = [];
    for (const [method, path, body] of tries) {
      const [resourceType, id] = path.split('/');
      const { status } = await manager.ask(method, `/fhir/${path}`, { resourceType, ...(id ? { id } : {}), ...body });
      statuses.push([path, status]);
    }
    expect(statuses).toEqual(tries.map(([, path]) => [path, 403]));
    expect((await manager.ask('GET', '/fhir/Organization/other/$people')).status).toBe(404);
  });
});
