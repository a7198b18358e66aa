/** `$hold`, `$book` and the end of a hold, case by case, on a few appointments in memory. */
import { describe, expect, it } from 'vitest';
import type { Context, EntryWrite, WriteResult } from '../../fhir/interaction.ts';
import { FhirError, type Issue } from '../../fhir/issue.ts';
import { parseAnyResource } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Backend, OperationCall } from '../../rest/backend.ts';
import { announceOutbox } from '../../store/delivery/outbox.ts';
import type { Database } from '../../store/engine/database.ts';
import type { Agendas } from '../agendas.ts';
import { bookOperation, holdOperation } from './hold-and-book.ts';
import { holdsFeature, releaseHold } from './holds-feature.ts';

const NOW = Date.parse('2026-11-27T08:00:00Z');
const SECOND = 1000;
const HOLD = 'urn:creneau:fhir:hold';
const CONTEXT: Context = { now: NOW, requestId: 'r', caller: 'me', roles: [], strict: false, base: 'http://here/fhir' };
/** No case proposes a time. */
const NO_AGENDAS = {} as unknown as Agendas;
const HINT: Issue = { severity: 'warning', code: 'informational', diagnostics: 'a hint' };

const resource = (content: object): Resource => parseAnyResource(JSON.stringify(content));
const heldBy = (by: string, seconds: number) => ({
  status: 'pending',
  extension: [
    {
      url: HOLD,
      extension: [
        { url: 'until', valueInstant: new Date(NOW + seconds * SECOND).toISOString() },
        { url: 'by', valueString: by },
      ],
    },
  ],
});

/** An appointment, or the refusal that its write meets. */
type Stored = Record<string, object | FhirError>;

/** `written`: the writes that it was asked for, in words. */
class World implements Pick<Backend, 'create' | 'patch' | 'transact' | 'read'> {
  readonly written: string[] = [];
  /** The context of the last read. */
  asker: Context | undefined;
  private readonly stored: Stored;
  private readonly refusal: FhirError | undefined;

  constructor(stored: Stored, refusal?: FhirError) {
    this.stored = stored;
    this.refusal = refusal;
  }

  async read(context: Context, type: string, id: string) {
    this.asker = context;
    const body = JSON.stringify({ resourceType: type, id, ...this.find(id) });
    return { type, id, version: 3, updatedAt: 0, body };
  }

  async create(_context: Context, content: Resource): Promise<WriteResult> {
    return this.write('create new', 'new', content);
  }

  async patch(
    _context: Context,
    type: string,
    id: string | undefined,
    apply: (before: Resource) => Resource,
    { ifMatch }: { ifMatch?: number },
  ): Promise<WriteResult> {
    const before = resource({ resourceType: type, id, ...this.find(id!) });
    return this.write(`patch ${id}${ifMatch === undefined ? '' : ` if ${ifMatch}`}`, id!, apply(before));
  }

  async transact(_context: Context, writes: readonly EntryWrite[]): Promise<WriteResult[]> {
    return writes.map(({ index, method, type, id = 'new', resource: sent, apply, fullUrl }) => {
      const content = sent ?? apply!(resource({ resourceType: type, id, ...this.find(id) }));
      return this.write(`${index} ${method} ${id}${fullUrl ?? ''}`, id, content);
    });
  }

  private find(id: string): object {
    const found = this.stored[id];
    if (found instanceof FhirError) throw found;
    return found ?? {};
  }

  private write(how: string, id: string, content: Resource): WriteResult {
    if (this.refusal !== undefined) throw this.refusal;
    const body = JSON.stringify({ ...content, id });
    this.written.push(`${how}: ${told(JSON.parse(body))}`);
    const issues = id === 'silent' ? {} : { issues: [HINT] };
    return { stored: { type: 'Appointment', id, version: 4, updatedAt: NOW, body }, created: false, ...issues };
  }
}

interface Told {
  status: string;
  comment?: string;
  cancelationReason?: { text?: string };
  extension?: { url: string; extension?: { valueInstant?: string; valueString?: string }[] }[];
  participant?: { actor: { reference: string } }[];
}

