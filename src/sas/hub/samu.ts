/**
 * Which SAMU gets an appointment: the SAMU of the regulator's territory, from a settings file (`--samu FILE`) with a
 * default. Client ids are configuration (trap L10):
 *
 *     {"default": "fr.health.samu330",
 *      "samus": [{"id": "fr.health.samu330", "territories": ["33"], "structures": ["3330000000"]}]}
 */
import type { Json } from '../../fhir/resource.ts';
import { list, type Practitioner } from '../../fhir/resources.ts';
import { isText } from './envelope.ts';

/** System of `meta.tag` on a regulator's account: the code is the territory. */
export const TERRITORY = 'urn:creneau:fhir:territory';

export interface SamuSettings {
  /** Client id of the SAMU that gets the appointments of no other. */
  fallback: string;
  /** Client id by territory code. */
  territories: ReadonlyMap<string, string>;
  /** Client id by structure: the part before `/` of a regulator's identifier (`3456780581/11242343`). */
  structures: ReadonlyMap<string, string>;
}

/** Throws with the place of the first fault, such as `samus[1].id`, and the value that it expects. */
export function readSamuSettings(text: Buffer | string): SamuSettings {
  let json: Json;
  try {
    json = JSON.parse(text.toString());
  } catch {
    throw new Error("ce n'est pas du JSON / it is not JSON");
  }
  const clientId = (value: Json, place: string): string => {
    if (typeof value === 'string' && /^[a-z0-9]+([.-][a-z0-9]+)+$/i.test(value)) return value;
    throw new Error(`${place}: un identifiant client du Hub / a client id of the Hub, "fr.health.samu330"`);
  };
  const fallback = clientId(json?.default, 'default');
  const maps = { territories: new Map<string, string>(), structures: new Map<string, string>() };
  if (json.samus !== undefined && !Array.isArray(json.samus)) throw new Error('samus: une liste / a list');
  for (const [i, samu] of (json.samus ?? []).entries()) {
    const id = clientId(samu?.id, `samus[${i}].id`);
    for (const name of ['territories', 'structures'] as const) {
      const values = samu[name] ?? [];
      if (!Array.isArray(values)) throw new Error(`samus[${i}].${name}: une liste / a list`);
      for (const [j, value] of values.entries()) {
        const place = `samus[${i}].${name}[${j}]`;
        if (!isText(value)) throw new Error(`${place}: un texte / a text`);
        if (maps[name].has(value))
          throw new Error(`${place}: "${value}" est déjà à / belongs already to ${maps[name].get(value)}`);
        maps[name].set(value, id);
      }
    }
  }
  return { fallback, ...maps };
}

/** Client id of the SAMU of a regulator's account: by its territory, else by its structure, else the default. */
export function samuOf({ fallback, territories, structures }: SamuSettings, account: Practitioner | undefined): string {
  const tags = list(account?.meta?.tag);
  const identifiers = list(account?.identifier);
  const candidates = [
    ...tags.filter((tag) => tag.system === TERRITORY).map((tag) => territories.get(tag.code ?? '')),
    ...identifiers.map((identifier) => structures.get(identifier.value?.split('/')[0] ?? '')),
  ];
  return candidates.find((samu) => samu !== undefined) ?? fallback;
}
