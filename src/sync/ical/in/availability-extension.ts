/** A planned time as the extension availabilityTime of a Schedule (FR Core). */
import { extensionUrl } from '../../../fhir/extension.ts';
import type { Extension, Identifier } from '../../../fhir/resource.ts';
import { formatInstant } from '../../../scheduling/zone.ts';
import { ruleExtension } from './fhir-rule.ts';
import type { PlannedTime } from './planned-time.ts';

const TYPES = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-schedule-type';

/** The names that the planned time bears, without those that say where it comes from. */
export function identifiersOf({ item, part }: PlannedTime): Identifier[] {
  if (part === undefined && item.details.identifiers !== undefined) return item.details.identifiers;
  return [identifierOf(part === undefined ? item.uid : `${item.uid}/${part}`)];
}

/** `urn:system|value`, as Créneau writes an identifier into a UID, is read back. */
function identifierOf(uid: string): Identifier {
  const [, system, value] = /^((?:urn:|https?:\/\/)[^|\s]+)\|(.*)$/s.exec(uid) ?? [];
  return system === undefined ? { value: uid } : { system, value: value! };
}

export function availabilityExtension(time: PlannedTime, identifiers: readonly Identifier[], zone: string): Extension {
  const { item, start, end, isDate, rule } = time;
  const { reason, created, priority } = item.details;
  const text = (instant: number): string =>
    isDate ? formatInstant(instant, zone).slice(0, 10) : formatInstant(instant, zone);
  return {
    url: extensionUrl('availabilityTime'),
    extension: [
      ...identifiers.map((identifier) => ({ url: 'identifier', valueIdentifier: identifier })),
      { url: 'type', valueCoding: { system: TYPES, code: item.kind === 'closure' ? 'busy-unavailable' : 'free' } },
      { url: 'start', valueDateTime: text(start) },
      { url: 'end', valueDateTime: text(end) },
      ...(rule === undefined ? [] : [ruleExtension(rule)]),
      ...(reason === undefined || item.kind === 'opening'
        ? []
        : [{ url: 'unavailabilityReason', valueCodeableConcept: reason }]),
      ...(created === undefined ? [] : [{ url: 'created', valueDateTime: created }]),
      ...(priority === undefined ? [] : [{ url: 'priority', valueInteger: priority }]),
    ],
  };
}
