/** The octets of Binaries, which lie apart from their resources (ADR 0031). */
import type { Queries } from '../engine/database.ts';

/** An attachment without its octets. */
export interface ContentFacts {
  binary: string;
  /** Id of its Appointment. */
  appointment: string;
  bytes: number;
}

const FACTS = 'id AS binary, appointment, octet_length(octets) AS bytes';

/** Base64 without line breaks; `undefined`: the Binary is gone. */
export async function readContent(database: Queries, binary: string): Promise<string | undefined> {
  const [row] = await database.query<{ data: string }>(
    `SELECT translate(encode(octets, 'base64'), E'\n', '') AS data FROM binary_content WHERE id = $1`,
    [binary],
  );
  return row?.data;
}

export async function contentFacts(database: Queries, binaries: readonly string[]): Promise<ContentFacts[]> {
  return database.query<ContentFacts & Record<string, unknown>>(
    `SELECT ${FACTS} FROM binary_content WHERE id = ANY($1::text[])`,
    [binaries],
  );
}

export async function contentsOfAppointment(database: Queries, appointment: string): Promise<ContentFacts[]> {
  return database.query<ContentFacts & Record<string, unknown>>(
    `SELECT ${FACTS} FROM binary_content WHERE appointment = $1 ORDER BY id`,
    [appointment],
  );
}
