/**
 * Windows' names of zones as zones of the IANA database: the windowsZones table of Unicode CLDR (package cldr-core).
 */
import { createRequire } from 'node:module';

interface WindowsZones {
  supplemental: {
    windowsZones: { mapTimezones: { mapZone: { _other: string; _type: string; _territory: string } }[] };
  };
}

let zones: Map<string, string> | undefined;

/** `Romance Standard Time` is Europe/Paris: the zone of the territory that CLDR takes as the example. */
export function windowsZone(name: string): string | undefined {
  zones ??= new Map(
    (
      createRequire(import.meta.url)('cldr-core/supplemental/windowsZones.json') as WindowsZones
    ).supplemental.windowsZones.mapTimezones
      .filter(({ mapZone }) => mapZone._territory === '001')
      .map(({ mapZone }) => [mapZone._other.toLowerCase(), mapZone._type]),
  );
  return zones.get(name.trim().toLowerCase());
}
