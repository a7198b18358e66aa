/**
 * The conformance resources of a server in one object: profiles, code systems, value sets, and the validator over them.
 *
 *     const conformance = new Conformance(published);  // resources of published packages, besides the built-in ones
 *     conformance.validator.validate(resource, { profiles: [url] })
 *     conformance.terminology.includes(valueSet, coding)
 *
 * Pure: the command reads the files (`cli/definitions.ts`).
 */
import { type ProfileDefinition, R4_BASE, readStructureDefinition } from './profile/definition.ts';
import { profilesWith } from './profile/definitions/all.ts';
import { SAS_VERSION, SAS_VERSIONS, type SasVersion } from './profile/definitions/sas-names.ts';
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
   * are left aside. `sasVersion`: the version of the SAS guide that unversioned canonicals mean.
   */
  constructor(published: readonly Resource[] = [], sasVersion: SasVersion = SAS_VERSION) {
    const profiles = new Map(profilesWith(sasVersion).map((profile) => [profile.url, profile]));
    const kept: Resource[] = [];
    for (const resource of published) {
      if (this.terminology.load(resource)) kept.push(resource);
      else if (isProfile(resource)) {
        const isKnown = (url: string): boolean => profiles.has(url) || published.some((other) => other.url === url);
        profiles.set(String(resource.url), readStructureDefinition(resource, isKnown));
        kept.push(resource);
      }
    }
    this.profiles = profiles;
    this.published = kept;
    const editions = new Map(
      SAS_VERSIONS.map((version) => [version, new Validator(profilesWith(version), this.terminology)]),
    );
    this.validator = new Validator(profiles.values(), this.terminology, editions);
  }
}

/** The definitions of R4 itself are built in, and stay as they are. */
function isProfile(resource: Resource): boolean {
  return (
    resource.resourceType === 'StructureDefinition' &&
    resource.derivation === 'constraint' &&
    !(String(resource.url).startsWith(R4_BASE) && resource.differential === undefined)
  );
}
