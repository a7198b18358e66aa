/**
 * `GET /fhir/Schedule/{id}/$undelivered`: the appointments to come of an agenda of which a mail was refused for good,
 * a cancellation too (`item`: resource), with their patients (`patient`). `POST …/$undelivered-retry` sends the mails
 * again, once the address was corrected. The desk learns that a mail did not arrive, never what it said.
 */
import { participantsOf } from '../../fhir/actors.ts';
import type { Context } from '../../fhir/interaction.ts';
import { notFound } from '../../fhir/issue.ts';
import { parameters } from '../../fhir/foundation.ts';
import { parseResource } from '../../fhir/json.ts';
import type { Appointment } from '../../fhir/resources.ts';
import type { Operation, OperationCall } from '../../rest/backend.ts';
import { DAY } from '../../scheduling/zone.ts';
import { type NoticeSubject, sendAgain, undeliveredAmong } from '../../store/delivery/undelivered.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { checkPerson } from '../rules/person-rules.ts';
import { hiddenFrom } from '../rules/read-scope.ts';
import type { RuleServices } from '../rules/services.ts';
import { appointmentsBetween } from './agenda-appointments.ts';

/** Nobody calls patients of later days today. */
const AHEAD_MS = 92 * DAY;

export function undeliveredOperations(services: RuleServices): Operation[] {
  const { database } = services.reader;
  const found = async (context: Context, call: OperationCall) => {
    const [loaded] = await services.agendas.load(await services.agendas.stored.rows([call.id!]));
    if (loaded === undefined) throw notFound('Schedule', call.id!);
    return { loaded, ...(await undelivered(services, context, loaded)) };
  };
  return [
    {
      name: 'undelivered',
      on: ['Schedule'],
      level: 'instance',
      safe: true,
      description: 'Les rendez-vous à venir dont un courriel a été refusé, avec leurs patients.',
      async run(context, call) {
        const { refused, appointments } = await found(context, call);
        const shown = appointments.filter(({ id }) => refused.some(({ appointment }) => appointment === id));
        const patients = await services.reader.readReferences(refused.map(({ person }) => person));
        return {
          resource: parameters([
            ...shown.map((appointment) => ({ name: 'item', part: [{ name: 'resource', resource: appointment }] })),
            ...patients
              .filter(({ type }) => type === 'Patient')
              .map(({ body }) => ({ name: 'patient', resource: parseResource('Patient', body!) })),
          ]),
        };
      },
    },
    {
      name: 'undelivered-retry',
      on: ['Schedule'],
      level: 'instance',
      safe: false,
      description: 'Renvoie les courriels refusés des rendez-vous à venir de cet agenda.',
      async run(context, call) {
        const { loaded, refused } = await found(context, call);
        const { schedule: id, version, resource } = loaded;
        const change = { method: 'PUT', type: 'Schedule', id, version, before: resource, after: resource } as const;
        await checkPerson(services, context, change);
        return { resource: parameters([{ name: 'sent', valueInteger: await sendAgain(database, refused) }]) };
      },
    },
  ];
}

async function undelivered(
  services: RuleServices,
  context: Context,
  loaded: LoadedAgenda,
): Promise<{ refused: NoticeSubject[]; appointments: Appointment[] }> {
  const { now } = context;
  const all = await appointmentsBetween(services, loaded, ['booked', 'cancelled'], { start: now, end: now + AHEAD_MS });
  const hidden = await hiddenFrom(
    services,
    context,
    all.map(({ id }) => `Appointment/${id}`),
  );
  const appointments = all.filter(({ id }) => !hidden.has(`Appointment/${id}`));
  const subjects = appointments.flatMap((appointment) =>
    participantsOf(appointment)
      .filter((person) => /^(Patient|RelatedPerson)\//.test(person))
      .map((person) => ({ appointment: appointment.id!, person, start: appointment.start })),
  );
  return { refused: await undeliveredAmong(services.reader.database, subjects), appointments };
}
