/**
 * Validation of resources and Bundles against R4 and profiles. Pure: profiles and code systems are given.
 *
 *     const validator = new Validator(profiles, terminology);
 *     validator.validate(resource, { profiles: ['http://...'] })  // everything: errors, warnings, best practices
 *     validator.rules(resource)                                    // R4's rules beyond the structure
 *     validator.against(resource, 'http://...')                    // one profile
 *
 * https://hl7.org/fhir/R4/validation.html
 */
import { isResourceType } from '../definitions.ts';
import { type Issue, issue } from '../issue.ts';
import type { Json, Resource } from '../resource.ts';
import type { Bundle } from '../foundation.ts';
import { isType, list } from '../resources.ts';
import { checkStructure } from '../structure.ts';
import { checkBase } from './base-check.ts';
import { type ElementType, type ProfileDefinition, R4_BASE } from './definition.ts';
import { checkExtensions } from './extension-check.ts';
import type { LocatedValue } from './located-value.ts';
import { compilePlan, type PlanNode } from './plan.ts';
import { checkProfile, type ProfileTools } from './profile-check.ts';
import { openRun, type ValidationRun } from './validation-run.ts';
import { modeIssues, shapesOnly } from './whole-resource.ts';

export interface TerminologyService {
  /** Is the code (or one coding of the concept) in the value set? `undefined`: the set is not known. */
  includes(valueSet: string, value: Json): boolean | undefined;
  /** Has the code system the code? `undefined`: not all of its codes are known. */
  has(system: string, code: string | undefined): boolean | undefined;
}

export interface ValidateOptions {
  /** Profiles to hold the resource against, besides those that it declares. */
  profiles?: readonly string[];
  /** False: the profiles that the resource declares itself do not count. */
  declared?: boolean;
  /** `update` wants an id, `create` none. */
  mode?: 'create' | 'update' | 'delete' | 'profile';
  /** Called again and again; throws to end the validation. */
  spend?: () => void;
}

const MAX_FAULTS = 100;

export class Validator {
  private readonly profiles: ReadonlyMap<string, ProfileDefinition>;
  private readonly terminology: TerminologyService;
  private readonly editions: ReadonlyMap<string, Validator>;
  private readonly plans = new Map<string, PlanNode>();
  private readonly targetTypes = new Map<readonly ElementType[], ReadonlySet<string> | undefined>();

  /** `editions`: other versions of some of the profiles, by version. */
  constructor(
    profiles: Iterable<ProfileDefinition>,
    terminology: TerminologyService,
    editions: ReadonlyMap<string, Validator> = new Map(),
  ) {
    this.profiles = new Map([...profiles].map((profile) => [profile.url, profile]));
    this.terminology = terminology;
    this.editions = editions;
  }

  knows(profile: string): boolean {
    return this.profiles.has(profile);
  }

  validate(resource: Resource, { profiles = [], declared = true, mode, spend }: ValidateOptions = {}): Issue[] {
    const structure = checkStructure(resource, { limit: MAX_FAULTS });
    if (structure.some((issue) => issue.severity === 'error' || issue.severity === 'fatal')) return structure;
    const issues = [...structure, ...modeIssues(resource, mode), ...this.rules(resource, spend)];
    const run = openRun(resource);
    issues.push(...this.againstProfiles(resource, resource.resourceType, run, profiles, declared));
    issues.push(...this.extensionIssues(resource, run));
    if (isType(resource, 'Bundle')) this.checkEntries(resource, run, declared, issues);
    issues.push(...shapesOnly(resource, resource.resourceType));
    return distinct(issues)
      .sort((a, b) => weight(a) - weight(b))
      .slice(0, MAX_FAULTS);
  }

  /**
   * Invariants, bindings and reference targets of R4, of the resource and of all that is in it. Its structure must be
   * right.
   */
  rules(resource: Resource, spend?: () => void): Issue[] {
    return checkBase(resource, resource.resourceType, resource, { ...this.baseTools, spend });
  }

