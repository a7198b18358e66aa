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
import { detoursTo } from './detours.ts';
import { CUSTODY, startTeam, type Team } from './team.ts';

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
  await team.put(patient('mien', 'Durand'), patient('autre', 'Secret'));
  await team.put({ ...patient('nouveau', 'Nouveau'), ...CUSTODY }, patient('sans', 'Nouveau'));
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

/** The resources of an answer as text: what it says about the request itself shows nothing. */
function shownIn({ json, text }: { json: Json; text: string }): string {
  return json === undefined ? text : JSON.stringify(resourcesIn(json));
}

function resourcesIn(resource: Json): Json[] {
  if (resource === undefined || resource.resourceType === 'OperationOutcome') return [];
  if (resource.resourceType !== 'Bundle') return [resource];
  return (resource.entry ?? []).flatMap((entry: Json) => resourcesIn(entry.resource));
}

describe('the table of read rights', () => {
  it('is in the documentation', () => {
    const rows = readFileSync(join(import.meta.dirname, '../docs/access.md'), 'utf8')
      .split("\n### Ce qu'une personne lit")[1]!
      .split('\n#')[0]!
      .split('\n')
      .filter((line) => /^\| `[A-Z]/.test(line))
      .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
    const readsOf = (text: string): string =>
      text.startsWith('tout') ? 'all' : text.startsWith('rien') ? 'none' : 'own';
    expect(rows.map(([, type, text]) => [type, readsOf(text!)]).sort()).toEqual(Object.entries(PERSON_READS).sort());
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
    (await Promise.all(paths.map((path) => as('GET', path)))).map((reply) => reply.status);

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

  it('finds and reads her patients, and those without appointment whom her structure has in its custody', async () => {
    expect(found(await as('GET', 'Patient?family=Durand,Nouveau,Secret'))).toEqual(['Patient/mien', 'Patient/nouveau']);
    expect(
      await statuses(
        'Patient/mien',
        'Patient/nouveau',
        'Patient/autre',
        'Patient/sans',
        'RelatedPerson/pere-mien',
        'RelatedPerson/pere-autre',
      ),
    ).toEqual([200, 200, 403, 403, 200, 403]);
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
    for (const path of empty) expect(found(await as('GET', path)), path).toEqual([]);
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

  it('reaches nothing hidden by any detour', async () => {
    const hidden = [
      { type: 'Patient', id: 'autre' },
      { type: 'RelatedPerson', id: 'pere-autre' },
      { type: 'Appointment', id: others },
    ];
    const marks = new RegExp(`Secret|Patient/autre|pere-autre|${others}`);
    for (const { type, id } of hidden) {
      for (const { method, path, body } of detoursTo({ type, id }, team.test.base)) {
        const reply = await as(method, path, body);
        const label = `${method} ${path} ${JSON.stringify(body ?? '').slice(0, 300)}`;
        expect([label, reply.status < 500, marks.exec(shownIn(reply))?.[0]]).toEqual([label, true, undefined]);
      }
      expect(await statuses(`${type}/${id}`), 'after all of them').toEqual([403]);
    }
  });

  it('sees no plan of the database: it estimates from hidden data too', async () => {
    expect(await statuses('Patient?__explain=true', 'Slot?schedule=quota-cabinet&__explain=true')).toEqual([403, 403]);
    const asked = await team.test.request('GET', 'Patient?__explain=true');
    expect([asked.status, JSON.stringify(asked.json)]).toEqual([200, expect.stringContaining('patient')]);
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

  it('learns who had access to her own agendas and patients, but reads no trail and no subscription', async () => {
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
    expect(made.map((reply) => reply.status)).toEqual([201, 201]);
    const accesses = await as('GET', 'Schedule/quota-cabinet/$accesses?subtype=overbooking');
    expect(accesses.json.total).toBeGreaterThan(0);
    expect((await as('GET', 'Patient/alice/$accesses?action=C')).json.total).toBeGreaterThan(0);
    for (const path of ['Schedule/petit-cabinet/$accesses', 'Patient/autre/$accesses', 'AuditEvent', 'AuditEvent/x'])
      expect([path, (await as('GET', path)).status]).toEqual([path, 403]);
    expect((await as('GET', 'Subscription')).json.total).toBe(0);
    for (const reply of made) await team.test.request('DELETE', `Appointment/${reply.json.id}`);
  });

  it('reads and gives the answers to her appointments, for herself and her patients, for no colleague', async () => {
    const { json, status, text } = await team.test.request(
      'POST',
      'Appointment',
      team.appointment('quota-cabinet', '26', {
        status: 'waitlist',
        participant: ['Practitioner/quota', 'Practitioner/petit', 'Patient/mien'].map((reference) => ({
          ...{ actor: { reference }, status: 'needs-action' },
        })),
      }),
    );
    expect(status, text).toBe(201);
    const answer = (id: string, actor: string): Json => ({
      ...{ resourceType: 'AppointmentResponse', participantStatus: 'tentative' },
      ...{ appointment: { reference: `Appointment/${id}` }, actor: { reference: actor } },
    });
    const post = (id: string, actor: string) => as('POST', 'AppointmentResponse', answer(id, actor));
    const given = [];
    for (const actor of ['Practitioner/quota', 'Patient/mien', 'Practitioner/petit'])
      given.push((await post(json.id, actor)).status);
    given.push((await post(others, 'Patient/autre')).status, (await post(others, 'Practitioner/quota')).status);
    expect(given).toEqual([201, 201, 403, 403, 403]);
    const colleague = await team.as('colleague', 'POST', 'AppointmentResponse', answer(json.id, 'Practitioner/petit'));
    expect(colleague.status).toBe(201);
    const hidden = await team.test.request('POST', 'AppointmentResponse', answer(others, 'Patient/autre'));
    const read = await as('GET', 'AppointmentResponse?_include=AppointmentResponse:appointment');
    const { total } = (await as('GET', `AppointmentResponse?appointment=Appointment/${json.id}`)).json;
    expect([read.json.total, found(read).includes(`Appointment/${others}`), total]).toEqual([total, false, 3]);
    expect(await statuses(`AppointmentResponse/${hidden.json.id}`)).toEqual([403]);
    for (const { resource } of (await team.test.request('GET', 'AppointmentResponse')).json.entry)
      await team.test.request('DELETE', `AppointmentResponse/${resource.id}`);
    await team.test.request('DELETE', `Appointment/${json.id}`);
  });

  it('cannot change, book, share or find by a condition a patient whom she may not read', async () => {
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
    // A patient whom she may not read matches nothing: the answer would tell that he is there.
    const made = whole.json.entry.map(({ response }: Json) => response.status);
    expect([whole.status, made, whole.text.includes('Secret')]).toEqual([200, ['201', '201'], false]);
    expect(whole.json.entry[0].resource.id).not.toBe('autre');
    expect((await as('PUT', 'Patient/mien', patient('mien', 'Durand'))).status).toBe(200);
  });
});

it('an appointment that moves to a colleague is seen by both then, and later by the colleague alone', async () => {
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

it('a request without a time is seen on the agenda that it asks for', async () => {
  const id = await book('quota-cabinet', '26', 'Patient/mien', { status: 'waitlist' });
  expect((await team.as('secretary', 'GET', `Appointment/${id}`)).status).toBe(200);
  const other = await book('petit-cabinet', '25', 'Patient/mien', { status: 'waitlist' });
  expect((await team.as('secretary', 'GET', `Appointment/${other}`)).status).toBe(403);
});
