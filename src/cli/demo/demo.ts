/** Loads the demonstration territory into an empty database, fills its agendas, and returns commands to try. */
import type { Context } from '../../fhir/interaction.ts';
import { list } from '../../fhir/resources.ts';
import { fillAgenda } from '../../demo/appointments.ts';
import { territory } from '../../demo/territory.ts';
import { DAY, formatInstant } from '../../scheduling/zone.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import { Unit } from '../../store/write/unit.ts';
import type { AgendaServer } from '../servers/agenda.ts';
import { demoPeople } from './people.ts';
import { publishDemo } from './public.ts';
import { progress } from '../commands/progress.ts';

/** Days that are filled with appointments, before and after today. */
const DAYS_BEFORE = 1;
const DAYS_AFTER = 7;

export async function loadDemo(server: AgendaServer, seed: number, now: () => number = Date.now): Promise<string> {
  const { backend, database, url } = server;
  const context: Context = {
    now: now(),
    requestId: 'demo',
    caller: 'demo',
    roles: ['*'],
    strict: false,
    loading: true,
    base: `${url}/fhir`,
  };
  const { total } = await backend.repository.reader.search('Schedule', [], { count: 0 });
  if (total === 0) {
    const { resources, filled } = territory(context.now, seed);
    const loading = progress('Territoire fictif / fictional territory', resources.length);
    for (const resource of resources) {
      await backend.update(context, resource, resource.id, {});
      loading.step();
    }
    loading.done();
    server.people.introduce(await demoPeople(server, context));
    const filling = progress('Rendez-vous / appointments', filled.length);
    for (const schedule of filled) {
      await fill(server, context, schedule, seed);
      filling.step();
    }
    filling.done();
    await database.script(database.kind === 'embedded' ? 'VACUUM ANALYZE' : 'ANALYZE');
  } else server.people.introduce(await demoPeople(server, context));
  await publishDemo(server, context);
  return examples(server, context);
}

/** Writes all appointments of one agenda in one commit. The database refuses overlaps, as from any caller. */
async function fill(
  { backend, database }: AgendaServer,
  context: Context,
  schedule: string,
  seed: number,
): Promise<void> {
  const [loaded] = await backend.agendas.load(await backend.agendas.stored.rows([schedule]));
  if (loaded === undefined) return;
  const today = Math.floor(context.now / DAY) * DAY;
  const window = { start: today - DAYS_BEFORE * DAY, end: today + DAYS_AFTER * DAY };
  const { slots } = (await backend.slots.states.of([loaded], window, context.now)).get(schedule)!;
  const unit = new Unit();
  unit.concern(schedule);
  const at = new Date(context.now).toISOString();
  for (const appointment of fillAgenda(schedule, loaded.agenda.zone, loaded.actors, slots, context.now, seed)) {
    unit.put({ ...appointment, meta: { versionId: '1', lastUpdated: at } }, 'POST');
    unit.holdKeys('Appointment', appointment.id!, list(appointment.identifier));
    const time = { start: Date.parse(appointment.start ?? ''), end: Date.parse(appointment.end ?? '') };
    if (appointment.status !== 'noshow')
      unit.takeTime({
        appointment: appointment.id!,
        schedule,
        ...time,
        capacity: 10,
        overbook: false,
        tentative: false,
      });
  }
  const result = await unit.commit(database);
  if (!('ok' in result)) throw new Error(`demo: ${schedule} ${JSON.stringify(result)}`);
}

/** Three commands that work when pasted. */
async function examples({ backend, url }: AgendaServer, context: Context): Promise<string> {
  const from = formatInstant(context.now, 'Europe/Paris').slice(0, 10);
  const to = formatInstant(context.now + 3 * DAY, 'Europe/Paris').slice(0, 10);
  const practitioners = await backend.repository.reader.search('Practitioner', [], { count: 2, total: 'none' });
  const ids = practitioners.rows.map((row) => JSON.parse(row.body!).identifier[0].value);
  const free = await freeSlotOf(backend, context);
  return `Trois commandes à coller / three commands to paste:

1. Les créneaux libres des généralistes de Val-de-Brume / free slots of the town's general practitioners:
   curl -s '${url}/fhir/Slot?status=free&start=ge${from}&start=lt${to}&schedule.actor:PractitionerRole.specialty=SM54&schedule.actor:PractitionerRole.address=Val-de-Brume&_count=3'

2. La recherche du SAS pour deux praticiens / the SAS search for two practitioners:
   curl -s '${url}/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor&status=free&start=ge${from}&start=le${to}&schedule.actor:Practitioner.identifier=${ids.map((id) => `urn:oid:1.2.250.1.71.4.2.1%7C${id}`).join(',')}&_count=3'

3. Réserver un créneau / book a slot:
   curl -s -X POST '${url}/fhir/Appointment' -H 'Content-Type: application/fhir+json' -d '{"resourceType":"Appointment","status":"booked","slot":[{"reference":"Slot/${free}"}],"participant":[{"actor":{"reference":"Patient/patient-1"},"status":"accepted"}]}'`;
}

async function freeSlotOf(backend: AgendaServer['backend'], context: Context): Promise<string> {
  const schedules = await backend.repository.reader.search('Schedule', [], { count: 20, total: 'none' });
  const agendas = await backend.agendas.load(await backend.agendas.stored.rows(schedules.rows.map((row) => row.id)));
  const window = { start: context.now + 3_600_000, end: context.now + 14 * DAY };
  for (const loaded of agendas) {
    const { slots } = (await backend.slots.states.of([loaded], window, context.now)).get(loaded.schedule)!;
    const slot = slots.find((slot) => slot.start > window.start);
    if (slot !== undefined)
      return slotId({ agenda: loaded.code, start: slot.start, durationMs: slot.end - slot.start });
  }
  return '';
}
