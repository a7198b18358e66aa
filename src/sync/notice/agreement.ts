/** Where people have agreed to notices, and how that ends (`fhir/french/agreement.ts`). */
import { agreementOf, withAgreement } from '../../fhir/french/agreement.ts';
import type { Resource } from '../../fhir/resource.ts';
import { telecomsOf } from '../../fhir/shared-elements.ts';

/** The first telecom of this system (`email`, `sms`) on which the person agreed to notices. */
export function agreedTelecom(person: Resource, system: string): string | undefined {
  const found = telecomsOf(person).find(
    (telecom) => telecom.system === system && telecom.use !== 'old' && agreementOf(telecom) === 'agreed',
  );
  return found?.value === undefined ? undefined : String(found.value).trim();
}

/** The person without any agreement to notices. */
export function withoutAgreement(person: Resource): Resource {
  const telecom = telecomsOf(person).map((contact) =>
    agreementOf(contact) === 'agreed' ? withAgreement(contact, 'refused') : contact,
  );
  return { ...person, ...(telecom.length > 0 ? { telecom } : {}) };
}
