/** The kinds of visit that an agenda uses, with what it has otherwise than the catalogue. */
import { extensionUrl, isExtension } from '../../src/fhir/extension.ts';
import { readServiceTypeDurations, readSlotOffers } from '../../src/fhir/french/fr-extensions.ts';
import { type Audience, keysOfConcept, readVisitKinds } from '../../src/fhir/french/visit-kind.ts';
import type { Extension, Resource } from '../../src/fhir/resource.ts';
import type { Schedule } from '../../src/fhir/resources.ts';
import { ask, read, update } from '../fhir/client.ts';
import { conceptName } from '../fhir/names.ts';
import { codingOf, KIND_SYSTEM, type KindValues, NEW_KIND, writeKind } from './kinds.ts';

export interface KindUse {
  code: string;
  isUsed: boolean;
  /** As it is typed; '' : that of the catalogue. */
  minutes: string;
  /** `undefined`: those of the catalogue. */
  audiences: Audience[] | undefined;
}

const MINUTE_MS = 60_000;
const keyOf = (code: string): string => `${KIND_SYSTEM}|${code}`;

export function usesOf(schedule: Schedule, kinds: readonly KindValues[]): KindUse[] {
  const durations = readServiceTypeDurations(schedule);
  const own = readVisitKinds(schedule);
  return kinds.map(({ code }) => {
    const use = durations.find(({ serviceType }) => keysOfConcept(serviceType).includes(keyOf(code)));
    const minutes = use?.durationMs === undefined ? '' : String(use.durationMs / MINUTE_MS);
    const audiences = own.find(({ key }) => key === keyOf(code))?.rules.audiences;
    return { code, isUsed: use !== undefined, minutes, audiences };
  });
}

/** Services of the agenda that have not become kinds yet: only the desk books them. */
export function plainServices(schedule: Schedule): { name: string; minutes: string }[] {
  return readServiceTypeDurations(schedule)
    .filter(({ serviceType }) => !keysOfConcept(serviceType).some((key) => key.startsWith(`${KIND_SYSTEM}|`)))
    .map(({ serviceType, durationMs }) => ({
      name: conceptName(serviceType),
      minutes: durationMs === undefined ? '' : String(durationMs / MINUTE_MS),
    }));
}

/** An offer of this visibility shows a kind only if it is open to this audience. */
const DOORS: Readonly<Record<string, Audience>> = {
  PUBLIC: 'everyone',
  PRO: 'colleagues',
  SNP: 'regulators',
  CPTS: 'regulators',
};

/**
 * The audiences of which one at least needs a kind, so that the SAS goes on showing the agenda; none where it shows
 * nothing today, or some kind is open to them.
 */
export function missingForSas(schedule: Schedule, kinds: readonly KindValues[]): Audience[] {
  const shown = readSlotOffers(schedule).flatMap(({ visibility }) => visibility);
  const needed = [...new Set(shown.flatMap((visibility) => DOORS[visibility] ?? []))];
  const open = usesOf(schedule, kinds)
    .filter(({ isUsed }) => isUsed)
    .flatMap(({ code, audiences }) => audiences ?? kinds.find((kind) => kind.code === code)?.audiences ?? []);
  return needed.some((audience) => open.includes(audience)) ? [] : needed;
}

/** Other services of the agenda stay. */
export async function writeUses(
  agenda: string,
  kinds: readonly KindValues[],
  uses: readonly KindUse[],
): Promise<Schedule> {
  const schedule = await read('Schedule', agenda);
  const isOurs = (extension: Extension): boolean =>
    (isExtension(extension, 'serviceTypeDuration') || isExtension(extension, 'visitKind')) &&
    JSON.stringify(extension).includes(KIND_SYSTEM);
  const others = (schedule.extension ?? []).filter((extension) => !isOurs(extension));
  return update({ ...schedule, extension: [...others, ...extensionsOfUses(kinds, uses)] });
}

/** The extensions of an agenda for these uses. */
export function extensionsOfUses(kinds: readonly KindValues[], uses: readonly KindUse[]): Extension[] {
  return uses
    .filter(({ isUsed }) => isUsed)
    .flatMap(({ code, minutes, audiences }) => {
      const kind = kinds.find((known) => known.code === code) ?? { ...NEW_KIND, code };
      const coding = codingOf(kind);
      const value = Number(minutes === '' ? kind.minutes : minutes);
      const quantity = { value, unit: 'min', system: 'http://unitsofmeasure.org', code: 'min' };
      return [
        {
          url: extensionUrl('serviceTypeDuration'),
          extension: [
            { url: 'serviceType', valueCodeableConcept: { coding: [coding] } },
            ...(minutes === '' ? [] : [{ url: 'duration', valueDuration: quantity }]),
          ],
        },
        ...(audiences === undefined
          ? []
          : [
              {
                url: extensionUrl('visitKind'),
                extension: [
                  { url: 'kind', valueCoding: coding },
                  ...audiences.map((audience) => ({ url: 'audience', valueCode: audience })),
                ],
              },
            ]),
      ];
    });
}

/**
 * Makes kinds of the services of an agenda: entries of the catalogue that only the desk books, under the same words and
 * lengths. Kinds of that name are used, not made again.
 */
export async function adoptServices(practice: string, agenda: string, kinds: readonly KindValues[]): Promise<void> {
  const schedule = await read('Schedule', agenda);
  const plain = plainServices(schedule).filter(({ name }) => name !== '');
  const adopted: KindValues[] = [];
  let organization: Resource = (await ask(`/fhir/${practice}`)).json;
  for (const { name, minutes } of plain) {
    const known = kinds.find((kind) => kind.name === name && (minutes === '' || kind.minutes === minutes));
    const kind = known ?? { ...NEW_KIND, code: crypto.randomUUID(), name, minutes: minutes || NEW_KIND.minutes };
    adopted.push(kind);
    if (known === undefined) organization = await writeKind(organization, kind);
  }
  const others = (schedule.extension ?? []).filter((extension) => !isExtension(extension, 'serviceTypeDuration'));
  const own = usesOf(schedule, kinds).filter(({ isUsed }) => isUsed);
  const uses = adopted.map(({ code }): KindUse => ({ code, isUsed: true, minutes: '', audiences: undefined }));
  const all = extensionsOfUses([...kinds, ...adopted], [...own, ...uses]);
  await update({
    ...schedule,
    extension: [...others.filter((extension) => !isExtension(extension, 'visitKind')), ...all],
  });
}
