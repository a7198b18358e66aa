/**
 * AppointmentResponse: the answer of a participant changes the appointment in the same commit (ADR 0029), also when
 * answers, moves, cancellations and bookings cross. On shared agendas, over real HTTP.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { expectConsistent } from './consistency.ts';
import { loadFixture, tally } from './fixture.ts';
import { NOW, type Reply, startTestServer, type TestServer } from './harness.ts';
import { appointment, at, location, patient, practitioner, schedule, slotOf } from './shared-agendas.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.reset();
  test.clock.now = NOW;
  await loadFixture(test.base, [
    ...[practitioner('p1'), practitioner('p2'), patient('m1'), patient('m2'), location('salle', 'ro')],
    ...['p1', 'p2'].map((name) => booksAccepted(schedule(`a-${name}`, [`Practitioner/${name}`]))),
    schedule('a-salle', ['Location/salle']),
  ]);
});

function booksAccepted(agenda: Json): Json {
  const setting = { url: 'urn:creneau:fhir:requests', extension: [{ url: 'booksAccepted', valueBoolean: true }] };
  return { ...agenda, extension: [...agenda.extension, setting] };
}

const post = async (body: Json): Promise<Json> => {
  const { status, json, text } = await test.request('POST', body.resourceType, body);
  expect(status, text).toBe(201);
  return json;
};
/** Nobody has answered yet. */
const asked = (status: string, actors: readonly string[], slot = 0, more: Json = {}): Promise<Json> =>
  post({
    ...appointment(slot, []),
    participant: actors.map((reference) => ({ actor: { reference }, status: 'needs-action' })),
    ...{ status, ...more },
  });
const responseOf = (id: string, actor: string, participantStatus: string, more: Json = {}): Json => ({
  resourceType: 'AppointmentResponse',
  appointment: { reference: `Appointment/${id}` },
  actor: { reference: actor },
  participantStatus,
  ...more,
});
const answer = (...response: Parameters<typeof responseOf>): Promise<Reply> =>
  test.request('POST', 'AppointmentResponse', responseOf(...response));
