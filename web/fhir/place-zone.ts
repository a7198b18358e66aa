/** The zone of a place: slots are shown in the hours of the place where the patient will go. */
import { FRANCE } from './zone.ts';

/** By the first three digits of the postcode. */
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

export function zoneOf(postalCode: string | undefined): string {
  return OVERSEAS[(postalCode ?? '').slice(0, 3)] ?? FRANCE;
}
