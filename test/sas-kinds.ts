/** Random kinds of visit on the agendas of `sas-territory.ts`: who may book decides what the SAS is shown. */
import fc from 'fast-check';
import type { Json } from '../src/fhir/resource.ts';

/** A kind of visit, as long as every other slot of its agenda. */
export interface DrawnKind {
  audience: string[];
  newPatients: boolean;
  approval: boolean;
  /** Minutes; for everyone. */
  notice: number;
  /** Openings that name it. */
  blocks: number[];
}

const drawnKind: fc.Arbitrary<DrawnKind> = fc.record({
  audience: fc.subarray(['everyone', 'patients', 'colleagues', 'regulators']),
  newPatients: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
  approval: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  notice: fc.constantFrom(0, 0, 600, 1800),
  blocks: fc.oneof(fc.constant<number[]>([]), fc.subarray([0, 1, 2])),
});
export const drawnKinds: fc.Arbitrary<DrawnKind[]> = fc.oneof(
  fc.constant<DrawnKind[]>([]),
  fc.array(drawnKind, { minLength: 1, maxLength: 2 }),
);

/** Their names and codes are a secret of the practice. */
export function kindExtensions(kinds: readonly DrawnKind[], duration: number, openings: number): Json[] {
  const coding = (i: number): Json => ({ system: 'urn:foreign:motif', code: `zzz${i}`, display: 'SECRET' });
  const code = (url: string, valueCode: string): Json => ({ url, valueCode });
  return [
    ...kinds.flatMap(({ audience, newPatients, approval, notice }, i) => [
      {
        url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-service-type-duration',
        extension: [
          { url: 'serviceType', valueCodeableConcept: { coding: [coding(i)] } },
          { url: 'duration', valueDuration: { value: duration, unit: 'min' } },
        ],
      },
      {
        url: 'urn:creneau:fhir:visit-kind',
        extension: [
          { url: 'kind', valueCoding: coding(i) },
          ...audience.map((each) => code('audience', each)),
          { url: 'newPatients', valueBoolean: newPatients },
          { url: 'approval', valueBoolean: approval },
          { url: 'limit', extension: [code('audience', 'everyone'), { url: 'notice', valueUnsignedInt: notice }] },
        ],
      },
    ]),
    ...Array.from({ length: openings }).flatMap((_, block) => {
      const named = kinds.flatMap(({ blocks }, i) => (blocks.includes(block) ? [i] : []));
      const parts = named.map((i) => ({ url: 'kind', valueCoding: coding(i) }));
      const availability = { url: 'availability', valueString: `b${block}` };
      return named.length === 0 ? [] : [{ url: 'urn:creneau:fhir:opening', extension: [availability, ...parts] }];
    }),
  ];
}
