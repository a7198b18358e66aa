/** The zone of the IANA database that a TZID names, in the spellings that calendars use. */
import { isZone, offsetAt } from '../../../scheduling/zone.ts';
import { windowsZone } from './windows-zones.ts';

/** Zones that the name may stand for, the likeliest first. */
export function zonesNamed(tzid: string): string[] {
  const name = tzid.trim().replace(/^"|"$/g, '');
  const all = [name, ...windowsNames(name).map(windowsZone), ...suffixes(name), name.replace('-', '/')];
  return all.filter((zone) => zone !== undefined && isZone(zone)) as string[];
}

/** A name of Windows, also shortened or numbered: `Eastern`, `(UTC-05:00) Eastern Time (US & Canada)`. */
function windowsNames(name: string): string[] {
  const bare = name
    .replace(/^tzone:\/\/Microsoft\//i, '')
    .replace(/^\((?:UTC|GMT)[^)]*\)\s*/i, '')
    .replace(/\s*(\([^)]*\)|\s\d+)$/, '');
  return [bare, `${bare.replace(/\s+(?:(?:standard|daylight|summer)\s+)?time$/i, '')} Standard Time`];
}

/** `/mozilla.org/20050126_1/Europe/Paris`: what is left of a globally unique name after each slash. */
function suffixes(name: string): string[] {
  return [...name.matchAll(/\//g)].map(({ index }) => name.slice(index + 1)).filter((rest) => rest.includes('/'));
}

/** The offset in a name such as `(GMT +01:00)` or `UTC+1`, in milliseconds. */
export function offsetNamed(tzid: string): number | undefined {
  const [, sign, hours, minutes = '0'] =
    /^\W*(?:GMT|UTC|Z)?\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?\W*(?:\D.*)?$/i.exec(tzid) ?? [];
  if (hours === undefined || Number(hours) > 14) return /^\W*(GMT|UTC|Z)\W*$/i.test(tzid) ? 0 : undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/**
 * `(UTC+01:00) Brussels, Copenhagen, Madrid, Paris`, as Outlook shows a zone: the city that keeps that offset in winter
 * or in summer. Cities without an offset stand for themselves.
 */
export function zoneOfCities(tzid: string): string | undefined {
  const offset = offsetNamed(tzid);
  const text = offset === undefined ? tzid : (/\)\s*(.+)$/.exec(tzid)?.[1] ?? '');
  const names = new Set(text.split(/\s*[,\\]\s*/).map(cityName));
  return Intl.supportedValuesOf('timeZone').find(
    (zone) =>
      zone.includes('/') &&
      names.has(cityName(zone.slice(zone.lastIndexOf('/') + 1))) &&
      (offset === undefined || keepsOffset(zone, offset)),
  );
}

/** Without accents: `Réunion` is Indian/Reunion. */
function cityName(text: string): string {
  return text.trim().normalize('NFD').replace(/\p{M}/gu, '').replaceAll(' ', '_').toLowerCase();
}

const WINTER = Date.UTC(2026, 0, 15);
const SUMMER = Date.UTC(2026, 6, 15);

export function keepsOffset(zone: string, offset: number): boolean {
  return Math.min(offsetAt(zone, WINTER), offsetAt(zone, SUMMER)) === offset;
}

/** Names are compared without the quotes, backslashes and capitals that programs treat differently. */
export function bareName(tzid: string | undefined): string {
  return (tzid ?? '').replace(/["\\]/g, '').trim().toLowerCase();
}
