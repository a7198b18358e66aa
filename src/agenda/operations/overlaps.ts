/**
 * `GET /fhir/$overlaps?start=2026-12-01&_count=200`: appointments that occupy somebody or something that another
 * appointment occupies too, from now on or from `start`: deliberate overbookings, and those that an upgrade found.
 * Managers and operators see all of them, people those of their own agendas.
 *
 * Parameters: `more` (boolean: there are later ones); `overlap` (schedule, appointment, start, end, overbooking,
 * resource*, with*). Nothing about patients.
 */
import { FRANCE } from '../../fhir/date.ts';
import { isOverbooking } from '../../fhir/french/fr-extensions.ts';
import type { Context } from '../../fhir/interaction.ts';
import { parseResource } from '../../fhir/json.ts';
import { parseDate } from '../../fhir/search/value.ts';
import type { Parameter } from '../../fhir/foundation.ts';
import type { Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import { type Overlap, overlapsAfter } from '../../store/resources/overlap-reader.ts';
import { readScopeOf } from '../rules/read-scope.ts';
import type { RuleServices } from '../rules/services.ts';

const DEFAULT_COUNT = 200;
const MAX_COUNT = 1000;

export function overlapsOperation(services: RuleServices): Operation {
  return {
    name: 'overlaps',
    on: 'system',
    level: 'system',
    safe: true,
    description:
      'Les rendez-vous qui occupent une personne, une salle ou un appareil en même temps qu’un autre ' +
      '(start, _count) : surnuméraires, et chevauchements trouvés lors d’une mise à niveau.',
    async run(context, call) {
      const input = new OperationInput(call, context.base);
      const count = input.whole('_count', 1, MAX_COUNT) ?? DEFAULT_COUNT;
      const start = input.text('start');
      const after = start === undefined ? context.now : parseDate(start, FRANCE).start;
      const schedules = await seenBy(services, context);
      const found = await overlapsAfter(services.reader.database, after, count + 1, schedules);
      const shown = found.slice(0, count);
      return {
        resource: {
          resourceType: 'Parameters',
          parameter: [
            { name: 'more', valueBoolean: found.length > count },
            ...(await overlapParameters(services, shown)),
          ],
        },
      };
    },
  };
}

/** Ids of the agendas whose overlaps the caller sees; `undefined`: all. */
async function seenBy(services: RuleServices, context: Context): Promise<readonly string[] | undefined> {
  if (context.roles.includes('operator')) return undefined;
  return (await readScopeOf(services, context))?.person?.agendas;
}

async function overlapParameters({ reader }: RuleServices, overlaps: readonly Overlap[]): Promise<Parameter[]> {
  const stored = await reader.readReferences(overlaps.map(({ appointment }) => `Appointment/${appointment}`));
  const deliberate = new Set(
    stored.filter(({ body }) => isOverbooking(parseResource('Appointment', body!))).map(({ id }) => id),
  );
  return overlaps.map(({ schedule, appointment, start, end, resources, others }) => ({
    name: 'overlap',
    part: [
      { name: 'schedule', valueReference: { reference: `Schedule/${schedule}` } },
      { name: 'appointment', valueReference: { reference: `Appointment/${appointment}` } },
      { name: 'start', valueDateTime: formatInstant(start, FRANCE) },
      { name: 'end', valueDateTime: formatInstant(end, FRANCE) },
      { name: 'overbooking', valueBoolean: deliberate.has(appointment) },
      ...resources.map((reference) => ({ name: 'resource', valueReference: { reference } })),
      ...others.map((id) => ({ name: 'with', valueReference: { reference: `Appointment/${id}` } })),
    ],
  }));
}
