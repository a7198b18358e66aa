/** The replacements of an agenda, and the invitation of a locum whose rights end with the last day. */
import { extensionUrl, isExtension } from '../../../src/fhir/extension.ts';
import { readReplacements, type Replacement } from '../../../src/fhir/french/replacement.ts';
import type { Extension } from '../../../src/fhir/resource.ts';
import type { Schedule } from '../../../src/fhir/resources.ts';
import { read, update } from '../../fhir/client.ts';
import { addDays, instantAt } from '../../fhir/zone.ts';
import { inviteWith } from './people.ts';

export interface ReplacementValues {
  /** `Practitioner/x` */
  practitioner: string;
  name: string;
  first: string;
  last: string;
  isShownToSas: boolean;
}

/** The next ones, in their order; those that are over are of no use here. */
export function comingReplacements(schedule: Schedule, today: string): Replacement[] {
  return readReplacements(schedule)
    .filter(({ last }) => last >= today)
    .sort((a, b) => (a.first < b.first ? -1 : 1));
}

export async function addReplacement(agenda: string, values: ReplacementValues): Promise<Schedule> {
  const schedule = await read('Schedule', agenda);
  return update({ ...schedule, extension: [...(schedule.extension ?? []), extensionOf(values)] });
}

/** Fails when somebody has changed the agenda since. */
export function removeReplacement(schedule: Schedule, { first, practitioner }: Replacement): Promise<Schedule> {
  const isIt = (extension: Extension): boolean =>
    isExtension(extension, 'replacement') &&
    readReplacements({ ...schedule, extension: [extension] }).some(
      (each) => each.first === first && each.practitioner === practitioner,
    );
  return update({ ...schedule, extension: (schedule.extension ?? []).filter((extension) => !isIt(extension)) });
}

function extensionOf({ practitioner, name, first, last, isShownToSas }: ReplacementValues): Extension {
  return {
    url: extensionUrl('replacement'),
    extension: [
      { url: 'practitioner', valueReference: { reference: practitioner, display: name } },
      { url: 'first', valueDate: first },
      { url: 'last', valueDate: last },
      ...(isShownToSas ? [] : [{ url: 'sas', valueBoolean: false }]),
    ],
  };
}

/** The link for the locum: the agenda and its appointments, on these days and no others. */
export function inviteLocum(
  practice: string,
  agenda: string,
  { name, first, last }: ReplacementValues,
  zone: string,
): Promise<string> {
  return inviteWith(practice, name, [
    { name: 'role', valueCode: 'secretary' },
    { name: 'target', valueReference: { reference: `Schedule/${agenda}` } },
    { name: 'from', valueInstant: instantAt(first, '00:00', zone) },
    { name: 'until', valueInstant: instantAt(addDays(last, 1), '00:00', zone) },
  ]);
}
