/** The settings of the agenda server. Each is an option (`runtime/options/agenda.ts`). */
import type { Config } from '../runtime/config.ts';

export interface AgendaSettings {
  /** Length of a slot when neither the agenda nor its actors say. */
  defaultDurationMs: number;
  /** A booking may start this long before now. */
  pastToleranceMs: number;
  /** Do `proposed` and `pending` take the time? */
  requestsTakeTime: boolean;
  /** Roles with the right to declare what nobody could have booked, besides `declare`. */
  declaringRoles: readonly string[];
  /** How long a hold lasts when its holder does not say. */
  holdSeconds: number;
  /** Agendas that one slot search may compute. */
  searchedAgendas: number;
  windowDays: number;
  defaultPage: number;
  maxPage: number;
  includes: number;
  /** Octets of one attachment at most, and attachments of one appointment. */
  attachmentBytes: number;
  attachments: number;
  /** Memory for computed slots and what is sent with them. */
  cacheBytes: number;
}

export function readAgendaSettings(config: Config): AgendaSettings {
  return {
    defaultDurationMs: config.slotMinutes * 60_000,
    pastToleranceMs: config.pastToleranceMinutes * 60_000,
    requestsTakeTime: config.requestsTakeTime,
    declaringRoles: config.declaringRoles,
    holdSeconds: config.holdSeconds,
    searchedAgendas: config.maxAgendas,
    windowDays: config.maxWindowDays,
    defaultPage: config.defaultPage,
    maxPage: config.maxPage,
    includes: config.maxIncludes,
    attachmentBytes: config.maxAttachmentBytes,
    attachments: config.maxAttachments,
    cacheBytes: config.cacheMegabytes * 1_000_000,
  };
}
