/**
 * People read (`docs/access.md`, "Ce qu'une personne lit") the appointments and patients of their own agendas, and
 * everything that is public inside the practice.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFINITION_TYPES } from '../src/fhir/search/tables/definitions.ts';
import { PERSON_READS } from '../src/store/resources/read-rights.ts';
import type { Json } from '../src/fhir/resource.ts';
import { startTeam, type Team } from './team.ts';

const ROLES = ['practitioner', 'secretary'] as const;

let team: Team;
/** Ids of appointments. */
let own: string;
let others: string;
let cancelled: string;

const patient = (id: string, family: string): Json => ({
  resourceType: 'Patient',
  id,
  identifier: [{ system: 'urn:ins', value: id }],
  name: [{ family }],
});
const with_ = (who: string, actor: string): Json => ({
  participant: [actor, who].map((reference) => ({ actor: { reference }, status: 'accepted' })),
});

async function book(schedule: string, day: string, who: string, more: Json = {}): Promise<string> {
  const { status, json } = await team.test.request(
    'POST',
    'Appointment',
    team.appointment(schedule, day, { ...with_(who, `Practitioner/${schedule.split('-')[0]}`), ...more }),
  );
  expect(status, JSON.stringify(json)).toBe(201);
  return json.id;
}

beforeAll(async () => {
  team = await startTeam();
  await team.put(patient('mien', 'Durand'), patient('autre', 'Secret'), patient('nouveau', 'Nouveau'));
  await team.put(
    {
      resourceType: 'RelatedPerson',
      id: 'pere-autre',
      patient: { reference: 'Patient/autre' },
      name: [{ family: 'Secret' }],
    },
    { resourceType: 'RelatedPerson', id: 'pere-mien', patient: { reference: 'Patient/mien' } },
  );
  own = await book('quota-cabinet', '25', 'Patient/mien');
  others = await book('petit-cabinet', '25', 'Patient/autre');
  cancelled = await book('quota-cabinet', '26', 'Patient/mien');
  const { json } = await team.test.request('GET', `Appointment/${cancelled}`);
  await team.test.request('PUT', `Appointment/${cancelled}`, { ...json, status: 'cancelled' });
});
afterAll(() => team.test.close());

const found = ({ json }: { json: Json }): string[] =>
  (json.entry ?? [])
    .filter((entry: Json) => entry.search?.mode !== 'outcome')
    .map((entry: Json) => `${entry.resource.resourceType}/${entry.resource.id}`)
    .sort();

