/**
 * What becomes of a write that breaks the rules of R4 or of a profile that it declares: refused, told in a warning, or
 * nothing, as set for
 * each profile. The structure itself is never a matter of settings. https://hl7.org/fhir/R4/validation.html
 */
import type { Conformance } from '../../fhir/conformance.ts';
import { errorOf, type Issue } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { CheckSetting } from '../../runtime/options/values.ts';

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
   * The warnings of a resource whose structure is right. Throws every fault that is to be refused, each with its
   * `expression`.
   */
  check(resource: Resource): Issue[] {
    const { validator } = this.conformance;
    const warnings: Issue[] = [];
    const refused: Issue[] = [];
    const judge = (name: string, find: () => Issue[]): void => {
      const strictness = this.strictness(name);
      if (strictness === 'ignore') return;
      for (const one of find()) {
        if (one.severity === 'error' && strictness === 'refuse') refused.push(one);
        else if (one.severity === 'error') warnings.push({ ...one, severity: 'warning' });
      }
    };
    judge(R4, () => validator.rules(resource));
    for (const url of declared(resource)) judge(url, () => validator.against(resource, url));
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
      // A caller can declare anything: only what is known here is remembered.
      if (name === R4 || this.conformance.profiles.has(name)) this.known.set(name, found);
    }
    return found;
  }
}

const R4 = 'R4';

function declared(resource: Resource): string[] {
  return [...new Set((resource.meta?.profile ?? []).map((one) => one.split('|')[0]!))];
}
