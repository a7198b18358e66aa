/** Times as the public pages say them, always by the clock of the place. */
import { FRANCE } from '../../fhir/date.ts';

const HOUR = { hour: 'numeric', minute: '2-digit' } as const;

/** `9 h 15`. */
export function spokenHour(instant: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('fr-FR', { timeZone: zone, ...HOUR }).formatToParts(instant);
  const part = (type: string): string => parts.find((found) => found.type === type)?.value ?? '';
  return `${Number(part('hour'))} h ${part('minute')}`;
}

/** `mardi 5 janvier 2027`. */
export function spokenDay(instant: number, zone: string): string {
  return new Intl.DateTimeFormat('fr-FR', { timeZone: zone, dateStyle: 'full' }).format(instant);
}

/** `mardi 5 janvier 2027 à 9 h 15`; elsewhere than in mainland France, the name of the clock is added. */
export function spokenTime(instant: number, zone: string): string {
  return `${spokenDay(instant, zone)} à ${spokenHour(instant, zone)}${zoneWords(zone)}`;
}

/** ` (heure de La Réunion)`; nothing in mainland France. */
export function zoneWords(zone: string): string {
  if (zone === FRANCE) return '';
  const place = PLACES.get(zone) ?? zone.slice(zone.indexOf('/') + 1).replaceAll('_', ' ');
  return ` (heure ${place.startsWith('de ') ? place : `de ${place}`})`;
}

const PLACES: ReadonlyMap<string, string> = new Map([
  ['Indian/Reunion', 'de La Réunion'],
  ['Indian/Mayotte', 'de Mayotte'],
  ['America/Guadeloupe', 'de Guadeloupe'],
  ['America/Martinique', 'de Martinique'],
  ['America/Cayenne', 'de Guyane'],
  ['Pacific/Noumea', 'de Nouvelle-Calédonie'],
  ['Pacific/Tahiti', 'de Tahiti'],
]);

/** `05/01 9h15`, for a short message. */
export function shortTime(instant: number, zone: string): string {
  const day = new Intl.DateTimeFormat('fr-FR', { timeZone: zone, day: '2-digit', month: '2-digit' }).format(instant);
  return `${day} ${spokenHour(instant, zone).replaceAll(' ', '')}`;
}
