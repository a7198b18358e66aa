/**
 * Decides whether the certificate of a client is valid, by the path validation of RFC 5280, section 6, as far as mutual
 * TLS needs it: signatures up to a root of the given bundle, dates, rights of the authorities, use as a client, and
 * revocation of every certificate of the path. It fails closed: once lists are given, an authority without a current
 * list vouches for nobody.
 */
import type { X509Certificate } from 'node:crypto';
import {
  content,
  type Der,
  derAt,
  extensions,
  type DerExtension,
  oid,
  sequence,
  serial,
  TAG,
  whole,
  within,
} from './der.ts';
import { certificatesOf, listsOf } from './pem.ts';
import { isListOf, readRevocationList, type RevocationList } from './revocation.ts';
import { frame } from './signature.ts';

export interface Trust {
  /** Roots and intermediates. */
  authorities: readonly X509Certificate[];
  lists: readonly RevocationList[];
}

export type Refusal =
  | 'unknown-authority'
  | 'expired'
  | 'not-yet-valid'
  | 'revoked'
  | 'wrong-usage'
  | 'unsupported'
  | 'no-current-list';

export interface Verdict {
  /** Absent: the certificate is valid. */
  refusal?: Refusal;
  /** English, for the log and for the engineer of the partner. */
  detail: string;
  /** Epoch milliseconds until which the verdict holds, as long as the trust does not change. */
  until: number;
}

/** Certificates between that of the client and the root. */
const MAX_DEPTH = 6;
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';
const ID = {
  keyUsage: '2.5.29.15',
  alternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  policies: '2.5.29.32',
  extendedUsage: '2.5.29.37',
};
/** Extensions that are checked here, or have no effect on a path without policies. */
const KNOWN: ReadonlySet<string> = new Set([
  ID.keyUsage,
  ID.alternativeName,
  ID.basicConstraints,
  ID.policies,
  ID.extendedUsage,
]);
/** Bits of keyUsage. */
const USE = { digitalSignature: 0, keyAgreement: 4, keyCertSign: 5, crlSign: 6 };

/** Reads the contents of the bundle and of the files of lists. Throws an error that says what is wrong. */
export function readTrust(bundles: readonly Buffer[], lists: readonly Buffer[]): Trust {
  return { authorities: bundles.flatMap(certificatesOf), lists: lists.flatMap(listsOf).map(readRevocationList) };
}

/**
 * Warnings for the operator, at start and after each change: authorities that can vouch for nobody, and lists without
 * their authority.
 */
export function doubts({ authorities, lists }: Trust, now: number): string[] {
  const rootless = authorities.filter(
    (authority) => paths(authority, [], authorities).length === 0 && !isRoot(authority),
  );
  const listless =
    lists.length === 0
      ? []
      : authorities.filter((authority) => !lists.some((list) => list.nextUpdate > now && isOf(list, authority)));
  const orphans = lists.filter((list) => !authorities.some((authority) => isOf(list, authority)));
  return [
    ...rootless.map((authority) => `the bundle holds no root for ${nameOf(authority)}`),
    ...listless.map(
      (authority) => `no current revocation list of ${nameOf(authority)}: certificates that it issued are refused`,
    ),
    ...orphans.map((list) => `a revocation list (${list.serials.size} entries) comes from no authority of the bundle`),
  ];
}

/** `sent`: the intermediates that the client sent, if any. */
export function verifyClient(
  leaf: X509Certificate,
  sent: readonly X509Certificate[],
  trust: Trust,
  now: number,
): Verdict {
  let worst: Verdict | undefined;
  for (const path of paths(leaf, sent, trust.authorities)) {
    const verdict = checkPath(path, trust, now);
    if (verdict.refusal === undefined) return verdict;
    worst ??= verdict;
  }
  return (
    worst ?? {
      refusal: 'unknown-authority',
      detail: 'its authority is not in the bundle of this server',
      until: Number.POSITIVE_INFINITY,
    }
  );
}

/** Every chain of signatures from the certificate up to a root of the bundle. */
function paths(
  leaf: X509Certificate,
  sent: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): X509Certificate[][] {
  const found: X509Certificate[][] = [];
  const candidates = [...authorities, ...sent.slice(0, MAX_DEPTH)];
  const climb = (path: X509Certificate[]): void => {
    const last = path.at(-1)!;
    for (const candidate of candidates) {
      if (
        found.length >= 8 ||
        path.length > MAX_DEPTH ||
        path.some((below) => below.fingerprint256 === candidate.fingerprint256)
      )
        continue;
      if (!last.checkIssued(candidate) || !last.verify(candidate.publicKey)) continue;
      if (isRoot(candidate) && authorities.includes(candidate)) found.push([...path, candidate]);
      else climb([...path, candidate]);
    }
  };
  climb([leaf]);
  return found;
}

function isRoot(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
}

interface Checked {
  certificate: X509Certificate;
  extensions: Map<string, DerExtension>;
  /** In the path: 0 is the certificate of the client. */
  index: number;
  issuer: X509Certificate | undefined;
}

function checkPath(path: readonly X509Certificate[], trust: Trust, now: number): Verdict {
  let until = Number.POSITIVE_INFINITY;
  for (const [index, certificate] of path.entries()) {
    const checked = { certificate, extensions: extensionsOf(certificate), index, issuer: path[index + 1] };
    const revocation = checkRevocation(checked, trust, now);
    const fault = faultOfDates(checked, now) ?? faultOfForm(checked) ?? faultOfUse(checked) ?? revocation.fault;
    if (fault !== undefined) {
      const subject = index === 0 ? 'the certificate' : `its authority ${nameOf(certificate)}`;
      return { refusal: fault.refusal, detail: `${subject} ${fault.reason}`, until: now };
    }
    until = Math.min(until, Date.parse(certificate.validTo), revocation.until);
  }
  return { detail: 'good', until };
}

