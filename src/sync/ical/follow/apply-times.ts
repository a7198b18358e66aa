/** Imported times in the extensions of a Schedule: in place of those with the same name, new ones at the end. */
import { isExtension } from '../../../fhir/extension.ts';
import type { Extension, Identifier } from '../../../fhir/resource.ts';
import { isSourceTag } from '../in/source-tag.ts';
import type { ImportedTime } from '../in/import-calendar.ts';
import { uidOf } from '../out/availability-components.ts';

/** An availability of the agenda, as far as an import looks at it. */
export interface Known {
  /** Its own names, as UIDs. */
  names: string[];
  /** The key of the calendar that it comes from, if it comes from one. */
  source: string | undefined;
}

export interface TimesChange {
  tag: Identifier;
  /** Times to write. */
  fresh: readonly ImportedTime[];
  /** Does an availability that is not written again go? */
  isGone(known: Known): boolean;
}

export function nameOf({ identifiers }: ImportedTime): string {
  return uidOf(identifiers[0]!);
}

export function applyTimes(before: readonly Extension[], { tag, fresh, isGone }: TimesChange): Extension[] {
  const waiting = new Map(fresh.map((time) => [nameOf(time), tagged(time.extension, tag)]));
  const written = new Set<string>();
  const kept: Extension[] = [];
  for (const extension of before) {
    if (!isExtension(extension, 'availabilityTime')) {
      kept.push(extension);
      continue;
    }
    const known = knownOf(extension);
    // Another calendar may have an event of the same name: each has its own.
    const name =
      known.source === undefined || known.source === tag.value
        ? known.names.find((own) => waiting.has(own))
        : undefined;
    if (name === undefined) {
      if (!isGone(known)) kept.push(extension);
    } else if (!written.has(name)) {
      written.add(name);
      kept.push(waiting.get(name)!);
    }
  }
  return [...kept, ...[...waiting].filter(([name]) => !written.has(name)).map(([, extension]) => extension)];
}

/** `UID`, or `UID/date` as dates of a series are named, also by versions that did not tag what they imported. */
export function isOfUids(names: readonly string[], uids: ReadonlySet<string>): boolean {
  return names.some((name) => {
    if (uids.has(name)) return true;
    const [, uid] = /^(.*?)\/(?:exdate\/)?\d{4}-?\d\d-?\d\dT?.*$/s.exec(name) ?? [];
    return uid !== undefined && uids.has(uid);
  });
}

export function knownOf(extension: Extension): Known {
  const identifiers = (extension.extension ?? [])
    .filter(({ url }) => url === 'identifier')
    .map((part): Identifier => part['valueIdentifier'] ?? { value: String(part['valueString'] ?? '') });
  return {
    names: identifiers.filter((identifier) => !isSourceTag(identifier)).map(uidOf),
    source: identifiers.find(isSourceTag)?.value,
  };
}

/** After its own names. */
function tagged(extension: Extension, tag: Identifier): Extension {
  const parts = extension.extension ?? [];
  const names = parts.filter(({ url }) => url === 'identifier');
  const others = parts.filter(({ url }) => url !== 'identifier');
  return { ...extension, extension: [...names, { url: 'identifier', valueIdentifier: tag }, ...others] };
}
