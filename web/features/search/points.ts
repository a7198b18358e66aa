/** Points of the earth: as people type them, as the address of the page writes them, and distances. Pure. */

export interface Point {
  latitude: number;
  longitude: number;
}

/** From the address of the page: `47.05|3.6`. */
export function pointOf(near: string | undefined): Point | undefined {
  const [latitude, longitude] = (near ?? '').split('|').map(Number);
  return near === undefined || latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

/** `47.05, 3.6` or `47,05 3,6`, as a map or an emergency call gives it. */
export function pointIn(text: string): Point | undefined {
  const parts = /^\s*(-?\d{1,2}[.,]\d+)\s*[,;|\s]\s*(-?\d{1,3}[.,]\d+)\s*$/.exec(text)?.slice(1) ?? [];
  const [latitude, longitude] = parts.map((part) => Number(part.replace(',', '.')));
  return latitude === undefined || longitude === undefined || Math.abs(latitude) > 90 || Math.abs(longitude) > 180
    ? undefined
    : { latitude, longitude };
}

const EARTH_DIAMETER_KM = 12_742;

/** Great-circle distance. */
export function distanceKm(a: Point, b: Point): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half =
    Math.sin(radians(b.latitude - a.latitude) / 2) ** 2 +
    Math.cos(radians(a.latitude)) *
      Math.cos(radians(b.latitude)) *
      Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return EARTH_DIAMETER_KM * Math.asin(Math.sqrt(half));
}
