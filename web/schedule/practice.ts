/** The practice itself, as a form shows it: its name, its number, and where people reach it. */
import { IDNST } from '../../src/fhir/french/identifiers.ts';
import type { Identifier, Resource } from '../../src/fhir/resource.ts';
import { update } from '../fhir/client.ts';

export interface PracticeValues {
  name: string;
  /** FINESS or SIRET, without the digit that says which. */
  structure: string;
  phone: string;
  line: string;
  postalCode: string;
  city: string;
}

interface Address {
  line?: string[];
  postalCode?: string;
  city?: string;
}

interface Contact {
  system?: string;
  value?: string;
}

/** The elements that the form shows; all others of the resource stay as they are. */
interface Shown extends Resource {
  name?: string;
  identifier?: Identifier[];
  telecom?: Contact[];
  address?: Address[];
}

export function practiceValues(organization: Resource): PracticeValues {
  const { name = '', identifier = [], telecom = [], address = [] }: Shown = organization;
  const number = identifier.find(({ system }) => system === IDNST)?.value ?? '';
  return {
    name,
    structure: number.slice(1),
    phone: telecom.find(({ system }) => system === 'phone')?.value ?? '',
    line: address[0]?.line?.[0] ?? '',
    postalCode: address[0]?.postalCode ?? '',
    city: address[0]?.city ?? '',
  };
}

/** Fails when somebody has changed the practice since. */
export function writePractice(organization: Resource, values: PracticeValues): Promise<Resource> {
  const { identifier = [], telecom = [], address = [] }: Shown = organization;
  const { name, structure, phone, line, postalCode, city } = values;
  const { line: lines = [], postalCode: _code, city: _city, ...otherParts } = address[0] ?? {};
  const kept = [line, ...lines.slice(1)].filter((each) => each !== '');
  const isAnywhere = kept.length > 0 || postalCode !== '' || city !== '';
  const place = {
    ...otherParts,
    ...(kept.length > 0 ? { line: kept } : {}),
    ...(postalCode === '' ? {} : { postalCode }),
    ...(city === '' ? {} : { city }),
    country: 'FR',
  };
  const written = {
    identifier: [
      ...(structure === '' ? [] : [{ system: IDNST, value: structureId(structure) }]),
      ...identifier.filter(({ system }) => system !== IDNST),
    ],
    telecom: [
      ...(phone === '' ? [] : [{ system: 'phone', value: phone }]),
      ...telecom.filter(({ system }) => system !== 'phone'),
    ],
    address: [...(isAnywhere ? [place] : []), ...address.slice(1)],
  };
  // Lists that were emptied go away.
  const { identifier: _number, telecom: _contacts, address: _address, ...others } = organization;
  const filled = Object.entries(written).filter(([, values]) => values.length > 0);
  return update({ ...others, ...Object.fromEntries(filled), name });
}

/** With the digit that says which register the number is of: 1 FINESS, 3 SIRET. */
export function structureId(number: string): string {
  const digits = number.replaceAll(/\s/g, '');
  return digits.length === 14 ? `3${digits}` : digits.length === 9 ? `1${digits}` : digits;
}
