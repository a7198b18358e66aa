/**
 * How each partner has answered over time: counted in memory, written every few seconds, five minutes to a row; several
 * processes add up.
 */
import type { Database } from '../engine/database.ts';

export interface HealthPoint {
  partner: string;
  /** Start of the span, epoch milliseconds. */
  at: number;
  answers: number;
  failures: number;
  /** Milliseconds, of the answers; undefined without any. */
  meanDelay: number | undefined;
  maxDelay: number;
}

interface Tally {
  answers: number;
  failures: number;
  sum: number;
  max: number;
}

const STEP_MS = 300_000;
const WRITE_MS = 5000;
const KEPT = '31 days';

export class PartnerHealth {
  private readonly database: Database;
  private tallies = new Map<string, Tally>();
  private readonly timer: NodeJS.Timeout;

  constructor(database: Database) {
    this.database = database;
    this.timer = setInterval(() => void this.write().catch(() => {}), WRITE_MS);
    this.timer.unref();
  }

  note(partner: string, isAnswer: boolean, delayMs: number, now: number): void {
    const key = `${Math.floor(now / STEP_MS) * STEP_MS} ${partner}`;
    const tally = this.tallies.get(key) ?? { answers: 0, failures: 0, sum: 0, max: 0 };
    if (isAnswer) {
      tally.answers++;
      tally.sum += delayMs;
      tally.max = Math.max(tally.max, delayMs);
    } else tally.failures++;
    this.tallies.set(key, tally);
  }

  /** The oldest first; spans of `stepMs` are one point. */
  async since(from: number, stepMs = STEP_MS): Promise<HealthPoint[]> {
    await this.write();
    const rows = await this.database.query<{
      partner: string;
      at: number;
      answers: number;
      failures: number;
      sum: number;
      max: number;
    }>(
      `SELECT partner, extract(epoch FROM date_bin($2 * interval '1 millisecond', at,
       timestamptz 'epoch'))::float8 * 1000 AS at, sum(answers)::float8 AS answers, sum(failures)::float8 AS failures,
         sum(delay_sum)::float8 AS sum, max(delay_max) AS max
       FROM partner_health WHERE at >= $1::timestamptz GROUP BY 1, 2 ORDER BY 2, 1`,
      [new Date(from).toISOString(), stepMs],
    );
    return rows.map(({ partner, at, answers, failures, sum, max }) => ({
      partner,
      at,
      answers,
      failures,
      meanDelay: answers === 0 ? undefined : Math.round(sum / answers),
      maxDelay: max,
    }));
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.write().catch(() => {});
  }

  private async write(): Promise<void> {
    if (this.tallies.size === 0) return;
    const tallies = this.tallies;
    this.tallies = new Map();
    const rows = [...tallies]
      .map(([key, tally]) => ({
        at: new Date(Number(key.slice(0, key.indexOf(' ')))).toISOString(),
        partner: key.slice(key.indexOf(' ') + 1),
        ...tally,
      }))
      .sort((a, b) => (a.partner < b.partner ? -1 : 1));
    try {
      await this.database.query(
        `INSERT INTO partner_health (partner, at, answers, failures, delay_sum, delay_max)
         SELECT partner, at, answers, failures, sum, max
           FROM json_to_recordset($1::json) AS t(partner text, at timestamptz, answers integer, failures integer,
           sum bigint, max integer)
         ON CONFLICT (partner, at) DO UPDATE
           SET answers = partner_health.answers + excluded.answers,
           failures = partner_health.failures + excluded.failures,
           delay_sum = partner_health.delay_sum + excluded.delay_sum,
           delay_max = greatest(partner_health.delay_max, excluded.delay_max)`,
        [JSON.stringify(rows)],
      );
      await this.database.query(
        `DELETE FROM partner_health WHERE at < (SELECT max(at) FROM partner_health) - interval '${KEPT}'`,
      );
    } catch (error) {
      // Keep the counts: they are added to the next ones.
      for (const [key, tally] of tallies) {
        const later = this.tallies.get(key);
        this.tallies.set(
          key,
          later === undefined
            ? tally
            : {
                answers: tally.answers + later.answers,
                failures: tally.failures + later.failures,
                sum: tally.sum + later.sum,
                max: Math.max(tally.max, later.max),
              },
        );
      }
      throw error;
    }
  }
}
