/** Required primitives with a reason instead of a value, in every served type: no 500, nothing that nobody can read. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { typeDefinition } from '../src/fhir/definitions.ts';
import type { Json } from '../src/fhir/resource.ts';
import { startTestServer, type TestServer } from './harness.ts';
import { practitioner, schedule } from './shared-agendas.ts';

const ABSENT = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
};
/** The server computes with these: a reason is refused. */
const COMPUTED = ['Slot', 'Appointment', 'AppointmentResponse', 'Schedule', 'Subscription'];

const period = { start: '2026-11-27T08:00:00Z', end: '2026-11-27T09:00:00Z' };
/** Each with every required primitive of its type; a check below sees to it. */
const EXAMPLES: Record<string, Json> = {
  Patient: { link: [{ other: { display: 'x' }, type: 'seealso' }] },
  Practitioner: {},
  PractitionerRole: { notAvailable: [{ description: 'congé' }] },
  RelatedPerson: { patient: { display: 'x' } },
  Location: {},
  Device: { deviceName: [{ name: 'x', type: 'other' }], version: [{ value: '1' }] },
  HealthcareService: { notAvailable: [{ description: 'congé' }] },
  Organization: { name: 'x' },
  Schedule: schedule('x', ['Practitioner/p']),
  Slot: { schedule: { reference: 'Schedule/s' }, status: 'free', ...period },
  Appointment: { status: 'booked', ...period, participant: [{ actor: { display: 'x' }, status: 'accepted' }] },
  Binary: { contentType: 'text/plain', securityContext: { reference: 'Appointment/a' }, data: 'eA==' },
  DocumentReference: {
    status: 'current',
    content: [{ attachment: { contentType: 'text/plain', url: 'Binary/b' } }],
    context: { related: [{ reference: 'Appointment/a' }] },
  },
  AppointmentResponse: { appointment: { display: 'x' }, actor: { display: 'x' }, participantStatus: 'accepted' },
  Subscription: {
    status: 'requested',
    reason: 'x',
    criteria: 'https://creneau.example/topics/appointments',
    channel: { type: 'rest-hook', endpoint: 'https://x.example/' },
  },
};

/** `Slot.start`, `Appointment.participant[0].status`: required primitives, in the inline types too. */
function requiredOf(type: string): string[] {
  const { elements } = typeDefinition(type)!;
  return [...elements.values()].flatMap((element) => {
    if (element.isPrimitive) return element.min > 0 && element.shadow !== undefined ? [element.property] : [];
    if (!element.type.startsWith(`${type}.`) || element.type.split('.').length > 3) return [];
    return requiredOf(element.type).map((inner) => `${element.property}${element.isList ? '[0]' : ''}.${inner}`);
  });
}

/** The example with the reason instead of the value; `undefined`: the example has no such element. */
function without(example: Json, path: string): Json | undefined {
  const copy = structuredClone(example);
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
  const last = steps.pop()!;
  const parent = steps.reduce((value, step) => value?.[step], copy);
  if (parent?.[last] === undefined) return undefined;
  delete parent[last];
  parent[`_${last}`] = ABSENT;
  return copy;
}

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
  for (const resource of [practitioner('p'), schedule('s', ['Practitioner/p'])])
    await test.request('PUT', `${resource.resourceType}/${resource.id}`, resource);
});
afterAll(() => test.close());

const CASES = Object.entries(EXAMPLES).flatMap(([type, example]) =>
  requiredOf(type).map((path): [string, string, Json | undefined] => [
    type,
    path,
    without({ ...example, resourceType: type, id: undefined }, path),
  ]),
);

it('the examples are of every type that is written', () => {
  const written = [...test.server.backend.served].filter(([, interactions]) => interactions.includes('create'));
  expect(Object.keys(EXAMPLES).sort()).toEqual(written.map(([type]) => type).sort());
});

it.each(CASES)('%s.%s', async (type, path, body) => {
  // Elements that nobody sends have no example; those that the server computes with all have one.
  if (body === undefined) return expect(COMPUTED).not.toContain(type);
  const reply = await test.request('POST', type, body);
  expect(reply.status, reply.text).toBeLessThan(500);
  if (COMPUTED.includes(type)) {
    expect([path, reply.status]).toEqual([path, 422]);
    expect(reply.json.issue[0].expression[0]).toBe(`${type}.${path}`);
    return;
  }
  if (reply.status !== 201) return;
  const { id } = reply.json;
  expect((await test.request('GET', `${type}/${id}`)).status).toBe(200);
  expect((await test.request('GET', `${type}?_id=${id}`)).json.total).toBe(1);
});

it('a conditional update adds the identifier of its criterion, so that the next one finds it', async () => {
  const put = () => test.request('PUT', 'Patient?identifier=urn:x|42', { resourceType: 'Patient' });
  const [first, second] = [await put(), await put()];
  expect([first.status, second.status, second.json.id]).toEqual([201, 200, first.json.id]);
  expect(second.json.identifier).toEqual([{ system: 'urn:x', value: '42' }]);
  expect(second.headers['warning']).toContain('identifier');
});