describe('the table of who reads which type', () => {
  it('is in the documentation', () => {
    const rows = readFileSync(join(import.meta.dirname, '../docs/access.md'), 'utf8')
      .split("\n### Ce qu'une personne lit")[1]!
      .split('\n#')[0]!
      .split('\n')
      .filter((line) => /^\| `[A-Z]/.test(line))
      .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
    const readsOf = (text: string): string =>
      text.startsWith('tout') ? 'all' : text.startsWith('rien') ? 'none' : 'own';
    expect(rows.map(([, type, text]) => [type, readsOf(text!)])).toEqual(Object.entries(PERSON_READS));
  });

  it('has a line for every type that the running server stores, and for no other', async () => {
    const { json } = await team.test.request('GET', 'metadata');
    const served = json.rest[0].resource.map((resource: Json) => resource.type);
    // Definitions describe the software, and a Bundle is never kept.
    const published = [...DEFINITION_TYPES, 'Bundle'];
    expect(served.filter((type: string) => !published.includes(type)).sort()).toEqual(Object.keys(PERSON_READS).sort());
  });
});

describe.each(ROLES)('a %s', (role) => {
  const as = (method: string, path: string, body?: Json) => team.as(role, method, path, body);
  const statuses = async (...paths: string[]): Promise<number[]> =>
    (await Promise.all(paths.map((path) => as('GET', path)))).map((one) => one.status);

  it('finds and reads the appointments of her own agendas in every status', async () => {
    const all = await as('GET', 'Appointment');
    expect([found(all), all.json.total]).toEqual([[`Appointment/${own}`, `Appointment/${cancelled}`].sort(), 2]);
    expect(
      await statuses(
        `Appointment/${own}`,
        `Appointment/${own}/_history`,
        `Appointment/${own}/_history/1`,
        `Appointment/${cancelled}`,
      ),
    ).toEqual([200, 200, 200, 200]);
  });

  it('does not read those of others: neither by id, nor old versions, nor in the history', async () => {
    const refused = await as('GET', `Appointment/${others}`);
    expect([refused.status, refused.json.issue[0].details.text]).toEqual([
      403,
      "Ce rendez-vous n'est pas sur l'un de vos agendas.",
    ]);
    expect(
      await statuses(
        `Appointment/${others}/_history`,
        `Appointment/${others}/_history/1`,
        'Appointment/_history',
        'Patient/_history',
        '_history',
        '_history?_after=0',
      ),
    ).toEqual([403, 403, 403, 403, 403, 403]);
    expect(await statuses('Practitioner/_history', 'Schedule/petit-cabinet/_history')).toEqual([200, 200]);
    expect(found(await as('GET', `Appointment?_id=${others}`))).toEqual([]);
  });

  it('finds and reads her patients, and patients without appointments', async () => {
    expect(found(await as('GET', 'Patient?family=Durand,Nouveau,Secret'))).toEqual(['Patient/mien', 'Patient/nouveau']);
    expect(
      await statuses(
        'Patient/mien',
        'Patient/nouveau',
        'Patient/autre',
        'RelatedPerson/pere-mien',
        'RelatedPerson/pere-autre',
      ),
    ).toEqual([200, 200, 403, 200, 403]);
    expect(found(await as('GET', 'RelatedPerson'))).toEqual(['RelatedPerson/pere-mien']);
    expect(await statuses('Patient/autre/Appointment', 'Patient/autre/*')).toEqual([403, 403]);
  });

  it('learns nothing about hidden resources from resources that refer to them', async () => {
    const empty = [
      'Appointment?patient.family=Secret',
      'Practitioner?_has:Appointment:practitioner:patient.family=Secret',
      'Patient?_has:Appointment:patient:actor=Practitioner/petit',
      'Schedule?actor:Practitioner._has:Appointment:practitioner:patient=Patient/autre',
      'Slot?_has:Appointment:slot:patient.family=Secret',
    ];
    for (const one of empty) expect(found(await as('GET', one)), one).toEqual([]);
    const included = [
      ...found(
        await as(
          'GET',
          'Practitioner?_id=petit,quota&_revinclude=Appointment:practitioner&_include:iterate=Appointment:patient',
        ),
      ),
    ];
    expect(included).toEqual(
      [
        `Appointment/${own}`,
        `Appointment/${cancelled}`,
        'Patient/mien',
        'Practitioner/petit',
        'Practitioner/quota',
      ].sort(),
    );
    expect(found(await as('GET', 'Practitioner/petit/Appointment'))).toEqual([]);
  });

  it('sees the busy time of a colleague, but no patient', async () => {
    const { json } = await as('GET', 'Schedule/petit-cabinet/$agenda?start=2026-11-25&end=2026-11-26');
    const of = (name: string): Json[] => json.parameter.filter((parameter: Json) => parameter.name === name);
    expect([of('appointment'), of('patient'), of('busy')]).toEqual([
      [],
      [],
      [
        {
          name: 'busy',
          part: [
            { name: 'start', valueDateTime: '2026-11-25T10:00:00+01:00' },
            { name: 'end', valueDateTime: '2026-11-25T10:30:00+01:00' },
          ],
        },
      ],
    ]);
    const mine = await as('GET', 'Schedule/quota-cabinet/$agenda?start=2026-11-25&end=2026-11-26');
    expect(
      mine.json.parameter
        .filter((parameter: Json) => /appointment|busy|patient/.test(parameter.name))
        .map((parameter: Json) => [parameter.name, (parameter.resource ?? parameter.part[0].resource).id]),
    ).toEqual([
      ['appointment', own],
      ['patient', 'mien'],
    ]);
  });

  it('reads the directory, all agendas and all free slots', async () => {
    expect(
      await statuses(
        'Practitioner/petit',
        'PractitionerRole/petit-cabinet',
        'Location/cabinet',
        'Organization/sos',
        'HealthcareService/cpts-a',
        'Schedule/petit-cabinet',
      ),
    ).toEqual([200, 200, 200, 200, 200, 200]);
    const slots = await as('GET', 'Slot?schedule=petit-cabinet&status=free&start=ge2026-11-25');
    expect(slots.json.total).toBe(1);
    expect(
      JSON.stringify(
        (await as('GET', 'Slot?schedule=petit-cabinet&status=busy&start=ge2026-11-25&start=lt2026-11-26')).json,
      ),
    ).not.toMatch(/autre|Secret/);
  });

  it('reads the audit events of her own agendas, but no subscription', async () => {
    const made = await Promise.all(
      [
        ['quota', '26'],
        ['petit', '25'],
      ].map(([who, day]) =>
        team.test.request(
          'POST',
          'Appointment',
          team.appointment(`${who}-cabinet`, day!, {
            ...with_('Patient/alice', `Practitioner/${who}`),
            extension: [{ url: 'urn:creneau:fhir:overbooking', valueBoolean: true }],
          }),
        ),
      ),
    );
    expect(made.map((one) => one.status)).toEqual([201, 201]);
    const audited = async (schedule: string): Promise<number> =>
      (await as('GET', `AuditEvent?entity=Schedule/${schedule}`)).json.total;
    expect(await audited('quota-cabinet')).toBeGreaterThan(0);
    expect(await audited('petit-cabinet')).toBe(0);
    expect((await as('GET', 'Subscription')).json.total).toBe(0);
    for (const one of made) await team.test.request('DELETE', `Appointment/${one.json.id}`);
  });

  it('cannot change, book, share or match by a condition a patient whom she may not read', async () => {
    const outcomes = [
      await as('PUT', 'Patient/autre', { ...patient('autre', 'Changé') }),
      await as('PATCH', 'Patient/autre', {
        resourceType: 'Parameters',
        parameter: [
          {
            name: 'operation',
            part: [
              { name: 'type', valueCode: 'replace' },
              { name: 'path', valueString: 'Patient.birthDate' },
              { name: 'value', valueDate: '2000-01-01' },
            ],
          },
        ],
      }),
      await as(
        'POST',
        'Appointment',
        team.appointment('quota-cabinet', '26', with_('Patient/autre', 'Practitioner/quota')),
      ),
      await as('POST', 'Patient/autre/$calendar-link'),
      await as('POST', 'Patient/mien/$calendar-link'),
    ];
    expect(outcomes.map((outcome) => outcome.status)).toEqual([403, 403, 403, 403, 403]);
    expect(outcomes[2]!.json.issue[0].details.text).toBe("Ce patient n'est connu que d'autres agendas que les vôtres.");
    const entry = {
      resource: { ...patient('x', 'X'), id: undefined },
      request: { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=urn:ins|autre' },
    };
    const whole = await as('POST', '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        entry,
        {
          resource: { resourceType: 'Patient', identifier: [{ system: 'urn:ins', value: 'à côté' }] },
          request: { method: 'POST', url: 'Patient' },
        },
      ],
    });
    expect([whole.status, JSON.stringify(whole.json).includes('Secret')]).toEqual([403, false]);
    expect((await team.test.request('GET', 'Patient?identifier=urn:ins|à côté')).json.total).toBe(0);
    expect((await as('PUT', 'Patient/mien', patient('mien', 'Durand'))).status).toBe(200);
  });
});

it('what was moved to a colleague is seen by both when it moves, and by the colleague alone after', async () => {
  const time = { start: '2026-11-25T09:00:00+01:00', end: '2026-11-25T09:30:00+01:00' };
  const id = await book('quota-cabinet', '25', 'Patient/mien', time);
  const before = (await team.test.request('GET', `Appointment/${id}`)).json;
  const moved = (
    await team.test.request('PUT', `Appointment/${id}`, {
      ...before,
      slot: undefined,
      ...with_('Patient/mien', 'Practitioner/petit'),
    })
  ).json;
  expect((await team.as('practitioner', 'GET', `Appointment/${id}`)).status).toBe(200);
  await team.test.request('PUT', `Appointment/${id}`, { ...moved, comment: 'chez le confrère' });
  expect((await team.as('practitioner', 'GET', `Appointment/${id}`)).status).toBe(403);
});

it('a request that holds no time yet is on the agenda that it is for', async () => {
  const id = await book('quota-cabinet', '26', 'Patient/mien', { status: 'waitlist' });
  expect((await team.as('secretary', 'GET', `Appointment/${id}`)).status).toBe(200);
  const other = await book('petit-cabinet', '25', 'Patient/mien', { status: 'waitlist' });
  expect((await team.as('secretary', 'GET', `Appointment/${other}`)).status).toBe(403);
});
