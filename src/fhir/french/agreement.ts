/** People agree to notices on a `telecom`: the extension `urn:creneau:fhir:notify` with the value true. */
import type { ContactPoint } from '../resource.ts';
import { list } from '../resources.ts';

const NOTIFY = 'urn:creneau:fhir:notify';

/** `undefined`: nobody has asked. */
export type Agreement = 'agreed' | 'refused';

export function agreementOf({ extension }: ContactPoint): Agreement | undefined {
  const found = list(extension).find(({ url }) => url === NOTIFY)?.valueBoolean;
  return found === undefined ? undefined : found === true ? 'agreed' : 'refused';
}

export function withAgreement(telecom: ContactPoint, agreement: Agreement): ContactPoint {
  const others = list(telecom.extension).filter(({ url }) => url !== NOTIFY);
  return { ...telecom, extension: [...others, { url: NOTIFY, valueBoolean: agreement === 'agreed' }] };
}
