/**
 * `$calendar-link` and `$calendar-unlink` on Schedule, Practitioner and Patient: create the address of a feed, which is
 * shown once, and revoke it. docs/icalendar.md.
 */
import { parameters } from '../../../fhir/foundation.ts';
import type { Context } from '../../../fhir/interaction.ts';
import { FhirError, notFound } from '../../../fhir/issue.ts';
import { parseAnyResource } from '../../../fhir/json.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Operation } from '../../../rest/backend.ts';
import { OperationInput } from '../../../rest/operations/operation-input.ts';
import type { CalendarLinks } from '../../../store/records/calendar-links.ts';
import type { ResourceReader } from '../../../store/resources/resource-reader.ts';

const TYPES = ['Schedule', 'Practitioner', 'Patient'];

/** May this caller change the agenda, and hand out the calendar of the resource? Throws FhirError (403). */
export type MayManage = (context: Context, resource: Resource) => Promise<void>;

export function linkOperations(links: CalendarLinks, reader: ResourceReader, mayManage: MayManage): Operation[] {
  const subject = async (context: Context, type: string, id: string): Promise<void> => {
    const stored = await reader.read(type, id);
    if (stored?.body === undefined) throw notFound(type, id);
    await mayManage(context, parseAnyResource(stored.body));
  };
  return [
    {
      name: 'calendar-link',
      on: TYPES,
      level: 'instance',
      safe: false,
      description:
        "Crée l'adresse d'un calendrier (iCalendar), dite une seule fois. patient-names=true : le nom des personnes " +
        "y figure ; sinon il n'y figure pas.",
      async run(context, call) {
        await subject(context, call.type!, call.id!);
        const names = new OperationInput(call, context.base).flag('patient-names') ?? false;
        const token = await links.create({ type: call.type!, id: call.id!, names }, context.caller);
        const address = `${originOf(context)}/ical/${token}`;
        const parts = call.type === 'Patient' ? [] : ['free-busy', 'availability'];
        return {
          status: 201,
          resource: parameters([
            { name: 'url', valueUrl: `${address}.ics` },
            ...parts.map((part) => ({ name: `${part}-url`, valueUrl: `${address}/${part}.ics` })),
            { name: 'patient-names', valueBoolean: names },
          ]),
        };
      },
    },
    {
      name: 'calendar-unlink',
      on: TYPES,
      level: 'instance',
      safe: false,
      description: "Révoque l'adresse d'un calendrier (url), ou toutes celles de la ressource.",
      async run(context, call) {
        await subject(context, call.type!, call.id!);
        const url = new OperationInput(call, context.base).text('url');
        const token =
          url === undefined ? undefined : /([A-Za-z0-9_-]{20,100})(?:\.ics|\/[a-z-]+\.ics)?$/.exec(url)?.[1];
        if (url !== undefined && token === undefined)
          throw new FhirError('value', 'url must be an address that $calendar-link returned', {
            expression: 'url',
            text: "« url » est l'adresse donnée par $calendar-link.",
          });
        return {
          resource: parameters([{ name: 'revoked', valueInteger: await links.revoke(call.type!, call.id!, token) }]),
        };
      },
    },
  ];
}

/** The base without the path of FHIR. */
function originOf({ base }: Context): string {
  return base.replace(/\/fhir$/, '');
}
