/**
 * Validation of resources and Bundles against R4 and profiles. Pure: profiles and code systems are given.
 *
 *     const validator = new Validator(profiles, terminology);
 *     validator.validate(resource, { profiles: ['http://...'] }): Issue[]   // everything: errors, warnings; best
 * practices are warnings that say so
 *     validator.rules(resource): Issue[]                                     // what R4 says beyond the structure,
 * which the caller has checked
 *     validator.against(resource, 'http://...'): Issue[]                     // one profile
 *
 * https://hl7.org/fhir/R4/validation.html
 */
import { isResourceType } from '../definitions.ts';
import { type Issue, issue } from '../issue.ts';
import type { Json, Resource } from '../resource.ts';
import type { BundleEntry } from '../foundation.ts';
import { checkStructure } from '../structure.ts';
import { checkBase } from './base-check.ts';
import { type ElementType, type ProfileDefinition, R4_BASE } from './definition.ts';
import type { Place } from './place.ts';
import { compilePlan, type PlanNode } from './plan.ts';
import { checkProfile, type ProfileTools } from './profile-check.ts';

export interface Terminology {
  /** Is the code (or one coding of the concept) in the value set? `undefined`: the set is not known. */
  includes(valueSet: string, value: Json): boolean | undefined;
}

export interface ValidateOptions {
  /** Profiles to hold the resource against, besides those that it declares. */
  profiles?: readonly string[];
  /** False: what the resource declares of itself does not count. */
  declared?: boolean;
  /** `update` wants an id, `create` none. */
  mode?: 'create' | 'update' | 'delete' | 'profile';
}

const MAX_FAULTS = 100;

export class Validator {
  private readonly profiles: ReadonlyMap<string, ProfileDefinition>;
  private readonly terminology: Terminology;
  private readonly plans = new Map<string, PlanNode>();
  private readonly targetTypes = new Map<readonly ElementType[], ReadonlySet<string> | undefined>();

  constructor(profiles: Iterable<ProfileDefinition>, terminology: Terminology) {
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
    const session = openSession(resource);
    issues.push(...this.againstProfiles(resource, resource.resourceType, session, profiles, declared));
    if (resource.resourceType === 'Bundle') this.checkEntries(resource, session, declared, issues);
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
      openSession(resource),
    );
  }

  private checkEntries(bundle: Resource, session: Session, declared: boolean, issues: Issue[]): void {
    if (!declared) return;
    for (const [i, entry] of ((bundle['entry'] as BundleEntry[] | undefined) ?? []).entries()) {
      if (entry.resource !== undefined && isResourceType(entry.resource.resourceType))
        issues.push(...this.againstProfiles(entry.resource, `Bundle.entry[${i}].resource`, session, [], true));
    }
  }

  private againstProfiles(
    resource: Resource,
    path: string,
    session: Session,
    asked: readonly string[],
    declared: boolean,
  ): Issue[] {
    const issues: Issue[] = [];
    const own = declared
      ? ((resource.meta?.profile as string[] | undefined) ?? []).map((one) => one.split('|')[0]!)
      : [];
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
      } else issues.push(...this.faults({ value: resource, type: resource.resourceType, path }, profile, session));
    }
    return issues;
  }

  /** A resource against a profile, found once for each: a Bundle's profile and the entry itself ask the same. */
  private faults(place: Place, profile: ProfileDefinition, session: Session): Issue[] {
    let known = session.faults.get(place.value);
    if (known === undefined) {
      known = new Map();
      session.faults.set(place.value, known);
    }
    let found = known.get(profile);
    if (found === undefined) {
      found = checkProfile(place, this.plan(profile), this.tools(place.value, session));
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

  private tools(root: Resource, session: Session): ProfileTools {
    const find = (reference: unknown): Resource | undefined => {
      if (typeof reference !== 'string') return undefined;
      if (reference.startsWith('#'))
        return ((root['contained'] as Resource[] | undefined) ?? []).find(
          (contained) => `#${contained.id}` === reference,
        );
      return session.entries.get(reference);
    };
    const tools: ProfileTools = {
      ...this.baseTools,
      root,
      resolve: (reference) => {
        const found = find(reference?.reference);
        return found && { value: found, type: found.resourceType, path: found.resourceType };
      },
      conforms: (place: Place, url: string) => {
        const profile = this.profiles.get(url);
        return (
          profile !== undefined &&
          profile.type === place.value?.resourceType &&
          this.faults(place, profile, session).every((fault) => fault.severity !== 'error')
        );
      },
      faults: (place, url) => {
        const profile = this.profiles.get(url);
        if (profile === undefined) return undefined;
        // An entry of a Bundle is a resource of its own; what is contained belongs to the one around it.
        return root.resourceType === 'Bundle' && isResourceType(place.type)
          ? this.faults(place, profile, session)
          : checkProfile(place, this.plan(profile), tools);
      },
      targets: (types) => this.targets(types),
      isBundled: (reference) => find(reference) !== undefined,
    };
    return tools;
  }
}

/** What one validation knows besides the resource. */
interface Session {
  /** The resources of a Bundle by what refers to them: the `fullUrl`, its last two parts, type and id. */
  entries: ReadonlyMap<string, Resource>;
  faults: Map<Resource, Map<ProfileDefinition, Issue[]>>;
}

function openSession(bundle: Resource): Session {
  const entries = new Map<string, Resource>();
  const list = bundle.resourceType === 'Bundle' ? ((bundle['entry'] as BundleEntry[] | undefined) ?? []) : [];
  for (const { fullUrl, resource } of list) {
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

/** Advice is told last: a long Bundle without narratives must not hide its errors. */
function weight({ severity, diagnostics }: Issue): number {
  return severity === 'error' || severity === 'fatal' ? 0 : diagnostics.endsWith('(best practice)') ? 2 : 1;
}

/** Two profiles that say the same say it once. */
function distinct(issues: readonly Issue[]): Issue[] {
  return [
    ...new Map(
      issues.map((issue) => [`${issue.severity}|${issue.diagnostics}|${issue.expression?.join()}`, issue]),
    ).values(),
  ];
}
