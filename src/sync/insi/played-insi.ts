/**
 * A played INSi for trials: a few fictional people of its own, and the three return codes. Its numbers are those of
 * demonstrations (OID ending in 11), which no real software takes for an INS.
 */
import type { NationalIdentity } from '../../fhir/french/identity.ts';
import { normalise } from '../../fhir/search/text.ts';
import type { AskedTraits } from './insi.ts';

const DEMONSTRATION = 'urn:oid:1.2.250.1.213.1.4.11';

const person = (
  matricule: string,
  family: string,
  given: string,
  gender: NationalIdentity['gender'],
  birthDate: string,
  birthPlace: string,
): NationalIdentity => ({ matricule, system: DEMONSTRATION, family, given, gender, birthDate, birthPlace });

/** Fictional. Two people of one name and day of birth show what `several` looks like. */
export const PLAYED_PEOPLE: readonly NationalIdentity[] = [
  person('279035121518989', 'PATIENT', 'DOMINIQUE MARIE', 'female', '1979-03-14', '51215'),
  person('160059935012345', 'ESSAI', 'JEAN-LUC ANDRE', 'male', '1960-05-02', '99350'),
  person('185077511212392', 'JUMEAU', 'ALEX', 'male', '1985-07-01', '75112'),
  person('185077511212493', 'JUMEAU', 'ALEX PAUL', 'male', '1985-07-01', '75112'),
];

/** The answer in the words of the connector. */
export function playInsi({ family, given, gender, birthDate, birthPlace }: AskedTraits): object {
  const found = PLAYED_PEOPLE.filter(
    (known) =>
      normalise(known.family) === normalise(family) &&
      ` ${normalise(known.given)} `.startsWith(` ${normalise(given)} `) &&
      known.gender === gender &&
      known.birthDate === birthDate &&
      (birthPlace === undefined || known.birthPlace === birthPlace),
  );
  if (found.length === 0) return { code: '01' };
  return found.length > 1 ? { code: '02' } : { code: '00', identity: found[0] };
}
