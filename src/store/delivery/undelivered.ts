/** Mails that were refused for good, by the appointments that they are about: somebody has to call these patients. */
import type { Database } from '../engine/database.ts';
import { announceOutbox } from './outbox.ts';

/** The appointment and the person of a notice; its ordering key begins with both. */
export interface NoticeSubject {
  appointment: string;
  /** `Patient/x` */
  person: string;
  start: string | undefined;
}

/** A reminder has a queue of its own. */
const keysOf = ({ appointment, person, start }: NoticeSubject): string[] => [
  `${appointment} ${person}`,
  `${appointment} ${person} reminder ${start ?? ''}`,
];

/** Those of which the last mail was refused. */
export async function undeliveredAmong(
  database: Database,
  subjects: readonly NoticeSubject[],
): Promise<NoticeSubject[]> {
  const refused = await database.query<{ key: string }>(
    `SELECT DISTINCT ordering_key AS key FROM outbox WHERE destination = 'mail' AND delivered_at IS NULL
       AND failed_at IS NOT NULL AND ordering_key = ANY($1::text[])`,
    [subjects.flatMap(keysOf)],
  );
  const keys = new Set(refused.map(({ key }) => key));
  return subjects.filter((subject) => keysOf(subject).some((key) => keys.has(key)));
}

/** Sends them again, at once. Returns how many. */
export async function sendAgain(database: Database, subjects: readonly NoticeSubject[]): Promise<number> {
  const rows = await database.query(
    `UPDATE outbox SET failed_at = NULL, next_attempt_at = clock_timestamp() WHERE destination = 'mail'
       AND delivered_at IS NULL AND failed_at IS NOT NULL AND ordering_key = ANY($1::text[]) RETURNING id`,
    [subjects.flatMap(keysOf)],
  );
  if (rows.length > 0) announceOutbox(database);
  return rows.length;
}
