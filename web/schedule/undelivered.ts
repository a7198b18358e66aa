/** Appointments of which a mail did not arrive, as the server lists them for an agenda. */
import { useQuery } from '@tanstack/react-query';
import type { Appointment, Patient } from '../../src/fhir/resources.ts';
import { isType, list } from '../../src/fhir/resources.ts';
import { ask } from '../fhir/client.ts';
import { patientName } from '../fhir/names.ts';
import { parametersNamed, partValue } from '../fhir/parameters.ts';
import type { Span } from '../ui/dates.ts';
import { phoneText } from '../ui/phone.ts';

export interface UndeliveredMail extends Span {
  id: string;
  patient: string;
  isCancelled: boolean;
  email: string;
  phone: string;
}

export function useUndelivered(agenda: string, isAsked: boolean) {
  return useQuery({
    queryKey: ['agenda', agenda, 'undelivered'],
    enabled: isAsked,
    staleTime: 60_000,
    queryFn: async ({ signal }): Promise<UndeliveredMail[]> => {
      const { json } = await ask(`/fhir/Schedule/${agenda}/$undelivered`, { signal });
      const patients = new Map(
        parametersNamed(json, 'patient').flatMap(({ resource }) =>
          resource !== undefined && isType(resource, 'Patient') ? [[`Patient/${resource.id}`, resource]] : [],
        ),
      );
      return parametersNamed(json, 'item').map((item) => mailOf(partValue(item, 'resource'), patients));
    },
  });
}

function mailOf(appointment: Appointment, patients: ReadonlyMap<string, Patient>): UndeliveredMail {
  const { id, start, end, status, participant } = appointment;
  const named = participant.find(({ actor }) => actor?.reference?.startsWith('Patient/'))?.actor;
  const patient = patients.get(named?.reference ?? '');
  const contact = (system: string): string =>
    list(patient?.telecom).find((each) => each.system === system)?.value ?? '';
  return {
    ...{ id: id!, start: start!, end: end!, isCancelled: status === 'cancelled' },
    patient: patientName(patient) || (named?.display ?? ''),
    email: contact('email'),
    phone: phoneText(contact('phone')),
  };
}

/** Sends the refused mails again; how many. */
export async function retryMails(agenda: string): Promise<void> {
  const body = { resourceType: 'Parameters' };
  await ask(`/fhir/Schedule/${agenda}/$undelivered-retry`, { method: 'POST', body });
}