/** `pending until +300 by me; Patient/a` */
function told({ status, comment, cancelationReason, extension = [], participant = [] }: Told): string {
  const ends = extension.map(({ url, extension: parts = [] }) =>
    url === HOLD
      ? `until +${(Date.parse(parts[0]?.valueInstant ?? '') - NOW) / SECOND} by ${parts[1]?.valueString}`
      : url,
  );
  const words = [status, ...ends, comment && `"${comment}"`, cancelationReason?.text && `(${cancelationReason.text})`];
  return [words.filter(Boolean).join(' '), ...participant.map(({ actor }) => actor.reference)].join('; ');
}

const ref = (id: string) => ({ name: 'appointment-reference', valueReference: { reference: `Appointment/${id}` } });
const whole = (content: object = {}) => ({
  name: 'appointment-resource',
  resource: { resourceType: 'Appointment', status: 'proposed', ...content },
});
const ttl = (value: number) => ({ name: 'ttl', valuePositiveInt: value });
const PATIENT = { name: 'patient-reference', valueReference: { reference: 'Patient/a' } };

/** Asks for it as a caller would. */
async function ask(name: 'hold' | 'book', world: World, parameter: readonly object[]) {
  const operation = name === 'hold' ? holdOperation(NO_AGENDAS, world, 300) : bookOperation(NO_AGENDAS, world);
  const sent = resource({ resourceType: 'Parameters', parameter });
  const call: OperationCall = { method: 'POST', query: '', resource: sent };
  return operation.run(CONTEXT, call);
}

/** `409 conflict Appointment.id +`: the plus stands for a text in French. */
function whyNot(error: unknown): string {
  if (!(error instanceof FhirError)) return String(error);
  const said = error.issues.map(({ code, expression = [], text }) =>
    [code, ...expression, text && '+'].filter(Boolean),
  );
  return `${error.status} ${said.map((words) => words.join(' ')).join(', ')}`;
}

describe('is written', () => {
  it.each<[string, 'hold' | 'book', Stored, object[], string[]]>([
    ['a hold of a new time', 'hold', {}, [whole()], ['create new: pending until +300 by me']],
    ['as long as it is asked for', 'hold', {}, [whole(), ttl(3600)], ['create new: pending until +3600 by me']],
    ['a hold with its patient', 'hold', {}, [whole(), PATIENT], ['create new: pending until +300 by me; Patient/a']],
    [
      'a hold again, by the same caller',
      'hold',
      { x: heldBy('me', 10) },
      [ref('x')],
      ['patch x: pending until +300 by me'],
    ],
    [
      'a hold of another that ends now',
      'hold',
      { x: heldBy('you', 0) },
      [ref('x')],
      ['patch x: pending until +300 by me'],
    ],
    ['a booking of what nobody holds', 'book', { x: { status: 'proposed' } }, [ref('x')], ['patch x: booked']],
    ['a booking of what the caller holds', 'book', { x: heldBy('me', 10) }, [ref('x')], ['patch x: booked']],
    ['a booking after another hold', 'book', { x: heldBy('you', -1) }, [ref('x')], ['patch x: booked']],
    [
      'a booking with what was sent',
      'book',
      { x: heldBy('me', 10) },
      [whole({ id: 'x', comment: 'c' })],
      ['patch x: booked "c"'],
    ],
    [
      'a booking of what was cancelled, without the reason',
      'book',
      { x: { status: 'cancelled', cancelationReason: { text: 'no' } } },
      [ref('x')],
      ['patch x: booked'],
    ],
    [
      'a series, in its order',
      'book',
      { x: heldBy('me', 10), y: { status: 'proposed' } },
      [ref('x'), whole(), ref('y')],
      ['0 PATCH x: booked', '1 POST new: booked', '2 PATCH y: booked'],
    ],
  ])('%s', async (_name, operation, stored, parameter, expected) => {
    const world = new World(stored);
    await ask(operation, world, parameter);
    expect(world.written).toEqual(expected);
  });
});

