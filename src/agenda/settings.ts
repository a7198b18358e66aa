/** What the rules of the agenda server leave to its operator. Each is an option (`runtime/options/agenda.ts`). */
export interface AgendaSettings {
  /** Length of a slot when neither the agenda nor its actors say. */
  defaultDurationMs: number;
  /** A booking may start this long before now. */
  pastToleranceMs: number;
  /** Do `proposed` and `pending` take the time? */
  requestsTakeTime: boolean;
  /** How long a hold lasts when its holder does not say. */
  holdSeconds: number;
  /** Agendas that one slot search may compute. */
  searchedAgendas: number;
  windowDays: number;
  defaultPage: number;
  maxPage: number;
  includes: number;
  /** Memory for computed slots and what is sent with them. */
  cacheBytes: number;
}
