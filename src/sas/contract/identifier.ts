/**
 * The one written form of an identifier at the SAS: a national one with the prefix of its kind, under the OID of
 * practitioners (IDNPS) or of structures (IDNST); any other as it is. Spec: 4.3, trap I8
 */
import { IDNPS, IDNST, prefixed } from '../../fhir/french/identifiers.ts';
import type { Identifier } from '../../fhir/resource.ts';

/** A type, not an interface: it passes for an Identifier, which may have more elements. */
export type SasIdentifier = { system: string; value: string };

export function sasIdentifier({ system = '', value = '' }: Identifier): SasIdentifier {
  const plain = { system, value: value.trim() };
  return prefixed(plain) ?? plain;
}

/** `system|value`. */
export function tokenOf({ system, value }: SasIdentifier): string {
  return `${system}|${value}`;
}

/** `undefined` when the identifier is not of this national system (IDNPS or IDNST). */
export function nationalIdentifier(identifier: Identifier | undefined, system: string): SasIdentifier | undefined {
  const written = sasIdentifier(identifier ?? {});
  return written.system === system && written.value !== '' ? written : undefined;
}

/**
 * The token of a national identifier of either system. An identifier without a system is recognised by its form, and an
 * unknown form counts as a practitioner's. `undefined` for identifiers of other systems.
 */
export function nationalToken({ system, value }: Identifier): string | undefined {
  const plain = value?.trim();
  if (!plain) return undefined;
  const assumed = system ?? IDNPS;
  const national =
    prefixed({ system: assumed, value: plain }) ??
    (system === undefined ? prefixed({ system: IDNST, value: plain }) : undefined);
  if (national !== undefined) return tokenOf(national);
  return assumed === IDNPS || assumed === IDNST ? tokenOf({ system: assumed, value: plain }) : undefined;
}