describe('is refused', () => {
  const taken = new FhirError('conflict', 'No', {
    expression: 'Appointment.start',
    text: 'Non',
    more: [{ severity: 'information', code: 'informational', diagnostics: 'free' }],
  });
  const both = new FhirError('conflict', 'No', {
    expression: 'Bundle.entry[1].resource.start',
    more: [
      { severity: 'error', code: 'conflict', diagnostics: 'No', expression: ['Bundle.entry[1]'] },
      { severity: 'error', code: 'conflict', diagnostics: 'No', expression: ['Bundle.entry[0].request.url'] },
      { severity: 'error', code: 'conflict', diagnostics: 'No', expression: ['Bundle.entry[12].resource'] },
    ],
  });
  it.each<[string, 'hold' | 'book', Stored, FhirError | undefined, object[], string]>([
    ['nothing', 'hold', {}, undefined, [], '400 required Parameters.parameter +'],
    ['two holds at a time', 'hold', {}, undefined, [whole(), whole()], '400 value Parameters.parameter[1].resource +'],
    ['a hold of no time', 'hold', {}, undefined, [whole(), ttl(0)], '400 value Parameters.parameter[1] +'],
    ['a hold of over an hour', 'hold', {}, undefined, [whole(), ttl(3601)], '400 value Parameters.parameter[1] +'],
    ['to hold', 'hold', { x: heldBy('you', 1) }, undefined, [ref('x')], '409 conflict Appointment.id +'],
    ['to book', 'book', { x: heldBy('you', 1) }, undefined, [ref('x')], '409 conflict Appointment.id +'],
    [
      'to book in a series',
      'book',
      { x: {}, y: heldBy('you', 1) },
      undefined,
      [ref('x'), ref('y')],
      '409 conflict Appointment.id +',
    ],
    [
      'to book, sent whole',
      'book',
      { x: heldBy('you', 1) },
      undefined,
      [whole({ id: 'x' })],
      '409 conflict Parameters.parameter[0].resource.id +',
    ],
    [
      'a time that is taken',
      'book',
      {},
      taken,
      [PATIENT, whole()],
      '409 conflict Parameters.parameter[1].resource.start +, informational',
    ],
    ['the same by reference', 'book', {}, taken, [ref('x')], '409 conflict Appointment.start +, informational'],
    [
      'two of a series, by their places in the call',
      'book',
      {},
      both,
      [PATIENT, ref('x'), whole()],
      '409 conflict Parameters.parameter[2].resource.start, conflict Parameters.parameter[2].resource, ' +
        'conflict Parameters.parameter[1].url, conflict Parameters',
    ],
  ])('%s', async (_name, operation, stored, refusal, parameter, expected) => {
    const world = new World(stored, refusal);
    expect(await ask(operation, world, parameter).then(() => world.written.join(), whyNot)).toBe(expected);
  });

  it.each([[[whole()]], [[whole(), whole()]]])('keeps a fault of the server as it is: %#', async (parameter) => {
    const fault = new TypeError('broken');
    const world = new World({});
    world.create = () => Promise.reject(fault);
    world.transact = () => Promise.reject(fault);
    await expect(ask('book', world, parameter)).rejects.toBe(fault);
  });

  it('keeps the status and the cause of a refusal', async () => {
    const cause = new Error('why');
    const world = new World({}, new FhirError('conflict', 'No', { status: 412, cause }));
    await expect(ask('book', world, [whole()])).rejects.toMatchObject({ status: 412, cause, message: 'No' });
  });
});

it('answers with a search set of what it wrote, and with the hints', async () => {
  const world = new World({ silent: { status: 'proposed' } });
  expect(await ask('book', world, [whole(), ref('silent')])).toEqual({
    resource: {
      resourceType: 'Bundle',
      type: 'searchset',
      total: 2,
      entry: ['new', 'silent'].map((id) => ({
        fullUrl: `http://here/fhir/Appointment/${id}`,
        resource: expect.objectContaining({ resourceType: 'Appointment', id, status: 'booked' }),
        search: { mode: 'match' },
      })),
    },
    issues: [HINT],
  });
});

it('is declared for the type, as a change', () => {
  const world = new World({});
  for (const operation of [holdOperation(NO_AGENDAS, world, 120), bookOperation(NO_AGENDAS, world)])
    expect(operation).toMatchObject({ on: ['Appointment'], level: 'type', safe: false });
  expect(holdOperation(NO_AGENDAS, world, 120).description).toContain('(120)');
});

