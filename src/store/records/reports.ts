/**
 * The appointments reported to the SAS platform, by which identifier, for which regulator. The commit that
 * sends the first report keeps it as a `business_key`: later changes are reported too, whoever makes them. Spec: 6.5
 */
import type { Database } from '../engine/database.ts';
import type { Unit } from '../write/unit.ts';

const REPORT_KEY = 'ReportedAppointment';

export type Key = { system: string; value: string };

export interface Reported {
  /** The identifier under which the platform knows the appointment. */
  identifier: Key;
  /** The regulator's identifier, as the platform gave it. */
  operator: Key;
}

export class ReportReader {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async read(appointment: string): Promise<Reported | undefined> {
    const rows = await this.database.query<{ system: string; value: string }>(
      'SELECT system, value FROM business_key WHERE type = $1 AND id = $2',
      [REPORT_KEY, appointment],
    );
    const find = (part: string): Key | undefined =>
      rows
        .filter((row) => row.system.startsWith(part))
        .map(({ system, value }) => ({ system: system.slice(part.length), value }))[0];
    const [identifier, operator] = [find('identifier '), find('operator ')];
    if (identifier === undefined || operator === undefined) return undefined;
    return { identifier, operator: { ...operator, value: operator.value.slice(0, operator.value.lastIndexOf(' ')) } };
  }
}

/** The regulator's key holds the appointment's id too: a regulator books many. */
export function keepReported(unit: Unit, appointment: string, { identifier, operator }: Reported): void {
  unit.holdKeys(REPORT_KEY, appointment, [
    { system: `identifier ${identifier.system}`, value: identifier.value },
    { system: `operator ${operator.system}`, value: `${operator.value} ${appointment}` },
  ]);
}
