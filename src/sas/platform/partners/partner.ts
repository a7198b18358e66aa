/**
 * A partner: an editor that the platform asks for slots and sends regulator accounts to. An operator wrote it as an
 * Endpoint, or it stands in the settings file. Spec: 6.0
 */
import type { SasVersion } from '../../../fhir/profile/definitions/sas-names.ts';
import { LIMITS, SEARCH_KINDS, type SearchKind } from '../../contract/contract.ts';

/** PEM files of a TLS client. */
export interface ClientIdentity {
  cert?: Buffer;
  key?: Buffer;
  ca?: Buffer;
}

export interface Partner {
  id: string;
  name: string;
  /** FHIR base, without a slash at the end. */
  url: string;
  kinds: readonly SearchKind[];
  enabled: boolean;
  deadlineMs: number;
  /** Requests under way at once; others wait, within their deadline. */
  connections: number;
  /** Bytes of one answer. */
  maxBytes: number;
  /** Its own certificate and authority; empty: those of the platform. */
  identity: ClientIdentity;
  /** Name under which it reports appointments. */
  caller: string;
  /** The version of the SAS guide that it speaks; absent: the platform's. */
  sasVersion?: SasVersion;
  /** Tokens of the national identifiers known there; `undefined` when no list was given. */
  practitioners: readonly string[] | undefined;
  /** When it became as it is, epoch milliseconds: what was learnt earlier does not count for it. */
  since: number;
}

/** The SAS waits no longer for an answer. Spec: 6.0 */
export const MAX_DEADLINE_MS = LIMITS.deadlineMs;

export const DEFAULTS = { deadlineMs: MAX_DEADLINE_MS, connections: 8, maxBytes: 8_000_000 };

/** Without a dot: ids of a partner's resources are the partner's id, a dot, and the id that the partner gave. */
const PARTNER_ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,30}$/;

/** Checks what holds for every partner, wherever it is written. Throws Error with the reason. */
export function checkPartner(partner: Partner): Partner {
  if (!PARTNER_ID.test(partner.id)) throw new Error('id is 1 to 31 letters, digits and hyphens');
  const unknown = partner.kinds.find((kind) => !SEARCH_KINDS.includes(kind));
  if (unknown !== undefined || partner.kinds.length === 0)
    throw new Error(
      `kinds are ${SEARCH_KINDS.join(', ')}, at least one${unknown === undefined ? '' : `; not "${unknown}"`}`,
    );
  const url = URL.canParse(partner.url) ? new URL(partner.url) : undefined;
  const isLoopback = /^(127\.|localhost$|\[::1\]$)/.test(url?.hostname ?? '');
  if (
    url === undefined ||
    !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  ) {
    throw new Error('url is https://host/base (http on loopback only), without a query');
  }
  return { ...partner, url: url.href.replace(/\/+$/, '') };
}
