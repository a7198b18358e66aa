/** One reading of a reference: whatever its form, the readers that decide by it agree. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localReference, localTarget, namedType, withLocalReferences } from './local-reference.ts';
import type { Resource } from './resource.ts';
import { extract } from './search/extract.ts';
import { referenceEntries } from './search/index-entry.ts';
import { searchParameter } from './search/parameters.ts';
import { parseReference } from './search/value.ts';
import type { Appointment } from './resources.ts';

const BASE = 'https://agenda.example/fhir';

const read = (reference: string | undefined, base?: string): string => {
  const reading = localReference(reference === undefined ? {} : { reference }, base);
  return reading.is === 'local'
    ? `${reading.type}/${reading.id}${reading.version === undefined ? '' : ` @${reading.version}`}`
    : reading.is;
};

describe('a reference is read', () => {
  it.each([
    ['Patient/1', 'Patient/1'],
    ['Patient/1/_history/2', 'Patient/1 @2'],
    [`${BASE}/Patient/1`, 'Patient/1'],
    [`${BASE}/Patient/1/_history/2`, 'Patient/1 @2'],
    ['HTTPS://AGENDA.example:443/fhir/Patient/1', 'Patient/1'],
    ['https://agenda.example/x/../fhir/Patient/1', 'Patient/1'],
    [`${BASE}/./Patient/1`, 'Patient/1'],
    [`${BASE}/%50atient/1`, 'foreign'],
    ['https://agenda.example/Patient/1', 'foreign'],
    ['https://agenda.example/fhirs/Patient/1', 'foreign'],
    ['http://agenda.example/fhir/Patient/1', 'foreign'],
    ['https://other.example/fhir/Patient/1', 'foreign'],
    [`https://other.example/?${BASE}/Patient/1`, 'foreign'],
    [`${BASE}/Patient/1?x=1`, 'foreign'],
    [`${BASE}/Patient/1#x`, 'foreign'],
    [`${BASE}/metadata`, 'foreign'],
    ['urn:uuid:0b8a5a3e-0000-4000-8000-000000000000', 'foreign'],
    ['urn:x:/Patient/1', 'foreign'],
    ['#a', 'contained'],
    ['#', 'contained'],
    ['Patient?identifier=urn:ins|1', 'conditional'],
    [undefined, 'logical'],
    ['', 'invalid'],
    ['/Patient/1', 'invalid'],
    ['//other.example/fhir/Patient/1', 'invalid'],
    ['fhir/Patient/1', 'invalid'],
    ['../fhir/Patient/1', 'invalid'],
    ['patient/1', 'invalid'],
    ['Patient/1/', 'invalid'],
    ['Patient/1/Patient/2', 'invalid'],
    ['Patient/1/_history', 'invalid'],
    ['Patient/1/_history/2/3', 'invalid'],
    ['Patient/1\n', 'invalid'],
    [' Patient/1', 'invalid'],
    ['Patient/a b', 'invalid'],
    [`Patient/${'a'.repeat(65)}`, 'invalid'],
    ['RegulatorAccount/1', 'invalid'],
    ['constructor/1', 'invalid'],
    ['Patient', 'invalid'],
    ['#a b', 'invalid'],
    ['https://other.example/\r\nX: y', 'invalid'],
    [`https://other.example/${'a'.repeat(2000)}`, 'invalid'],
  ])('%s: %s', (reference, expected) => expect(read(reference, BASE)).toBe(expected));

  it('without the address of this server, as what is stored is read', () => {
    expect([read('Patient/1'), read(`${BASE}/Patient/1`)]).toEqual(['Patient/1', 'foreign']);
  });

  it('with the type that it names, wherever it leads', () => {
    expect(
      ['Patient/1', 'https://a.example/Patient/1', 'https://a.example/Patient/1/_history/2', 'Patient?a=b'].map(
        namedType,
      ),
    ).toEqual(['Patient', 'Patient', 'Patient', 'Patient']);
    expect(['urn:uuid:1', '#a', 'https://a.example/x/1'].map(namedType)).toEqual([undefined, undefined, undefined]);
  });
});

describe('on the way in', () => {
  const appointment = (...references: string[]): Appointment => ({
    resourceType: 'Appointment',
    status: 'booked',
    participant: references.map((reference) => ({ actor: { reference }, status: 'accepted' })),
    extension: [{ url: 'urn:x', valueReference: { reference: references[0]! } }],
  });

  it('references by the address of this server become relative; the others stay as they are', () => {
    const sent = appointment(`${BASE}/Patient/1/_history/2`, 'https://other.example/Patient/1', 'Device/1');
    const stored = withLocalReferences(sent, BASE);
    expect(stored).toEqual(appointment('Patient/1/_history/2', 'https://other.example/Patient/1', 'Device/1'));
    expect(sent.participant[0]?.actor?.reference).toBe(`${BASE}/Patient/1/_history/2`);
    expect(withLocalReferences(stored, BASE)).toBe(stored);
  });

  it('a text that is not a reference is refused, with its place', () => {
    const refused = (): Resource => withLocalReferences(appointment('Patient/1', '/Patient/1'), BASE);
    expect(refused).toThrow('A reference is Type/id');
    try {
      refused();
    } catch (error) {
      expect(error).toMatchObject({
        status: 400,
        issues: [{ expression: ['Appointment.participant[1].actor.reference'] }],
      });
    }
  });

  it('an attack on the reader costs nothing', () => {
    const started = performance.now();
    for (const text of [
      `${'/Patient/a/_history/'.repeat(50_000)}\n`,
      `${'A'.repeat(1_000_000)}?`,
      `${'Patient/'.repeat(100_000)}`,
    ])
      expect([read(text), read(text, BASE)]).toEqual(['invalid', 'invalid']);
    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe('every form is read alike', () => {
  const id = fc.stringMatching(/^[A-Za-z0-9.-]{1,12}$/);
  const type = fc.constantFrom(
    'Patient',
    'RelatedPerson',
    'Practitioner',
    'Location',
    'patient',
    'Nothing',
    'RegulatorAccount',
  );
  const prefix = fc.constantFrom(
    ...[
      '',
      '/',
      '//',
      './',
      '../',
      'fhir/',
      '/fhir/',
      `${BASE}/`,
      `${BASE}//`,
      `${BASE}/./`,
      'https://agenda.example/',
    ],
    ...[
      'https://other.example/',
      'https://other.example/fhir/',
      `https://other.example/${BASE}/`,
      'urn:x:',
      'urn:x:/',
      '#',
    ],
    ...['HTTPS://AGENDA.EXAMPLE/fhir/', 'https://agenda.example@other.example/fhir/', 'Patient/1/', ' ', '\t'],
  );
  const suffix = fc.constantFrom('', '/', '/_history/1', '/_history/', '/_history/a/b', '?x', '#x', '\n', ' ', '%20');
  const form = fc
    .tuple(prefix, type, id, suffix)
    .map(([before, name, last, after]) => `${before}${name}/${last}${after}`);
  const actor = searchParameter('Appointment', 'actor')!;

  it('the index has what the guard sees, and nothing more', () => {
    fc.assert(
      fc.property(form, (reference) => {
        let stored: Appointment;
        try {
          stored = withLocalReferences(
            {
              resourceType: 'Appointment',
              status: 'booked',
              participant: [{ actor: { reference }, status: 'accepted' }],
            },
            BASE,
          );
        } catch {
          return localReference({ reference }, BASE).is === 'invalid';
        }
        const kept = stored.participant[0]?.actor;
        const guarded = localTarget(kept);
        expect(guarded).toBe(localTarget({ reference }, BASE));
        const isActor = guarded !== undefined && actor.targets.includes(guarded.split('/')[0]!);
        expect(extract(stored)['actor']).toEqual(isActor ? [guarded] : []);
        return guarded !== undefined || kept!.reference === reference;
      }),
      { numRuns: 5_000 },
    );
  });

  it('a search for it finds the resource that it leads to, and no other', () => {
    fc.assert(
      fc.property(form, (reference) => {
        const target = localTarget({ reference }, BASE);
        let entries: string[];
        try {
          entries = referenceEntries(parseReference(reference, undefined, BASE), actor);
        } catch {
          return target === undefined;
        }
        return target === undefined
          ? entries.every((entry) => localTarget({ reference: entry }) === undefined)
          : entries.length === 1 && entries[0] === target;
      }),
      { numRuns: 5_000 },
    );
  });
});