/** `reason` continues a sentence that begins with the name of the certificate. */
type Fault = { refusal: Refusal; reason: string } | undefined;

function faultOfDates({ certificate, index }: Checked, now: number): Fault {
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  if (now < from)
    return {
      refusal: index === 0 ? 'not-yet-valid' : 'unknown-authority',
      reason: `is valid from ${new Date(from).toISOString()} only`,
    };
  if (now > to)
    return {
      refusal: index === 0 ? 'expired' : 'unknown-authority',
      reason: `was valid until ${new Date(to).toISOString()}`,
    };
  return undefined;
}

/** Extensions that this server does not know, keys that are too short, signatures that it does not accept. */
function faultOfForm({ certificate, extensions, issuer }: Checked): Fault {
  const unsupported = (reason: string): Fault => ({ refusal: 'unsupported', reason });
  for (const [id, { critical }] of extensions)
    if ((critical && !KNOWN.has(id)) || id === ID.nameConstraints)
      return unsupported(`has an extension that is not supported here: ${id}`);
  const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < 2048) return unsupported(`has an RSA key of ${bits} bits`);
  if (issuer !== undefined && frame(certificate.raw).algorithm === undefined)
    return unsupported('is signed in a way that is not accepted here');
  return undefined;
}

function faultOfUse({ certificate, extensions, index }: Checked): Fault {
  if (!mayBeUsed(extensions.get(ID.extendedUsage), CLIENT_AUTHENTICATION))
    return { refusal: 'wrong-usage', reason: 'is not meant for the authentication of clients' };
  if (index === 0) {
    const maySign = hasUse(extensions, USE.digitalSignature) || hasUse(extensions, USE.keyAgreement);
    return maySign ? undefined : { refusal: 'wrong-usage', reason: 'may not sign' };
  }
  const mayIssue = certificate.ca && hasUse(extensions, USE.keyCertSign) && index - 1 <= maxBelow(extensions);
  return mayIssue ? undefined : { refusal: 'unknown-authority', reason: 'may not issue this certificate' };
}

/** A list that has expired still revokes; only a current list, until its next update, shows that nothing is revoked. */
function checkRevocation(
  { certificate, issuer }: Checked,
  trust: Trust,
  now: number,
): { fault?: Fault; until: number } {
  if (issuer === undefined || trust.lists.length === 0) return { until: Number.POSITIVE_INFINITY };
  const lists = trust.lists.filter((list) => isOf(list, issuer));
  const number = serial(fields(certificate).find((field) => field.tag === TAG.integer));
  if (lists.some((list) => list.serials.has(number)))
    return { fault: { refusal: 'revoked', reason: 'is revoked' }, until: now };
  const until = Math.max(...lists.filter((list) => list.thisUpdate <= now).map((list) => list.nextUpdate), 0);
  if (until > now) return { until };
  const reason = `cannot be checked: this server has no current revocation list of ${nameOf(issuer)}`;
  return { fault: { refusal: 'no-current-list', reason }, until: now };
}

function isOf(list: RevocationList, authority: X509Certificate): boolean {
  return (
    list.issuer.equals(subjectOf(authority)) &&
    hasUse(extensionsOf(authority), USE.crlSign) &&
    isListOf(list, authority)
  );
}

/** The values of `TBSCertificate`, in their order. */
function fields(certificate: X509Certificate): Der[] {
  return sequence(frame(certificate.raw).signed);
}

function subjectOf(certificate: X509Certificate): Buffer {
  // Version, serial, algorithm, issuer, validity, subject: the version may be absent.
  const all = fields(certificate).filter((field) => field.tag !== 0xa0);
  return whole(all[4]!);
}

const parsed = new WeakMap<X509Certificate, Map<string, DerExtension>>();

function extensionsOf(certificate: X509Certificate): Map<string, DerExtension> {
  const known = parsed.get(certificate);
  if (known !== undefined) return known;
  const list = fields(certificate).find((field) => field.tag === 0xa3);
  const found =
    list === undefined ? new Map<string, DerExtension>() : extensions(derAt(list.bytes, list.from, list.to));
  parsed.set(certificate, found);
  return found;
}

/** A certificate without the extension may be used for anything. */
function hasUse(more: Map<string, DerExtension>, bit: number): boolean {
  const extension = more.get(ID.keyUsage);
  if (extension === undefined) return true;
  const bits = content(derAt(extension.value)).subarray(1);
  return ((bits[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
}

function mayBeUsed(extension: DerExtension | undefined, purpose: string): boolean {
  return extension === undefined || sequence(derAt(extension.value)).some((usage) => oid(usage) === purpose);
}

/** `pathLenConstraint`: the number of intermediates allowed below. */
function maxBelow(more: Map<string, DerExtension>): number {
  const extension = more.get(ID.basicConstraints);
  const length = extension && [...within(derAt(extension.value))].find(({ tag }) => tag === TAG.integer);
  return length === undefined ? Number.POSITIVE_INFINITY : Number(`0x${serial(length)}`);
}

/** The name for people: the last line of the subject. */
function nameOf(certificate: X509Certificate): string {
  return certificate.subject.split('\n').at(-1)!;
}
