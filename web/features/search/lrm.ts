/**
 * The search as a dispatch software opens it in the browser of a regulator (INT_L01): `origin` says that it is one, the
 * other parameters name the patient's doctor, a specialty and an address. Spec: 6.8
 */
import { IDNPS } from '../../../src/fhir/french/identifiers.ts';
import { CODE_SYSTEMS, TRE_R38 } from '../../../src/fhir/terminology/core.ts';
import { type RawParams, textParam } from '../../ui/params.ts';

/** The part of it that the search page reads. */
export interface LrmParams {
  /** National identifier of the patient's doctor. */
  ids?: string;
  name?: string;
  specialty?: string;
  /** INSEE code or name of the commune. */
  town?: string | undefined;
  street?: string | undefined;
  /** The text for a doctor, if it cannot be read. */
  unread?: string;
}

/** OID of TRE_R38. */
const SPECIALTIES_OID = '1.2.250.1.213.2.28';
const GENERAL_MEDICINE = 'SM54';
const DOCTOR = new RegExp(`^${IDNPS.replaceAll('.', '\\.')}\\|(8\\d{11})$`);
const CODED = /^urn:oid:([\d.]+)\|([A-Za-z0-9]+)$/;
/** A text that means to be an identifier, and is none that is known here. */
const MEANT_AS_IDENTIFIER = /urn|oid|:/i;

/** `undefined`: an ordinary search. */
export function readLrmParams(raw: RawParams): LrmParams | undefined {
  const read = (name: string): string | undefined => textParam(raw[name])?.trim() || undefined;
  if (read('origin') === undefined) return undefined;
  const insee = read('inseecode')?.padStart(5, '0');
  const place = { town: insee ?? read('city'), street: streetOf(read('streetnumber'), read('streetname')) };
  const doctor = read('practitioner');
  const ids = DOCTOR.exec(doctor ?? '')?.[1];
  if (ids !== undefined) return { ids, ...place };
  if (doctor === undefined) return { specialty: specialtyOf(read('specialty')), ...place };
  return MEANT_AS_IDENTIFIER.test(doctor)
    ? { specialty: specialtyOf(read('specialty')), unread: doctor, ...place }
    : { name: doctor, ...place };
}

/** A coded specialty, the one whose name it is, or general medicine. */
function specialtyOf(asked: string | undefined): string {
  const [, oid, code] = CODED.exec(asked ?? '') ?? [];
  if (oid === SPECIALTIES_OID) return code!;
  const wanted = asked?.toLowerCase() ?? '';
  const concepts = [...CODE_SYSTEMS.find((system) => system.url === TRE_R38)!.concepts.values()];
  return concepts.find(({ display }) => display?.toLowerCase() === wanted)?.code ?? GENERAL_MEDICINE;
}

/** A number without a street says nothing. */
function streetOf(number: string | undefined, name: string | undefined): string | undefined {
  const digits = number?.replace(/\D/g, '');
  return name === undefined ? undefined : [digits, name].filter(Boolean).join(' ');
}
