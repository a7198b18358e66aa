/** A time as people in France write it. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** `jeudi 26 novembre 2026 à 10:00`, by the clock of the zone. `instant`: epoch ms. */
export function frenchTime(instant: number, zone: string): string {
  const format =
    formats.get(zone) ?? new Intl.DateTimeFormat('fr-FR', { timeZone: zone, dateStyle: 'full', timeStyle: 'short' });
  formats.set(zone, format);
  return format.format(instant);
}
