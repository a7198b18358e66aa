/**
 * Checks a resource that is about to be stored against the rules of R4 and the profiles that it declares. A setting for
 * each profile decides whether a fault refuses the write, becomes a warning, or is ignored. Faults of structure are
 * found before, and always refuse it. https://hl7.org/fhir/R4/validation.html
 */
import type { Conformance } from '../../fhir/conformance.ts';
import { errorOf, type Issue } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { CheckSetting } from '../../runtime/options/values.ts';
import { processorBudget } from './processor-budget.ts';

type Strictness = CheckSetting['strictness'];

export class WriteChecks {
  private readonly conformance: Conformance;
  private readonly settings: readonly CheckSetting[];
  private readonly known = new Map<string, Strictness>();

  constructor(conformance: Conformance, settings: readonly CheckSetting[]) {
    this.conformance = conformance;
    this.settings = settings;
  }

  /**
   * Gives the warnings about a resource whose structure is right. Throws all faults that refuse the write at once, each
   * with its `expression`.
   */
  check(resource: Resource): Issue[] {
    const { validator } = this.conformance;
    const warnings: Issue[] = [];
    const refused: Issue[] = [];
    const sort = (strictness: Strictness, issues: readonly Issue[]): void => {
      for (const issue of issues.filter(({ severity }) => severity === 'error')) {
        if (strictness === 'refuse') refused.push(issue);
        else warnings.push({ ...issue, severity: 'warning' });
      }
    };
    const apply = (name: string, find: () => Issue[]): void => {
      const strictness = this.strictness(name);
      if (strictness !== 'ignore') sort(strictness, find());
    };
    apply(R4, () => validator.rules(resource, processorBudget()));
    for (const canonical of declared(resource))
      apply(canonical.split('|')[0]!, () => validator.against(resource, canonical));
    for (const strictness of ['refuse', 'warn'] as const)
      sort(
        strictness,
        validator.extensionIssues(resource, undefined, (url) => this.strictness(url) === strictness),
      );
    if (refused.length > 0) throw errorOf(refused);
    return warnings;
  }

  private strictness(name: string): Strictness {
    let found = this.known.get(name);
    if (found === undefined) {
      const named = this.settings.findLast(
        ({ profile }) => profile !== undefined && (profile === name || name.endsWith(`/${profile}`)),
      );
      found =
        named?.strictness ??
        (name === R4
          ? 'refuse'
          : (this.settings.findLast(({ profile }) => profile === undefined)?.strictness ?? 'warn'));
      // Callers may declare any URL: only profiles that exist here are remembered.
      if (name === R4 || this.conformance.profiles.has(name)) this.known.set(name, found);
    }
    return found;
  }
}

const R4 = 'R4';

function declared(resource: Resource): string[] {
  return [...new Set(resource.meta?.profile ?? [])].filter((profile) => typeof profile === 'string');
}
