/**
 * A regulator account: a Practitioner of profile FrPractitionerRegul, and nothing else. Its identifiers have one
 * canonical form, so that the same one is recognised however it is written. Spec: 1.10, 4.3, traps I8 and U4
 */
import type { Stored } from '../../../fhir/interaction.ts';
import { IDNPS, IDNST, prefixed } from '../../../fhir/french/identifiers.ts';
import { parseJson } from '../../../fhir/json.ts';
import type { Identifier, Json, Resource } from '../../../fhir/resource.ts';

export const ACCOUNT_PROFILE = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul';

/** Under which accounts are stored: apart from the practitioners of the agendas, who are nobody's accounts. */
export const ACCOUNT_TYPE = 'RegulatorAccount';

/** System of the platform's own identifiers (INTRN), and `meta.source` of what it sends. */
export const PLATFORM_SYSTEM = 'urn:oid:1.2.250.1.213.3.6';

/** The two systems that an account can be keyed by: national and technical. */
export const ACCOUNT_SYSTEMS: readonly string[] = [IDNPS, PLATFORM_SYSTEM];

export interface Account {
  id: string;
  version: number;
  isActive: boolean;
  /** Its identifiers today, as `system|value`. */
  keys: readonly string[];
  resource: Resource;
}

export function toAccount(stored: Stored): Account {
  const resource = parseJson(stored.body!) as Resource;
  return {
    id: stored.id,
    version: stored.version,
    isActive: resource['active'] === true,
    keys: keysOf(resource),
    resource,
  };
}

/** The one written form of an identifier: national ones with their prefix, under the OID. */
export function accountIdentifier({ system, value }: Identifier): { system: string; value: string } {
  // The guide's own example of an account has its IDNPS under the system of structures.
  const own = system === IDNST ? IDNPS : (system ?? '');
  const written = (value ?? '').trim();
  return prefixed({ system: own, value: written }) ?? { system: own, value: written };
}

export function keyOf(identifier: Identifier): string {
  const { system, value } = accountIdentifier(identifier);
  return `${system}|${value}`;
}

export function keysOf(account: Resource): string[] {
  return [...new Set(((account['identifier'] as Identifier[] | undefined) ?? []).map(keyOf))].sort();
}

/** The same value under the other of the platform's systems, because callers confuse them (trap U4). */
export function otherKey(key: string): string[] {
  const at = key.indexOf('|');
  const [system, value] = [key.slice(0, at), key.slice(at + 1)];
  if (!ACCOUNT_SYSTEMS.includes(system)) return [];
  return ACCOUNT_SYSTEMS.filter((one) => one !== system).map((system) => keyOf({ system: system, value }));
}

/** Addresses are the same in any case. */
export function emailKey(address: string): string {
  return address.trim().normalize('NFC').toLowerCase();
}

export function emailsOf(account: Resource): string[] {
  const values = ((account['telecom'] as Json[] | undefined) ?? [])
    .filter((telecom) => telecom.system === 'email')
    .map((telecom) => emailKey(String(telecom.value ?? '')));
  return [...new Set(values)].filter((value) => value !== '').sort();
}
