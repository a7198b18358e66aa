/**
 * What a server knows of conformance, in one object: the profiles, the code systems and value sets, and the validator
 * over both.
 *
 *     const conformance = new Conformance(published);              // resources of published packages, besides the
 * built-in ones
 *     conformance.validator.validate(resource, { profiles: [url] }): Issue[]
 *     conformance.terminology.includes(valueSet, coding): boolean | undefined
 *
 * Pure: files are read by the command (`cli/definitions.ts`).
 */
import { type ProfileDefinition, R4_BASE, readStructureDefinition } from './profile/definition.ts';
import { PROFILES } from './profile/definitions/all.ts';
import { Validator } from './profile/validate.ts';
import type { Resource } from './resource.ts';
import { Terminology } from './terminology/terminology.ts';

export class Conformance {
  readonly terminology = new Terminology();
  readonly validator: Validator;
  /** By URL. */
  readonly profiles: ReadonlyMap<string, ProfileDefinition>;
  /** Published definitions as they came, by type and URL. */
  readonly published: readonly Resource[];

  /**
   * A published StructureDefinition, CodeSystem or ValueSet takes the place of the built-in one of its URL; other types
   * are left aside.
   */
  constructor(published: readonly Resource[] = []) {
    const profiles = new Map(PROFILES.map((profile) => [profile.url, profile]));
    const kept: Resource[] = [];
    for (const one of published) {
      if (this.terminology.load(one)) kept.push(one);
      else if (isProfile(one)) {
        const isKnown = (url: string): boolean => profiles.has(url) || published.some((other) => other['url'] === url);
        profiles.set(String(one['url']), readStructureDefinition(one, isKnown));
        kept.push(one);
      }
    }
    this.profiles = profiles;
    this.published = kept;
    this.validator = new Validator(profiles.values(), this.terminology);
  }
}

/** The definitions of R4 itself are built in, and stay as they are. */
function isProfile(resource: Resource): boolean {
  return (
    resource.resourceType === 'StructureDefinition' &&
    resource['derivation'] === 'constraint' &&
    !(String(resource['url']).startsWith(R4_BASE) && resource['differential'] === undefined)
  );
}
