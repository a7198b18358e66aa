/**
 * National identifiers in their several written forms: with the prefix of the kind (`8` + RPPS) or without, in the OID
 * system of the SAS or the `https://` systems of FR Core 2.x. Two forms of one number have one canonical form.
 * Spec: 4.3, trap I8
 */
import type { Identifier } from '../resource.ts';

export const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
export const IDNST = 'urn:oid:1.2.250.1.71.4.2.2';

interface NationalIdentifier {
  /** System of the prefixed form. */
  oid: string;
  prefix: string;
  /** Form of the bare number. */
  bare: RegExp;
  /** System that holds the bare number. */
  url: string;
}

const KINDS: NationalIdentifier[] = [
  { oid: IDNPS, prefix: '8', bare: /^\d{11}$/, url: 'https://rpps.esante.gouv.fr' },
  { oid: IDNPS, prefix: '0', bare: /^\d{9}$/, url: 'https://adeli.esante.gouv.fr' },
  { oid: IDNST, prefix: '1', bare: /^[0-9][0-9AB]\d{7}$/, url: 'https://finess.esante.gouv.fr' },
  { oid: IDNST, prefix: '3', bare: /^\d{14}$/, url: 'https://sirene.fr' },
  { oid: IDNST, prefix: '4', bare: /^\d{13,14}$/, url: 'https://rppsrang.esante.gouv.fr' },
  { oid: IDNST, prefix: '0', bare: /^\d{11}$/, url: 'https://adelirang.esante.gouv.fr' },
];

/** The kind and bare number of a national identifier. */
function recognise({ system, value }: Identifier): { kind: NationalIdentifier; bare: string } | undefined {
  if (system === undefined || value === undefined) return undefined;
  for (const kind of KINDS) {
    if (system === kind.url && kind.bare.test(value)) return { kind, bare: value };
    if (system !== kind.oid) continue;
    if (value.startsWith(kind.prefix) && kind.bare.test(value.slice(1))) return { kind, bare: value.slice(1) };
    if (kind.bare.test(value)) return { kind, bare: value };
  }
  return undefined;
}

/** Every `system|value` under which the same identifier may be stored. */
export function equivalentTokens(identifier: Identifier): string[] {
  const own = `${identifier.system ?? ''}|${identifier.value}`;
  const known = recognise(identifier);
  if (known === undefined) return [own];
  const { kind, bare } = known;
  return [...new Set([own, `${kind.oid}|${kind.prefix}${bare}`, `${kind.oid}|${bare}`, `${kind.url}|${bare}`])];
}

/** The prefixed form that the SAS wants; `undefined` when it is not a national identifier. */
export function prefixed(identifier: Identifier): { system: string; value: string } | undefined {
  const known = recognise(identifier);
  return known && { system: known.kind.oid, value: known.kind.prefix + known.bare };
}
