/**
 * A slot of the type WALKIN is shown to the SAS and not booked: the patient comes without an appointment. A practice
 * that overbooks decides otherwise. Spec: 1.6, 4.2
 */
import type { RuleServices } from '../../agenda/rules/services.ts';
import { isOverbooking, readHold } from '../../fhir/french/fr-extensions.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { offersFor, openings } from '../../scheduling/availability.ts';
import { contains, type Interval } from '../../scheduling/interval.ts';
import { takesTime } from '../../scheduling/life-cycle.ts';
import type { LoadedAgenda } from '../../agenda/agendas.ts';
import type { AppointmentFollower, Surroundings } from '../../server/feature.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';

export class WalkInRule implements AppointmentFollower {
  readonly #agenda: RuleServices;

  constructor(agenda: RuleServices) {
    this.#agenda = agenda;
  }

  async follow(context: Context, change: Change, _unit: Unit, surroundings: Surroundings): Promise<void> {
    const { before, after } = sidesOf(change, 'Appointment');
    if (after === undefined || context.loading === true || isOverbooking(after)) return;
    const taking = (appointment: Appointment): boolean =>
      takesTime(appointment.status, true) || readHold(appointment) !== undefined;
    if (!taking(after) || after.start === undefined || after.end === undefined) return;
    if (before !== undefined && taking(before) && before.start === after.start && before.end === after.end) return;
    const time = { start: Date.parse(after.start), end: Date.parse(after.end) };
    const occupied = await surroundings.agendasOf(after);
    const { agendas } = this.#agenda;
    const loaded = await agendas.load(await agendas.stored.rows(occupied.map(({ schedule }) => schedule)));
    for (const agenda of loaded) {
      if (await this.#isWalkIn(agenda, time)) throw walkIn(agenda);
    }
  }

  /** A Slot that somebody wrote speaks for its time; elsewhere the offers do, if they all say so. */
  async #isWalkIn(loaded: LoadedAgenda, time: Interval): Promise<boolean> {
    const explicit = (await this.#agenda.agendas.explicit([loaded], time)).get(loaded.schedule) ?? [];
    const written = explicit.find((slot) => slot.status === 'free' && contains(slot, time));
    if (written !== undefined) {
      const { appointmentType } = parseResource('Slot', written.body);
      return list(appointmentType?.coding).some(({ code }) => code === 'WALKIN');
    }
    const { agenda } = loaded;
    const opening = openings(agenda, time).find(({ regions }) => regions.some((region) => contains(region, time)));
    const offers = opening === undefined ? [] : offersFor(agenda, opening.availabilityIds);
    return offers.length > 0 && offers.every(({ appointmentType }) => appointmentType === 'WALKIN');
  }
}

function walkIn({ schedule }: LoadedAgenda): FhirError {
  return new FhirError(
    'business-rule',
    `Schedule/${schedule} takes no appointments then: its slots are of type WALKIN`,
    {
      expression: 'Appointment.slot',
      text: "Ce créneau est sans rendez-vous (WALKIN) : le patient s'y présente directement, il ne se réserve pas.",
    },
  );
}
