/** Tells the caller why the database refused a write: somebody has the time, an appointment is in the way. */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { outpaced, takenIdentifier } from '../../fhir/refusals.ts';
import { parseResource } from '../../fhir/json.ts';
import { localId } from '../../fhir/local-reference.ts';
import { type Appointment, asType } from '../../fhir/resources.ts';
import type { Change, CommitRefusal } from '../../store/write/write-rules.ts';
import { explainTaken } from '../slots/nearest.ts';
import { occupationOf } from './occupation.ts';
import type { RuleServices } from './services.ts';

/** More appointments than this are not listed. */
const MAX_LISTED = 20;

export async function explainRefusal(
  services: RuleServices,
  context: Context,
  change: Change,
  refusal: CommitRefusal,
): Promise<FhirError> {
  if ('taken' in refusal) {
    const appointment = await appointmentOf(services, change);
    const occupation = appointment && (await occupationOf(services, appointment));
    const agendas = occupation?.agendas.filter(({ schedule }) => !occupation.recording.has(schedule));
    return explainTaken(services, context, refusal.taken, agendas, [], refusal.members);
  }
  if ('twice' in refusal) return alreadyBooked(refusal.twice);
  if ('clash' in refusal) return clashing(refusal.clash, change.type);
  if ('duplicate' in refusal) {
    return takenIdentifier(change.type);
  }
  if ('occupied' in refusal) return stillBooked(refusal.occupied, change.type);
  return outpaced();
}

/** The appointment that a write is about: an answer to one may change it. */
async function appointmentOf({ reader }: RuleServices, { after }: Change): Promise<Appointment | undefined> {
  const id = localId(asType(after, 'AppointmentResponse')?.appointment, 'Appointment');
  const stored = id === undefined ? undefined : await reader.read('Appointment', id);
  return stored?.body === undefined ? asType(after, 'Appointment') : parseResource('Appointment', stored.body);
}

function alreadyBooked({ schedule, first }: { schedule: string; first: string }): FhirError {
  return new FhirError(
    'duplicate',
    `Appointment/${first} of the same patient takes place on Schedule/${schedule} at that time`,
    {
      expression: 'Appointment.participant',
      text: `Ce patient a déjà un rendez-vous sur cet agenda à cet horaire (Appointment/${first}).`,
    },
  );
}

function clashing({ schedule, appointments }: { schedule: string; appointments: string[] }, type: string): FhirError {
  const listed = appointments.slice(0, MAX_LISTED).map((id) => `Appointment/${id}`);
  const all = [...listed, ...(appointments.length > MAX_LISTED ? ['…'] : [])].join(', ');
  return new FhirError('conflict', `Others occupy the actors of Schedule/${schedule} then: ${all}`, {
    expression: type,
    text: `Les acteurs de cet agenda sont pris ailleurs à l'heure de ces rendez-vous : ${all}.`,
  });
}

function stillBooked(occupied: { schedule: string } | { patient: string }, type: string): FhirError {
  const isPatient = 'patient' in occupied;
  const reference = isPatient ? occupied.patient : `Schedule/${occupied.schedule}`;
  const whose = isPatient ? 'Ce patient' : 'Cet agenda';
  return new FhirError('conflict', `${reference} has future appointments: move or cancel them first`, {
    expression: type,
    text: `${whose} a des rendez-vous à venir : déplacez-les ou annulez-les d'abord.`,
  });
}
