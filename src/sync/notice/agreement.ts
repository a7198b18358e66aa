/** People agree to notices on a `telecom`: the extension `urn:creneau:fhir:notify` with the value true. */
import type { ContactPoint, Resource } from '../../fhir/resource.ts';
import { list } from '../../fhir/resources.ts';
import { telecomsOf } from '../../fhir/shared-elements.ts';

export const NOTIFY = 'urn:creneau:fhir:notify';

/** The first telecom of this system (`email`, `sms`) on which the person agreed to notices. */
export function agreedTelecom(person: Resource, system: string): string | undefined {
  const found = telecomsOf(person).find(
    (telecom) => telecom.system === system && telecom.use !== 'old' && isAgreed(telecom),
  );
  return found?.value === undefined ? undefined : String(found.value).trim();
}

function isAgreed({ extension }: ContactPoint): boolean {
  return list(extension).some(({ url, valueBoolean }) => url === NOTIFY && valueBoolean === true);
}

/** The person without any agreement to notices. */
export function withoutAgreement(person: Resource): Resource {
  const telecom = telecomsOf(person).map((telecom) =>
    isAgreed(telecom)
      ? {
          ...telecom,
          extension: list(telecom.extension).map((part) =>
            part.url === NOTIFY ? { url: NOTIFY, valueBoolean: false } : part,
          ),
        }
      : telecom,
  );
  return { ...person, ...(telecom.length > 0 ? { telecom } : {}) };
}
