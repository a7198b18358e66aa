/**
 * A territory for measuring: as many agendas as asked, one practitioner and one role each, written many at a time
 * through the
 * store's own unit of work. Every agenda is open 32 quarters of an hour a day; the first 500, those that are asked for,
 * are
 * three quarters booked for three days.
 */
import { KEY_RULE } from '../dist/agenda/occupied.js';
import { agendaCode } from '../dist/scheduling/slot-id.js';
import { Unit } from '../dist/store/write/unit.js';

const DAY = 86_400_000;
const PER_COMMIT = 250;
export const RPPS = 'urn:oid:1.2.250.1.71.4.2.1';
export const MEASURED = 500;

export const rppsOf = (i) => String(81_000_000_000 + i);

export async function fill(database, agendas, today) {
  for (let first = 0; first < agendas; first += PER_COMMIT) {
    const unit = new Unit();
    for (let i = first; i < Math.min(first + PER_COMMIT, agendas); i++) addAgenda(unit, i, today);
    await commit(unit, database);
    if (first < MEASURED) {
      const time = new Unit();
      for (let i = first; i < Math.min(first + PER_COMMIT, agendas); i++) addBusy(time, i, today);
      await commit(time, database);
    }
  }
  await database.script('VACUUM ANALYZE');
}

async function commit(unit, database) {
  const result = await unit.commit(database);
  if (!result.ok) throw new Error(JSON.stringify(result));
}

function addAgenda(unit, i, today) {
  const at = new Date(today).toISOString();
  const meta = { versionId: '1', lastUpdated: at };
  const put = (resource) => unit.put({ ...resource, meta }, 'PUT');
  put({
    resourceType: 'Practitioner',
    id: `p${i}`,
    identifier: [{ system: RPPS, value: rppsOf(i) }],
    name: [{ family: `FAMILLE-${i}`, given: ['Camille'] }],
  });
  put({
    resourceType: 'PractitionerRole',
    id: `r${i}`,
    practitioner: { reference: `Practitioner/p${i}` },
    specialty: [
      {
        coding: [
          {
            system: 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale',
            code: 'SM54',
          },
        ],
      },
    ],
    telecom: [{ system: 'phone', value: '+33100000000' }],
  });
  const sub = (url, value) => ({ url, ...value });
  const opening = (id, from, to) => ({
    url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time',
    extension: [
      sub('identifier', { valueIdentifier: { value: id } }),
      sub('type', { valueCode: 'free' }),
      sub('start', { valueDateTime: `2026-01-05T${from}:00+01:00` }),
      sub('end', { valueDateTime: `2026-01-05T${to}:00+01:00` }),
      sub('rrule', { extension: [sub('freq', { valueCode: 'DAILY' })] }),
    ],
  });
  const schedule = {
    resourceType: 'Schedule',
    id: `s${i}`,
    active: true,
    extension: [opening('matin', '08:00', '12:00'), opening('soir', '14:00', '18:00')],
    actor: [{ reference: `Practitioner/p${i}` }, { reference: `PractitionerRole/r${i}` }],
  };
  put(schedule);
  unit.setAgenda({
    ...{ schedule: schedule.id, code: agendaCode(schedule.id), version: 1, context: {}, deleted: false },
    ...{ keys: [`Schedule/s${i}`, `Practitioner/p${i}`], keyRule: KEY_RULE },
  });
}

/** Three quarters of the time of three days, straight into the busy table, as bookings would leave it. */
function addBusy(unit, i, today) {
  for (let day = 1; day < 4; day++) {
    for (let quarter = 0; quarter < 32; quarter++) {
      if ((quarter + i + day) % 4 === 0) continue;
      const start = today + day * DAY + (quarter < 16 ? 7 * 4 + quarter : 13 * 4 + quarter - 16) * 900_000;
      unit.takeTime({
        appointment: `a${i}-${day}-${quarter}`,
        schedule: `s${i}`,
        start,
        end: start + 900_000,
        capacity: 1,
        overbook: false,
        tentative: false,
      });
    }
  }
}
