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
import type { LocatedValue } from './located-value.ts';
import { compilePlan, type PlanNode } from './plan.ts';
import { checkProfile, type ProfileTools } from './profile-check.ts';

export interface TerminologyService {
  /** Is the code (or one coding of the concept) in the value set? `undefined`: the set is not known. */
  includes(valueSet: string, value: Json): boolean | undefined;
}

export interface ValidateOptions {
  /** Profiles to hold the resource against, besides those that it declares. */
  profiles?: readonly string[];
  /** False: the profiles that the resource declares itself do not count. */
  declared?: boolean;
  /** `update` wants an id, `create` none. */
  mode?: 'create' | 'update' | 'delete' | 'profile';
}

const MAX_FAULTS = 100;

export class Validator {
  private readonly profiles: ReadonlyMap<string, ProfileDefinition>;
  private readonly terminology: TerminologyService;
  private readonly plans = new Map<string, PlanNode>();
  private readonly targetTypes = new Map<readonly ElementType[], ReadonlySet<string> | undefined>();

  constructor(profiles: Iterable<ProfileDefinition>, terminology: TerminologyService) {
    this.profiles = new Map([...profiles].map((profile) => [profile.url, profile]));
    this.terminology = terminology;
  }

  knows(profile: string): boolean {
    return this.profiles.has(profile);
  }

  validate(resource: Resource, { profiles = [], declared = true, mode }: ValidateOptions = {}): Issue[] {
    const structure = checkStructure(resource, { limit: MAX_FAULTS });
    if (structure.some((issue) => issue.severity === 'error' || issue.severity === 'fatal')) return structure;
    const issues = [...structure, ...modeIssues(resource, mode), ...this.rules(resource)];
    const run = openRun(resource);
    issues.push(...this.againstProfiles(resource, resource.resourceType, run, profiles, declared));
    if (isType(resource, 'Bundle')) this.checkEntries(resource, run, declared, issues);
    return distinct(issues)
      .sort((a, b) => weight(a) - weight(b))
      .slice(0, MAX_FAULTS);
  }

  /**
   * Invariants, bindings and reference targets of R4, of the resource and of all that is in it. Its structure must be
   * right.
   */
  rules(resource: Resource): Issue[] {
    return checkBase(resource, resource.resourceType, resource, this.baseTools);
  }

  /** One profile of the resource's type; nothing when it is not known here. */
  against(resource: Resource, url: string): Issue[] {
    const profile = this.profiles.get(url);
    if (profile?.type !== resource.resourceType) return [];
    return this.faults(
      { value: resource, type: resource.resourceType, path: resource.resourceType },
      profile,
      openRun(resource),
    );
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
    const own = declared ? list(resource.meta?.profile).map((canonical) => canonical.split('|')[0]!) : [];
    for (const url of new Set([...asked, ...own])) {
      const profile = this.profiles.get(url);
      if (profile === undefined) {
        const isAsked = asked.includes(url);
        if (url.startsWith(R4_BASE)) continue;
        issues.push(
          issue(
            isAsked ? 'error' : 'warning',
            isAsked ? 'not-found' : 'informational',
            `The profile ${url} is not known here`,
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
      } else issues.push(...this.faults({ value: resource, type: resource.resourceType, path }, profile, run));
    }
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

/** State of the validation of one resource or Bundle. */
interface ValidationRun {
  /** The resources of a Bundle by what refers to them: the `fullUrl`, its last two parts, type and id. */
  entries: ReadonlyMap<string, Resource>;
  faults: Map<Resource, Map<ProfileDefinition, Issue[]>>;
}

function openRun(validated: Resource): ValidationRun {
  const entries = new Map<string, Resource>();
  for (const { fullUrl, resource } of isType(validated, 'Bundle') ? list(validated.entry) : []) {
    if (resource === undefined) continue;
    for (const name of [fullUrl, fullUrl?.split('/').slice(-2).join('/'), `${resource.resourceType}/${resource.id}`]) {
      if (name !== undefined && !entries.has(name)) entries.set(name, resource);
    }
  }
  return { entries, faults: new Map() };
}

function modeIssues(resource: Resource, mode: ValidateOptions['mode']): Issue[] {
  if (mode === 'update' && resource.id === undefined)
    return [
      issue('error', 'required', 'An update needs an id', {
        expression: `${resource.resourceType}.id`,
        text: 'Une mise à jour demande un identifiant.',
      }),
    ];
  if (mode === 'create' && resource.id !== undefined)
    return [
      issue('warning', 'value', 'A create ignores the id', {
        expression: `${resource.resourceType}.id`,
        text: 'À la création, l’identifiant est ignoré.',
      }),
    ];
  return [];
}

/** Advice comes last: a long Bundle without narratives must not hide its errors. */
function weight({ severity, diagnostics }: Issue): number {
  return severity === 'error' || severity === 'fatal' ? 0 : diagnostics.endsWith('(best practice)') ? 2 : 1;
}

/** Two profiles may find the same fault: report it once. */
function distinct(issues: readonly Issue[]): Issue[] {
  return [
    ...new Map(
      issues.map((issue) => [`${issue.severity}|${issue.diagnostics}|${issue.expression?.join()}`, issue]),
    ).values(),
  ];
}