  /** One profile of the resource's type, as `url` or `url|version`; nothing when it is not known here. */
  against(resource: Resource, canonical: string): Issue[] {
    const place = { value: resource, type: resource.resourceType, path: resource.resourceType };
    const [url = '', version] = canonical.split('|');
    return this.profiles.get(url)?.type === resource.resourceType
      ? this.editionFaults(place, url, version, openRun(resource))
      : [];
  }

  /**
   * The faults by the version that the canonical names; else by the version that is spoken here, unless the resource
   * satisfies another: two versions of a guide are in the field at a time, and senders seldom say which they mean.
   */
  private editionFaults(place: LocatedValue, url: string, version: string | undefined, run: ValidationRun): Issue[] {
    const profile = this.profiles.get(url)!;
    const named = version === undefined ? undefined : this.edition(version, profile);
    if (named !== undefined) return named.faults(place, named.profiles.get(url)!, run);
    const faults = this.faults(place, profile, run);
    if (version !== undefined || !faults.some(({ severity }) => severity === 'error')) return faults;
    for (const other of this.editions.keys()) {
      const edition = this.edition(other, profile);
      const found = edition?.faults(place, edition.profiles.get(url)!, run) ?? faults;
      if (found.some(({ severity }) => severity === 'error')) continue;
      return [...found, otherEdition(place, profile, other)];
    }
    return faults;
  }

  /** Definitions that were published with another package have no editions: they are what the operator loaded. */
  private edition(version: string, profile: ProfileDefinition): Validator | undefined {
    const edition = this.editions.get(version);
    return profile.version !== undefined && edition?.profiles.get(profile.url)?.version === version
      ? edition
      : undefined;
  }

  /**
   * Extensions that are known here, whatever profiles the resource declares. `isWanted`: by the URL of their
   * definition.
   */
  extensionIssues(resource: Resource, run = openRun(resource), isWanted = (_url: string) => true): Issue[] {
    const place = { value: resource, type: resource.resourceType, path: resource.resourceType };
    const tools = this.tools(resource, run);
    return checkExtensions(place, resource.resourceType, {
      definition: (url) => {
        const found = isWanted(url) ? (this.profiles.get(url) ?? this.newest(url)) : undefined;
        return found?.type === 'Extension' ? found : undefined;
      },
      faults: (at, definition) => checkProfile(at, this.plan(definition), tools),
    });
  }

  private newest(url: string): ProfileDefinition | undefined {
    return [...this.editions.values()].map((edition) => edition.profiles.get(url)).find((found) => found !== undefined);
  }

  private checkEntries(bundle: Bundle, run: ValidationRun, declared: boolean, issues: Issue[]): void {
    if (!declared) return;
    for (const [i, entry] of list(bundle.entry).entries()) {
      if (entry.resource !== undefined && isResourceType(entry.resource.resourceType))
        issues.push(...this.againstProfiles(entry.resource, `Bundle.entry[${i}].resource`, run, [], true));
    }
  }

  private againstProfiles(
    resource: Resource,
    path: string,
    run: ValidationRun,
    asked: readonly string[],
    declared: boolean,
  ): Issue[] {
    const issues: Issue[] = [];
    const own = declared ? list(resource.meta?.profile) : [];
    for (const canonical of new Set([...asked, ...own])) {
      const [url = '', version] = canonical.split('|');
      const profile = this.profiles.get(url);
      if (profile === undefined) {
        const isAsked = asked.includes(canonical);
        if (url.startsWith(R4_BASE)) continue;
        issues.push(
          issue(
            isAsked ? 'error' : 'warning',
            isAsked ? 'not-found' : 'informational',
            isAsked
              ? `The profile ${url} is not known here`
              : `not judged: the profile ${url}, which is not known here`,
            { expression: isAsked ? 'profile' : `${path}.meta.profile`, text: `Profil inconnu ici : ${url}.` },
          ),
        );
      } else if (profile.type !== resource.resourceType) {
        issues.push(
          issue('error', 'value', `The profile ${url} is for ${profile.type}`, {
            expression: `${path}.meta.profile`,
            text: `Le profil ${url} concerne ${profile.type}.`,
          }),
        );
      } else {
        issues.push(...this.editionFaults({ value: resource, type: resource.resourceType, path }, url, version, run));
      }
    }
    // Contained resources declare profiles of their own.
    const contained = declared ? list(resource.contained) : [];
    for (const [i, inner] of contained.entries())
      issues.push(...this.againstProfiles(inner, `${path}.contained[${i}]`, run, [], true));
    return issues;
  }

