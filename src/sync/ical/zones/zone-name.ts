/** The zone of the IANA database that a TZID names, in the spellings that calendars use. */
import { isZone, offsetAt } from '../../../scheduling/zone.ts';
import { windowsZone } from './windows-zones.ts';

/** Zones that the name may stand for, the likeliest first. */
export function zonesNamed(tzid: string): string[] {
  const name = tzid.trim().replace(/^"|"$/g, '');
  const windows = windowsZone(name.replace(/^tzone:\/\/Microsoft\//i, ''));
  return [name, windows, ...suffixes(name)].filter((zone) => zone !== undefined && isZone(zone)) as string[];
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
 * or in summer.
 */
export function zoneOfCities(tzid: string): string | undefined {
  const offset = offsetNamed(tzid);
  const cities = /\)\s*(.+)$/.exec(tzid)?.[1]?.split(/\s*[,\\]\s*/) ?? [];
  if (offset === undefined || cities.length === 0) return undefined;
  const names = new Set(cities.map((city) => city.replaceAll(' ', '_').toLowerCase()));
  return Intl.supportedValuesOf('timeZone').find(
    (zone) => names.has(zone.slice(zone.lastIndexOf('/') + 1).toLowerCase()) && keepsOffset(zone, offset),
  );
}

const WINTER = Date.UTC(2026, 0, 15);
const SUMMER = Date.UTC(2026, 6, 15);

function keepsOffset(zone: string, offset: number): boolean {
  return Math.min(offsetAt(zone, WINTER), offsetAt(zone, SUMMER)) === offset;
}
