/** The zone of a place: slots are told in the hours of where the patient will go, whatever the zone of who reads. */

const OVERSEAS: Record<string, string> = {
  971: 'America/Guadeloupe',
  972: 'America/Martinique',
  973: 'America/Cayenne',
  974: 'Indian/Reunion',
  975: 'America/Miquelon',
  976: 'Indian/Mayotte',
  977: 'America/St_Barthelemy',
  978: 'America/Marigot',
  986: 'Pacific/Wallis',
  987: 'Pacific/Tahiti',
  988: 'Pacific/Noumea',
};

export const PARIS = 'Europe/Paris';

export function zoneOf(postalCode: string | undefined): string {
  return OVERSEAS[(postalCode ?? '').slice(0, 3)] ?? PARIS;
}