  /** A resource against a profile, found once for each: a Bundle's profile and the entry itself ask the same. */
  private faults(place: LocatedValue, profile: ProfileDefinition, run: ValidationRun): Issue[] {
    let known = run.faults.get(place.value);
    if (known === undefined) {
      known = new Map();
      run.faults.set(place.value, known);
    }
    let found = known.get(profile);
    if (found === undefined) {
      found = checkProfile(place, this.plan(profile), this.tools(place.value, run));
      known.set(profile, found);
    }
    return found;
  }

  private plan(profile: ProfileDefinition): PlanNode {
    let plan = this.plans.get(profile.url);
    if (plan === undefined) {
      plan = compilePlan(profile, (url) => this.profiles.get(url));
      this.plans.set(profile.url, plan);
    }
    return plan;
  }

  private targets(types: readonly ElementType[]): ReadonlySet<string> | undefined {
    if (!this.targetTypes.has(types)) {
      const found = types
        .flatMap(({ targetProfile }) => targetProfile ?? [])
        .map(
          (url) => this.profiles.get(url)?.type ?? (url.startsWith(R4_BASE) ? url.slice(R4_BASE.length) : undefined),
        );
      this.targetTypes.set(
        types,
        found.length === 0 || found.includes(undefined) ? undefined : new Set(found as string[]),
      );
    }
    return this.targetTypes.get(types);
  }

  private readonly baseTools = {
    inValueSet: (valueSet: string, value: Json): boolean | undefined => this.terminology.includes(valueSet, value),
    inSystem: (system: string, code: string | undefined): boolean | undefined => this.terminology.has(system, code),
  };

  private tools(root: Resource, run: ValidationRun): ProfileTools {
    const find = (reference: unknown): Resource | undefined => {
      if (typeof reference !== 'string') return undefined;
      if (reference.startsWith('#')) return list(root.contained).find((contained) => `#${contained.id}` === reference);
      return run.entries.get(reference);
    };
    const tools: ProfileTools = {
      ...this.baseTools,
      root,
      resolve: (reference) => {
        const found = find(reference?.reference);
        return found && { value: found, type: found.resourceType, path: found.resourceType };
      },
      conforms: (place: LocatedValue, url: string) => {
        const profile = this.profiles.get(url);
        return (
          profile !== undefined &&
          profile.type === place.value?.resourceType &&
          this.faults(place, profile, run).every((fault) => fault.severity !== 'error')
        );
      },
      faults: (place, url) => {
        const profile = this.profiles.get(url);
        if (profile === undefined) return undefined;
        // An entry of a Bundle is a resource of its own; a contained resource belongs to the one around it.
        return root.resourceType === 'Bundle' && isResourceType(place.type)
          ? this.faults(place, profile, run)
          : checkProfile(place, this.plan(profile), tools);
      },
      targets: (types) => this.targets(types),
      isBundled: (reference) => find(reference) !== undefined,
    };
    return tools;
  }
}

function otherEdition({ path }: LocatedValue, { url, version }: ProfileDefinition, other: string): Issue {
  return issue('information', 'informational', `Conforms to ${url}|${other}, not to ${version}, which is spoken here`, {
    expression: path,
    text: `Conforme à la version ${other} de ce profil, non à la version ${version}, parlée ici.`,
  });
}

/** Advice comes last: a long Bundle without narratives must not hide its errors. */
function weight({ severity, diagnostics }: Issue): number {
  if (severity === 'error' || severity === 'fatal') return 0;
  return severity === 'information' || diagnostics.endsWith('(best practice)') ? 2 : 1;
}

/** Two profiles may find the same fault: report it once; and once for all places what is not judged. */
function distinct(issues: readonly Issue[]): Issue[] {
  return [
    ...new Map(
      issues.map((issue) => {
        const place = issue.severity === 'information' ? '' : issue.expression?.join();
        return [`${issue.severity}|${issue.diagnostics}|${place}`, issue];
      }),
    ).values(),
  ];
}