const read = async (id: string): Promise<Json> => (await test.request('GET', `Appointment/${id}`)).json;
const statuses = ({ status, participant }: Json): string[] => [status, ...participant.map((each: Json) => each.status)];
const taken = async (agenda: string): Promise<number> => {
  const [row] = await test.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM busy WHERE schedule = $1 AND resource = 'Schedule/' || schedule`,
    [agenda],
  );
  return row!.n;
};

describe('an answer', () => {
  it('changes the participant, and books once all have accepted', async () => {
    const { id } = await asked('pending', ['Patient/m1', 'Practitioner/p1']);
    expect((await answer(id, 'Practitioner/p1', 'accepted', { start: at(0), end: at(1) })).status).toBe(201);
    expect(statuses(await read(id))).toEqual(['pending', 'needs-action', 'accepted']);
    expect((await answer(id, 'Patient/m1', 'accepted')).status).toBe(201);
    expect(statuses(await read(id))).toEqual(['booked', 'accepted', 'accepted']);
    expect((await read(id)).meta.versionId).toBe('3');
    const { json } = await test.request('GET', `AppointmentResponse?appointment=Appointment/${id}&patient=Patient/m1`);
    expect([json.total, json.entry[0].resource.participantStatus]).toEqual([1, 'accepted']);
    await expectConsistent(test.server.database);
  });

  it('books nothing where an agenda of the appointment does not say so', async () => {
    const { id } = await asked('pending', ['Practitioner/p1', 'Location/salle']);
    for (const actor of ['Practitioner/p1', 'Location/salle']) await answer(id, actor, 'accepted');
    expect(statuses(await read(id))).toEqual(['pending', 'accepted', 'accepted']);
  });

  it('books an appointment whose participants are written as accepted, as well', async () => {
    const { id, ...body } = await asked('pending', ['Patient/m1', 'Practitioner/p1']);
    const participant = body['participant'].map((each: Json) => ({ ...each, status: 'accepted' }));
    expect((await test.request('PUT', `Appointment/${id}`, { ...body, id, participant })).json.status).toBe('booked');
  });

  it('cancels and frees the time if somebody who is needed declines', async () => {
    const { id } = await asked('booked', ['Patient/m1', 'Practitioner/p1']);
    expect(await taken('a-p1')).toBe(1);
    const declined = await answer(id, 'Patient/m1', 'declined', { start: at(4), end: at(5), comment: 'Plutôt 10 h' });
    expect([declined.status, declined.json.start, declined.json.comment]).toEqual([201, at(4), 'Plutôt 10 h']);
    const after = await read(id);
    expect([statuses(after), after.start, after.cancelationReason.text]).toEqual([
      ['cancelled', 'declined', 'needs-action'],
      at(0),
      'Refusé par un participant',
    ]);
    expect(await taken('a-p1')).toBe(0);
    expect((await answer(id, 'Practitioner/p1', 'accepted')).status).toBe(409);
    await expectConsistent(test.server.database);
  });

  it.each([
    ['by its actor', {}],
    ['by a slot', { slot: [{ reference: `Slot/${slotOf('a-p1', 0)}` }, { reference: `Slot/${slotOf('a-p2', 0)}` }] }],
  ])('frees the time of an optional participant alone, whose agenda is named %s', async (_, more) => {
    const { id } = await post({
      ...appointment(0, ['Patient/m1', 'Practitioner/p1', 'Practitioner/p2'], more),
      participant: ['Patient/m1', 'Practitioner/p1', 'Practitioner/p2'].map((reference) => ({
        ...{ actor: { reference }, status: 'accepted' },
        ...(reference.endsWith('p2') ? { required: 'optional' } : {}),
      })),
    });
    expect([await taken('a-p1'), await taken('a-p2')]).toEqual([1, 1]);
    expect((await answer(id, 'Practitioner/p2', 'declined')).status).toBe(201);
    expect(statuses(await read(id))).toEqual(['booked', 'accepted', 'accepted', 'declined']);
    expect([await taken('a-p1'), await taken('a-p2')]).toEqual([1, 0]);
    await expectConsistent(test.server.database);
  });

  it('leaves a request without time to the others who are asked, and ends it with the last', async () => {
    const { id } = await asked('proposed', ['Patient/m1', 'Practitioner/p1', 'Practitioner/p2'], 0, {
      ...{ start: undefined, end: undefined },
      requestedPeriod: [{ start: '2026-12-01' }],
    });
    await answer(id, 'Practitioner/p1', 'declined');
    expect((await read(id)).status).toBe('proposed');
    await answer(id, 'Practitioner/p2', 'declined');
    expect((await read(id)).status).toBe('cancelled');
  });

  it('is that of a professional in any of the roles, or of the only participant of a type', async () => {
    const type = [{ coding: [{ system: 'urn:x-type', code: 'ATND' }] }];
    await loadFixture(test.base, [
      { resourceType: 'PractitionerRole', id: 'r1', practitioner: { reference: 'Practitioner/p1' } },
    ]);
    const { id } = await post({
      ...appointment(0, []),
      status: 'pending',
      participant: [
        { actor: { reference: 'PractitionerRole/r1' }, status: 'needs-action' },
        { actor: { reference: 'Patient/m1' }, type, status: 'needs-action' },
      ],
    });
    expect((await answer(id, 'Practitioner/p1', 'tentative')).status).toBe(201);
    const typed = { ...responseOf(id, '', 'tentative'), actor: undefined, participantType: type };
    expect((await test.request('POST', 'AppointmentResponse', typed)).status).toBe(201);
    expect(statuses(await read(id))).toEqual(['pending', 'tentative', 'tentative']);
  });

  it('is worded anew without effect, taken back, and deleted without effect', async () => {
    const { id } = await asked('pending', ['Patient/m1', 'Practitioner/p1']);
    const { json: response } = await answer(id, 'Patient/m1', 'accepted');
    const put = async (body: Json): Promise<number> =>
      (await test.request('PUT', `AppointmentResponse/${response.id}`, body)).status;
    expect(await put({ ...response, comment: 'Merci' })).toBe(200);
    expect((await read(id)).meta.versionId).toBe('2');
    expect(await put({ ...response, participantStatus: 'needs-action' })).toBe(200);
    expect(statuses(await read(id))).toEqual(['pending', 'needs-action', 'needs-action']);
    expect(await put({ ...response, actor: { reference: 'Practitioner/p1' } })).toBe(422);
    expect((await test.request('DELETE', `AppointmentResponse/${response.id}`)).status).toBe(204);
    expect((await read(id)).meta.versionId).toBe('3');
    await expectConsistent(test.server.database);
  });

  it('counts as a change of the agendas, whose followers see both', async () => {
    const { id } = await asked('pending', ['Patient/m1', 'Practitioner/p1']);
    const { json: response } = await answer(id, 'Practitioner/p1', 'accepted');
    const { json } = await test.request('GET', '_history?_after=0&schedule=Schedule/a-p1&_count=50');
    const told = json.entry.map(({ resource }: Json) => `${resource.id} ${resource.meta.versionId}`);
    expect(told.slice(-3)).toEqual([`${id} 1`, `${id} 2`, `${response.id} 1`]);
    const trail = await test.request('GET', `AuditEvent?entity=Appointment/${id}&subtype=update&_summary=count`);
    expect(trail.json.total).toBe(1);
  });

  it('is refused where it answers nothing, and changes nothing', async () => {
    const refusals: [string, Json, number][] = [
      ['somebody who takes no part', { actor: { reference: 'Practitioner/p2' } }, 422],
      ['about a task', { participantStatus: 'in-process' }, 400],
      ['elsewhere', { appointment: { reference: 'https://elsewhere.example/Appointment/1' } }, 422],
      ['to nothing', { appointment: { reference: 'Appointment/nothing' } }, 422],
      [
        'a status with a reason for its absence',
        { participantStatus: undefined, _participantStatus: { extension: [{ url: 'urn:x', valueCode: 'unknown' }] } },
        422,
      ],
      ['an end before the start', { participantStatus: 'tentative', start: at(3), end: at(2) }, 422],
      ['accepts another time than that of the appointment', { start: at(1), end: at(2) }, 409],
    ];
    const { id } = await asked('pending', ['Patient/m1', 'Practitioner/p1']);
    for (const [name, more, status] of refusals) {
      const reply = await answer(id, 'Practitioner/p1', 'accepted', more);
      expect([name, reply.status, reply.text]).toEqual([name, status, expect.any(String)]);
    }
    expect((await read(id)).meta.versionId).toBe('1');
  });
});

describe('in a transaction', () => {
  const together = (...resources: Json[]): Promise<Reply> =>
    test.request('POST', '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: resources.map((resource) => ({
        request: resource.id
          ? { method: 'PUT', url: `${resource.resourceType}/${resource.id}` }
          : { method: 'POST', url: resource.resourceType },
        resource,
      })),
    });

  it('one entry writes an appointment, in whatever order they come', async () => {
    const pending = await asked('pending', ['Patient/m1', 'Practitioner/p1']);
    const response = responseOf(pending.id, 'Patient/m1', 'accepted');
    for (const [entries, at] of [
      [[pending, response], 1],
      [[response, pending], 0],
    ] as const) {
      const { status, json } = await together(...entries);
      expect([status, json.issue[0].expression[0]]).toEqual([
        409,
        expect.stringContaining(`Bundle.entry[${at}]`) as unknown,
      ]);
    }
    expect((await read(pending.id)).meta.versionId).toBe('1');
  });

  it('a time that is taken is refused at the entry of the answer', async () => {
    // A place on the waiting list takes no time.
    const { id } = await asked('waitlist', ['Practitioner/p1']);
    await post(appointment(0, ['Patient/m2', 'Practitioner/p1']));
    const alone = await answer(id, 'Practitioner/p1', 'accepted');
    expect([alone.status, alone.json.issue[0].code]).toEqual([409, 'conflict']);
    const { status, json } = await together(patient('m1'), responseOf(id, 'Practitioner/p1', 'accepted'));
    expect([status, json.issue[0].expression[0]]).toEqual([409, expect.stringContaining('Bundle.entry[1]') as unknown]);
    expect((await read(id)).meta.versionId).toBe('1');
    await expectConsistent(test.server.database);
  });
});

describe('races', () => {
  it('the last of four answers at once books, in every round', async () => {
    const actors = ['Patient/m1', 'Patient/m2', 'Practitioner/p1', 'Practitioner/p2'];
    for (let slot = 0; slot < 6; slot++) {
      const { id } = await asked('pending', actors, slot);
      const replies = await Promise.all(actors.map((actor) => answer(id, actor, 'accepted')));
      expect(tally(replies)).toEqual({ 201: 4 });
      const after = await read(id);
      expect([statuses(after), after.meta.versionId]).toEqual([['booked', ...actors.map(() => 'accepted')], '5']);
    }
    await expectConsistent(test.server.database);
  });

  it('an answer to a time is refused, or the appointment was there when it came', async () => {
    for (let slot = 0; slot < 6; slot += 2) {
      const pending = await asked('pending', ['Patient/m1', 'Practitioner/p1'], slot);
      const moved = { ...pending, start: at(slot + 1), end: at(slot + 2) };
      const [answered] = await Promise.all([
        answer(pending.id, 'Patient/m1', 'accepted', { start: pending.start, end: pending.end }),
        test.request('PUT', `Appointment/${pending.id}`, moved),
      ]);
      expect([201, 409]).toContain(answered.status);
      const { json } = await test.request('GET', `Appointment/${pending.id}/_history`);
      const accepted = json.entry.filter(({ resource }: Json) => resource.participant[0].status === 'accepted');
      expect(accepted.map(({ resource }: Json) => resource.start)).toEqual(
        answered.status === 201 ? [pending.start] : [],
      );
    }
    await expectConsistent(test.server.database);
  });

  it('acceptance, decline and cancellation at once leave one end, and its time', async () => {
    for (let slot = 0; slot < 6; slot++) {
      const pending = await asked('pending', ['Patient/m1', 'Practitioner/p1'], slot);
      const replies = await Promise.all([
        answer(pending.id, 'Practitioner/p1', 'accepted'),
        answer(pending.id, 'Patient/m1', slot % 2 ? 'declined' : 'accepted'),
        test.request('PATCH', `Appointment/${pending.id}`, [{ op: 'replace', path: '/status', value: 'cancelled' }], {
          'content-type': 'application/json-patch+json',
        }),
        test.request('POST', 'Appointment', appointment(slot, ['Patient/m2', 'Practitioner/p1'])),
      ]);
      for (const { status, text } of replies) expect([200, 201, 409], text).toContain(status);
      expect((await read(pending.id)).status).toBe('cancelled');
      const { json } = await test.request('GET', `Appointment?status=booked&date=${encodeURIComponent(at(slot))}`);
      expect(json.total).toBe(replies[3]!.status === 201 ? 1 : 0);
    }
    await expectConsistent(test.server.database);
  });
});
