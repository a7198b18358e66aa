/** The time of a place: slots are told in the hours of where the patient will go, whatever the zone of who reads. */

const OVERSEAS: Record<string, string> = { 971: 'America/Guadeloupe', 972: 'America/Martinique', 973: 'America/Cayenne', 974: 'Indian/Reunion', 975: 'America/Miquelon', 976: 'Indian/Mayotte', 977: 'America/St_Barthelemy', 978: 'America/Marigot', 986: 'Pacific/Wallis', 987: 'Pacific/Tahiti', 988: 'Pacific/Noumea' };

export const PARIS = 'Europe/Paris';

export function zoneOf(postalCode: string | undefined): string {
  return OVERSEAS[(postalCode ?? '').slice(0, 3)] ?? PARIS;
}

/** `2026-11-25` of an instant there. */
export function dayIn(at: number, zone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(at);
}

export function timeIn(at: number, zone: string, language: string): string {
  return new Intl.DateTimeFormat(language, { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(at);
}

/** `mer. 25 nov.` */
export function dayName(at: number, zone: string, language: string): string {
  return new Intl.DateTimeFormat(language, { timeZone: zone, weekday: 'short', day: 'numeric', month: 'short' }).format(at);
}
