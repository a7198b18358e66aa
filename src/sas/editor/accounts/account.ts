/**
 * A regulator account: a Practitioner of profile FrPractitionerRegul. Its identifiers are compared in one written form,
 * so that every spelling finds the same account. Spec: 1.10, 4.3, traps I8 and U4
 */
import { IDNPS, IDNST } from '../../../fhir/french/identifiers.ts';
import type { Stored } from '../../../fhir/interaction.ts';
import type { Identifier, Resource } from '../../../fhir/resource.ts';
import type { Practitioner } from '../../../fhir/resources.ts';
import { identifiersOf, telecomsOf } from '../../../fhir/shared-elements.ts';
import { parseResource } from '../../../fhir/json.ts';
import { inAnyVersion } from '../../contract/contract.ts';
import { type SasIdentifier, sasIdentifier, tokenOf } from '../../contract/identifier.ts';

/** Type under which accounts are stored, apart from the practitioners of the agendas. */
export const ACCOUNT_TYPE = 'RegulatorAccount';

/** The systems that can key an account: national, and the platform's own. */
export const ACCOUNT_SYSTEMS: readonly string[] = [IDNPS, ...inAnyVersion(({ systems }) => systems.platform)];

export interface Account {
  id: string;
  version: number;
  isActive: boolean;
  /** Its identifiers today, as `system|value`. */
  keys: readonly string[];
  resource: Practitioner;
}

export function toAccount(stored: Stored): Account {
  const resource = parseResource('Practitioner', stored.body!);
  return {
    id: stored.id,
    version: stored.version,
    isActive: resource.active === true,
    keys: keysOf(resource),
    resource,
  };
}

/** The guide's own example of an account has its IDNPS under the system of structures. */
export function accountIdentifier({ system = '', value = '' }: Identifier): SasIdentifier {
  return sasIdentifier({ system: system === IDNST ? IDNPS : system, value });
}

export function keyOf(identifier: Identifier): string {
  return tokenOf(accountIdentifier(identifier));
}

export function keysOf(account: Resource): string[] {
  return [...new Set(identifiersOf(account).map(keyOf))].sort();
}

/** The same value under the other account systems: callers confuse them (trap U4). */
export function otherKeys(key: string): string[] {
  const separator = key.indexOf('|');
  const [system, value] = [key.slice(0, separator), key.slice(separator + 1)];
  if (!ACCOUNT_SYSTEMS.includes(system)) return [];
  return ACCOUNT_SYSTEMS.filter((other) => other !== system).map((other) => keyOf({ system: other, value }));
}

/** Addresses are compared without regard to case. */
export function emailKey(address: string): string {
  return address.trim().normalize('NFC').toLowerCase();
}

export function emailsOf(account: Resource): string[] {
  const values = telecomsOf(account)
    .filter((telecom) => telecom.system === 'email')
    .map((telecom) => emailKey(telecom.value ?? ''));
  return [...new Set(values)].filter((value) => value !== '').sort();
}
