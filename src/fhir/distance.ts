/** Great-circle distance, as the search by `near` measures it. */

const EARTH_KILOMETRES = 6371.0088;
export const EARTH_METRES = EARTH_KILOMETRES * 1000;

export interface Position {
  /** Degrees, WGS84. */
  latitude: number;
  longitude: number;
}

export function kilometresBetween(a: Position, b: Position): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half = (angle: number): number => Math.sin(radians(angle) / 2) ** 2;
  const chord =
    half(a.latitude - b.latitude) +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * half(a.longitude - b.longitude);
  return 2 * EARTH_KILOMETRES * Math.asin(Math.min(1, Math.sqrt(chord)));
}
