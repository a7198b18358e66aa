/** Code systems under one name each: the guides write those of the NOS in several ways (trap I6). */

const NOS = /^https?:\/\/mos\.esante\.gouv\.fr\/NOS\/((?:TRE|JDV)_[A-Z]\d+)-([A-Za-z0-9-]+)(\/.*)?$/;

/** The published name of a list of the NOS; any other system without a slash at its end. */
export function canonicalSystem(system: string): string {
  const [, list, name] = NOS.exec(system) ?? [];
  if (list !== undefined)
    return `https://mos.esante.gouv.fr/NOS/${list}-${name}/FHIR/${list.replace('_', '-')}-${name}`;
  return system.replace(/\/+$/, '');
}
