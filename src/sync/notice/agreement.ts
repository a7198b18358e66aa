/** People agree to notices on a `telecom`: the extension `urn:creneau:fhir:notify` with the value true. */
import type { Json, Resource } from '../../fhir/resource.ts';

const NOTIFY = 'urn:creneau:fhir:notify';

/** The first telecom of this system (`email`, `sms`) on which the person agreed to notices. */
export function agreedTelecom(person: Resource, system: string): string | undefined {
  const found = telecomsOf(person).find(
    (telecom) => telecom.system === system && telecom.use !== 'old' && isAgreed(telecom),
  );
  return found?.value === undefined ? undefined : String(found.value).trim();
}

function isAgreed(telecom: Json): boolean {
  return ((telecom.extension as Json[] | undefined) ?? []).some(
    (extension) => extension.url === NOTIFY && extension.valueBoolean === true,
  );
}

function telecomsOf(person: Resource): Json[] {
  return (person['telecom'] as Json[] | undefined) ?? [];
}

/** The person without any agreement to notices. */
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
