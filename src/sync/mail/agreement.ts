/** Who agreed to be written to: an e-mail `telecom` with the extension `urn:creneau:fhir:notify` true. */
import type { Json, Resource } from '../../fhir/resource.ts';

const NOTIFY = 'urn:creneau:fhir:notify';

/** The first address that may be used. */
export function agreedAddress(person: Resource): string | undefined {
  const found = telecomsOf(person).find(
    (telecom) => telecom.system === 'email' && telecom.use !== 'old' && isAgreed(telecom),
  );
  const address = String(found?.value ?? '').trim();
  // What could become a second header or recipient is no address.
  return /^[^\s<>",;:@]+@[^\s<>",;:@]+$/.test(address) ? address : undefined;
}

function isAgreed(telecom: Json): boolean {
  return ((telecom.extension as Json[] | undefined) ?? []).some(
    (extension) => extension.url === NOTIFY && extension.valueBoolean === true,
  );
}

function telecomsOf(person: Resource): Json[] {
  return (person['telecom'] as Json[] | undefined) ?? [];
}

/** The person, who agrees no more. */
export function withoutAgreement(person: Resource): Resource {
  const telecom = telecomsOf(person).map((telecom) =>
    isAgreed(telecom)
      ? {
          ...telecom,
          extension: telecom.extension.map((part: Json) =>
            part.url === NOTIFY ? { url: NOTIFY, valueBoolean: false } : part,
          ),
        }
      : telecom,
  );
  return { ...person, ...(telecom.length > 0 ? { telecom } : {}) };
}
