/**
 * References of a transaction become literal: temporary ones by the entry that they name, conditional ones by the one
 * resource that matches once the transaction is done, whether it is stored already or comes with it.
 * https://hl7.org/fhir/R4/http.html#trules, https://hl7.org/fhir/R4/bundle.html#references
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, wrongValue } from '../../fhir/issue.ts';
import { withStoredReferences } from '../../fhir/local-reference.ts';
import { conditionalReferences, replaceReferences, temporaryReferences } from '../../fhir/references.ts';
import type { Resource } from '../../fhir/resource.ts';
import { matches } from '../../fhir/search/match.ts';
import type { Criterion } from '../../fhir/search/request.ts';
import { readCriteria, type Searching, severalMatches } from './condition.ts';
import type { Target } from './identities.ts';

export class EntryReferences {
  private readonly searching: Searching;
  private readonly context: Context;
  private readonly targets: readonly Target[];
  /** From each fullUrl to `Type/id`. */
  private readonly named: ReadonlyMap<string, string>;

  constructor(searching: Searching, context: Context, targets: readonly Target[]) {
    this.searching = searching;
    this.context = context;
    this.targets = targets;
    this.named = new Map(
      targets
        .filter(({ write }) => write.fullUrl !== undefined)
        .map(({ write, id }) => [write.fullUrl!, `${write.type}/${id}`]),
    );
  }

  /** Throws 400 where a temporary reference names no entry, 412 where a conditional one matches none or several. */
  async literal(resource: Resource): Promise<Resource> {
    const [nowhere] = temporaryReferences(resource).filter((reference) => !this.named.has(reference));
    if (nowhere !== undefined) {
      throw wrongValue(
        `${nowhere} is the fullUrl of no entry`,
        `La référence ${nowhere} ne mène à aucune entrée.`,
        resource.resourceType,
      );
    }
    const conditional = conditionalReferences(resource);
    if (conditional.length === 0) return replaceReferences(resource, this.named);
    const all = new Map(this.named);
    for (const reference of conditional) all.set(reference, await this.match(reference, resource.resourceType));
    return replaceReferences(resource, all);
  }

  private async match(reference: string, from: string): Promise<string> {
    const [type = '', query = ''] = reference.split(/\?(.*)/s);
    const criteria = readCriteria(this.context, type, query);
    const own = this.targets.filter(({ write, satisfiedBy }) => write.type === type && satisfiedBy === undefined);
    const rewritten = own.filter(({ write }) => write.method === 'PUT' || write.method === 'DELETE');
    const { reader, rules } = this.searching;
    const { rows } = await reader.search(type, criteria, {
      count: 2 + rewritten.length,
      total: 'none',
      readScope: await rules.readScope?.(this.context),
    });
    const ids = new Set([
      ...rows.map(({ id }) => id).filter((id) => !rewritten.some((target) => target.id === id)),
      ...own.filter((target) => this.isMatch(target, criteria)).map(({ id }) => id),
    ]);
    if (ids.size > 1) throw severalMatches(type, query);
    const [id] = ids;
    if (id !== undefined) return `${type}/${id}`;
    throw new FhirError('not-found', `No ${type} matches a conditional reference`, {
      status: 412,
      expression: from,
      text: `Aucune ressource ${type} ne répond à une référence conditionnelle.`,
    });
  }

  /** As the entry will leave it; a create whose match is stored already changes nothing. */
  private isMatch({ write, id, found }: Target, criteria: readonly Criterion[]): boolean {
    if (write.resource === undefined || (write.method === 'POST' && found !== undefined)) return false;
    const resource = withStoredReferences({ ...replaceReferences(write.resource, this.named), id }, [
      this.context.base,
    ]);
    return criteria.every((criterion) => isPlain(criterion) && matches(criterion, resource));
  }
}

/** Chains lead to resources that are not at hand. */
function isPlain(criterion: Criterion): boolean {
  return criterion.is === 'any' ? criterion.of.every(isPlain) : criterion.is === 'parameter';
}
