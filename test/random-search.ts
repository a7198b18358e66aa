/**
 * A small territory of patients and practitioners and random searches of them, for the comparison with the oracle in
 * `naive-search.ts`.
 */
import fc from 'fast-check';
import type { Json } from '../src/fhir/resource.ts';
import type { Clause } from './naive-search.ts';

const FAMILIES = [
  'Saint-Étienne',
  'Étienne',
  'Martin',
  'MARTINEZ',
  "d'Arc",
  'Lefèvre',
  'Lefevre',
  'Œuvre',
  'Ng',
  'de la Tour',
];
const GIVEN = ['Zoé', 'Zoe', 'Anne-Marie', 'Jean', 'Jeanne', 'Aïcha', 'Li'];
const CITIES = ['Évry', 'Saint-Denis', 'Saint-Denis-en-Val', 'Paris'];
const DATES = ['1980', '1980-05', '1980-05-17', '1980-12-31', '1981-01-01', '1979-12', '2000-02-29', '2000-02', '2000'];
const SYSTEMS = ['urn:a', 'urn:b', undefined];
const CODES = ['1', '2', '12', 'x'];
const PRACTITIONERS = 6;

/** A small deterministic territory, so that a failure can be read. */
export function resources(): Json[] {
  const random = lcg(42);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const some = <T>(value: () => T): T | undefined => (random(4) === 0 ? undefined : value());
  const identifier = (): Json => ({ ...(random(3) === 2 ? {} : { system: SYSTEMS[random(2)] }), value: pick(CODES) });
  const name = (): Json => ({
    family: pick(FAMILIES),
    given: Array.from({ length: 1 + random(2) }, () => pick(GIVEN)),
  });
  const practitioners = Array.from({ length: PRACTITIONERS }, (_, i) => ({
    resourceType: 'Practitioner',
    id: `d${i}`,
    identifier: [identifier()],
    name: [name()],
  }));
  const patients = Array.from({ length: 60 }, (_, i) =>
    compact({
      resourceType: 'Patient',
      id: `p${i}`,
      identifier: some(() => [identifier(), identifier()]),
      active: some(() => random(2) === 0),
      gender: some(() => pick(['male', 'female', 'other'])),
      birthDate: some(() => pick(DATES)),
      name: some(() => [name()]),
      address: some(() => [{ city: pick(CITIES) }]),
      generalPractitioner: some(() => [{ reference: `Practitioner/d${random(PRACTITIONERS)}` }]),
    }),
  );
  return [...practitioners, ...patients];
}

const word = (list: readonly string[]): fc.Arbitrary<string> =>
  fc
    .constantFrom(...list)
    .chain((text) =>
      fc
        .tuple(fc.integer({ min: 1, max: text.length }), fc.integer({ min: 0, max: 3 }))
        .map(([length, how]) =>
          how === 0
            ? text
            : how === 1
              ? text.slice(0, length)
              : how === 2
                ? text.toUpperCase().slice(0, length)
                : text.normalize('NFD').replace(/\p{M}/gu, '').slice(0, length),
        ),
    );
const texts = (name: string, list: readonly string[]): fc.Arbitrary<Clause> =>
  fc.oneof(
    fc.record({
      name: fc.constant(name),
      modifier: fc.constantFrom(undefined, 'contains'),
      values: fc.array(
        word(list).filter((text) => /[\p{L}]/u.test(text)),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    fc.record({
      name: fc.constant(name),
      modifier: fc.constant('exact'),
      values: fc.array(fc.constantFrom(...list, 'martin'), { minLength: 1, maxLength: 2 }),
    }),
  );
const token = fc
  .tuple(fc.constantFrom('', 'urn:a|', 'urn:b|', '|'), fc.constantFrom(...CODES, '3'))
  .map(([system, code]) => system + code);
const date = fc
  .tuple(fc.constantFrom('', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'), fc.constantFrom(...DATES))
  .map(([prefix, text]) => prefix + text);
const list = (value: fc.Arbitrary<string>): fc.Arbitrary<string[]> => fc.array(value, { minLength: 1, maxLength: 3 });
const missing = (name: string): fc.Arbitrary<Clause> =>
  fc.record({
    name: fc.constant(name),
    modifier: fc.constant('missing'),
    values: fc.constantFrom('true', 'false').map((text) => [text]),
  });

const clause: fc.Arbitrary<Clause> = fc.oneof(
  texts('family', FAMILIES),
  texts('given', GIVEN),
  texts('name', [...FAMILIES, ...GIVEN]),
  texts('address-city', CITIES),
  texts('general-practitioner.family', FAMILIES),
  fc.record({ name: fc.constant('birthdate'), values: list(date) }),
  fc.record({ name: fc.constant('identifier'), modifier: fc.constantFrom(undefined, 'not'), values: list(token) }),
  fc.record({ name: fc.constant('identifier'), values: fc.constantFrom('urn:a|', 'urn:b|').map((text) => [text]) }),
  fc.record({
    name: fc.constant('gender'),
    modifier: fc.constantFrom(undefined, 'not'),
    values: list(fc.constantFrom('male', 'female', 'unknown')),
  }),
  fc.record({ name: fc.constant('active'), values: list(fc.constantFrom('true', 'false')) }),
  fc.record({
    name: fc.constant('general-practitioner'),
    values: list(fc.integer({ min: 0, max: PRACTITIONERS }).map((i) => `Practitioner/d${i}`)),
  }),
  fc.record({ name: fc.constant('general-practitioner.identifier'), values: list(token) }),
  fc.constantFrom('birthdate', 'gender', 'family', 'identifier', 'general-practitioner').chain(missing),
);
const backwards: fc.Arbitrary<Clause> = fc.oneof(
  texts('_has:Patient:general-practitioner:family', FAMILIES),
  fc.record({ name: fc.constant('_has:Patient:general-practitioner:birthdate'), values: list(date) }),
);
/** Random searches of `Patient` and `Practitioner`. */
export const queries = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('Patient'), clauses: fc.array(clause, { minLength: 1, maxLength: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('Practitioner'),
      clauses: fc.array(fc.oneof(texts('family', FAMILIES), backwards), { minLength: 1, maxLength: 2 }),
    }),
  },
);

/** The query that asks for all of these clauses. */
export function queryText(clauses: readonly Clause[]): string {
  return clauses
    .map(
      ({ name, modifier, values }) =>
        `${nameOf(name, modifier)}=${values.map((value) => encodeURIComponent(value)).join(',')}`,
    )
    .join('&');
}

/** A modifier stands at the end of a chain. */
function nameOf(name: string, modifier: string | undefined): string {
  return modifier === undefined ? name : `${name}:${modifier}`;
}

function compact(value: Json): Json {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined));
}

function lcg(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
