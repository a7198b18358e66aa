/** An appointment as its patient sees it by a link: when, with whom, where, and the rules of its kind. ADR 0037 */
import { textsOfKind } from '../../agenda/kinds/kind-times.ts';
import type { LoadedAgenda } from '../../agenda/agendas.ts';
import { concernedAgendas } from '../../agenda/rules/addressed.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import { participantsOf } from '../../fhir/actors.ts';
import { FRANCE } from '../../fhir/date.ts';
import { readTimezone } from '../../fhir/french/fr-extensions.ts';
import { keysOfConcept, type Visitor } from '../../fhir/french/visit-kind.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type Appointment, isType, list, type Location } from '../../fhir/resources.ts';
import { nameOf, telecomsOf } from '../../fhir/shared-elements.ts';
import type { AgendaKind } from '../../scheduling/agenda-kinds.ts';
import { HOUR } from '../../scheduling/zone.ts';
import { readResources } from '../../store/resources/read-resources.ts';

export interface Visit {
  appointment: Appointment;
  /** Epoch ms. */
  start: number;
  end: number;
  zone: string;
  practitioner: string | undefined;
  place: string | undefined;
  phone: string | undefined;
  /** The practice asks the patient to do and to bring this. */
  instructions: readonly string[];
  /** The agenda and the kind that it was booked for; absent: only the practice moves it. */
  booked: { loaded: LoadedAgenda; kind: AgendaKind } | undefined;
  /** Until when the patient may cancel freely, epoch ms. */
  freeUntil: number;
}

export async function visitOf(services: RuleServices, appointment: Appointment): Promise<Visit> {
  const agendas = (await concernedAgendas(services, appointment)).filter(({ actors }) => !actors.every(isPerson));
  const keys = list(appointment.serviceType).flatMap(keysOfConcept);
  const [booked] = agendas.flatMap((loaded) => {
    const kind = loaded.agenda.kinds.find(({ key }) => keys.includes(key));
    return kind === undefined ? [] : [{ loaded, kind }];
  });
  const loaded = booked?.loaded ?? agendas[0];
  const around = await peopleAndPlaces(services, appointment, loaded);
  const start = Date.parse(appointment.start ?? '');
  const location = around.find((resource) => isType(resource, 'Location'));
  const practitioners = around.filter((resource) => resource.resourceType === 'Practitioner');
  return {
    ...{ appointment, start, booked },
    end: Date.parse(appointment.end ?? ''),
    zone: loaded?.agenda.zone ?? (location && readTimezone(location)) ?? FRANCE,
    practitioner: [...new Set(practitioners.flatMap((person) => nameOf(person) ?? []))].join(', ') || undefined,
    place: placeOf(location),
    phone: phoneOf(around),
    instructions: await instructionsOf(services, appointment, booked),
    freeUntil: start - (booked?.kind.cancelMs ?? HOUR),
  };
}

/** The visitor who moves an appointment: one whom the practice has seen, or has booked for. */
export function visitorOfMove({ audiences }: AgendaKind): Visitor {
  return { as: audiences.includes('everyone') ? 'everyone' : 'patients', isKnown: true };
}

function isPerson(reference: string): boolean {
  return /^(Patient|RelatedPerson)\//.test(reference);
}

/** Participants and actors of the agenda, the most exact first; never the patient. */
async function peopleAndPlaces(
  { reader }: RuleServices,
  appointment: Appointment,
  loaded: LoadedAgenda | undefined,
): Promise<Resource[]> {
  const references = [...participantsOf(appointment), ...(loaded?.actors ?? [])].filter((name) => !isPerson(name));
  const named = await readResources(reader, new Set(references));
  const roles = named.filter((resource) => isType(resource, 'PractitionerRole'));
  const behind = roles.flatMap(({ practitioner, location, organization }) =>
    [practitioner, ...list(location), organization].flatMap((reference) => localTarget(reference) ?? []),
  );
  const known = new Set(references);
  return [...named, ...(await readResources(reader, new Set(behind.filter((name) => !known.has(name)))))];
}

function placeOf(location: Location | undefined): string | undefined {
  const { line = [], postalCode, city } = location?.address ?? {};
  return (
    [location?.name, ...line, [postalCode, city].filter(Boolean).join(' ')].filter(Boolean).join(', ') || undefined
  );
}

/** That of the place before that of the practice, and never that of a person. */
function phoneOf(around: readonly Resource[]): string | undefined {
  const phones = ['Location', 'PractitionerRole', 'Organization', 'HealthcareService'].flatMap((type) =>
    around.filter(({ resourceType }) => resourceType === type).flatMap(telecomsOf),
  );
  return phones.find(({ system, use }) => system === 'phone' && use !== 'old')?.value;
}

async function instructionsOf(
  services: RuleServices,
  { patientInstruction }: Appointment,
  booked: Visit['booked'],
): Promise<string[]> {
  const texts = booked && (await textsOfKind(services, booked.loaded, booked.kind.key));
  const all = [patientInstruction, texts?.before, texts?.documents && `À apporter : ${texts.documents}`];
  return [...new Set(all.filter((text): text is string => typeof text === 'string' && text.trim() !== ''))];
}