describe('a hold that ends', () => {
  const refused = (status: number) => new FhirError('conflict', 'No', { status });
  const OVER = 'patch x if 3: cancelled (Réservation non confirmée à temps)';
  it.each<[string, object | FhirError, FhirError | undefined, string, string[]]>([
    ['now', heldBy('me', 0), undefined, 'delivered', [OVER]],
    ['a while ago', heldBy('me', -60), undefined, 'delivered', [OVER]],
    ['later: it was renewed', heldBy('me', 0.001), undefined, 'retry', []],
    ['and was booked', { status: 'booked' }, undefined, 'delivered', []],
    ['and is of an appointment that is no more', refused(410), undefined, 'delivered', []],
    ['and is of an appointment that never was', refused(404), undefined, 'delivered', []],
    ['and cannot be read', refused(503), undefined, '503 conflict', []],
    ['and was changed at this moment', heldBy('me', 0), refused(412), 'delivered', []],
    ['and was booked by another at this moment', heldBy('me', 0), refused(409), 'delivered', []],
    ['and was deleted at this moment', heldBy('me', 0), refused(410), 'delivered', []],
    ['and vanished at this moment', heldBy('me', 0), refused(404), 'delivered', []],
    ['and cannot be written', heldBy('me', 0), refused(503), '503 conflict', []],
  ])('%s', async (_name, stored, refusal, outcome, written) => {
    const world = new World({ x: stored }, refusal);
    expect(await releaseHold(world, 'x', NOW).then((delivery) => delivery.outcome, whyNot)).toBe(outcome);
    expect(world.written).toEqual(written);
  });

  it('keeps what else the appointment says', async () => {
    const held = heldBy('me', 0);
    const world = new World({ x: { ...held, extension: [...held.extension, { url: 'urn:other' }] } });
    await releaseHold(world, 'x', NOW);
    expect(world.written).toEqual(['patch x if 3: cancelled urn:other (Réservation non confirmée à temps)']);
  });

  it.each([
    ['renewed', heldBy('me', 60), 'pending until +60 by me'],
    ['booked', { status: 'booked' }, 'booked'],
  ])('and is %s between its reading and its writing', async (_how, now, expected) => {
    const stored: Stored = { x: heldBy('me', 0) };
    const world = new World(stored);
    const read = world.read.bind(world);
    world.read = async (...asked) => {
      const found = await read(...asked);
      stored['x'] = now;
      return found;
    };
    await releaseHold(world, 'x', NOW);
    expect(world.written).toEqual([`patch x if 3: ${expected}`]);
  });

  it('is released by the server itself, with every right', async () => {
    const world = new World({ x: heldBy('me', 0) });
    await releaseHold(world, 'x', NOW);
    expect(world.asker).toMatchObject({ now: NOW, caller: 'Créneau', roles: ['*'], strict: false });
  });

  it.each(['read', 'patch'] as const)('keeps a fault of the server as it is: %s', async (method) => {
    const world = new World({ x: heldBy('me', 0) });
    Object.assign(world, { [method]: () => Promise.reject(new TypeError('broken')) });
    await expect(releaseHold(world, 'x', NOW)).rejects.toThrow(TypeError);
  });
});

describe('the feature', () => {
  /** An outbox with one message; `takes`: how often somebody looked for more. */
  function open() {
    const messages = [{ id: 1, destination: 'hold', ordering_key: 'x', payload: 'x', attempts: 1 }];
    const seen = { takes: 0 };
    const database = {
      presence: async () => {
        seen.takes++;
        return 'here';
      },
      query: async (_text: string, [destination]: unknown[]) => (destination === 'hold' ? messages.splice(0) : []),
    } as unknown as Database;
    const parts = { database, log: { warn() {} }, now: () => NOW } as unknown as Parameters<typeof holdsFeature>[0];
    const settings = { holdSeconds: 120 } as unknown as Parameters<typeof holdsFeature>[1]['settings'];
    return { feature: holdsFeature(parts, { agendas: NO_AGENDAS, settings }), database, seen };
  }

  it('offers both operations, and ends although it never began', async () => {
    const { feature } = open();
    const operations = feature.operations!(new World({}) as unknown as Backend);
    expect(operations.map(({ name }) => name)).toEqual(['hold', 'book']);
    expect(operations[0]!.description).toContain('(120)');
    await expect(Promise.resolve(feature.close?.())).resolves.toBeUndefined();
  });

  it('releases what its outbox says, until it is closed', async () => {
    const { feature, database, seen } = open();
    const world = new World({ x: heldBy('me', 0) });
    const running = { backend: world } as unknown as Parameters<NonNullable<typeof feature.start>>[0];
    await feature.start!(running);
    try {
      await expect.poll(() => world.written).toEqual(['patch x if 3: cancelled (Réservation non confirmée à temps)']);
    } finally {
      await feature.close!();
    }
    const { takes } = seen;
    announceOutbox(database);
    expect(seen.takes).toBe(takes);
  });
});
