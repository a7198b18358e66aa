/**
 * The extension of a delegated agenda: the caller who keeps it, the part that is kept, and the caller who delegated it
 * (written by the server).
 */
import { codeOf, extensionsOf, extensionUrl, isExtension, partValue } from '../extension.ts';
import { errorOf, type Issue, issue } from '../issue.ts';
import type { Resource } from '../resource.ts';
import { list } from '../resources.ts';

export type DelegationScope = 'whole' | 'availabilities' | 'appointments';
const MODES: readonly string[] = ['exclusive', 'shared'];
const SCOPES: readonly string[] = ['whole', 'availabilities', 'appointments'];

export interface Delegation {
  /** Name of the caller who keeps it, as in the callers file. */
  caller: string;
  scope: DelegationScope;
  /** Name of the caller who delegated. */
  manager: string;
  /** The manager goes on writing beside the delegate. */
  isShared: boolean;
}

/** Throws 422 with the place of a delegation that makes no sense. */
export function readDelegations(schedule: Resource): Delegation[] {
  const issues: Issue[] = [];
  const found = extensionsOf(schedule, 'delegation').map((extension) => {
    const caller = partValue(extension, 'caller');
    const scope = codeOf(partValue(extension, 'scope'));
    if (typeof caller !== 'string' || caller === '')
      issues.push(
        issue('error', 'required', 'A delegation names a caller', {
          expression: extension.path,
          text: 'Une délégation désigne un appelant (caller).',
        }),
      );
    if (scope === undefined || !SCOPES.includes(scope))
      issues.push(
        issue('error', 'code-invalid', `The scope of a delegation is ${SCOPES.join(', ')}`, {
          expression: extension.path,
          text: `Étendue d'une délégation : ${SCOPES.join(', ')}.`,
        }),
      );
    const mode = codeOf(partValue(extension, 'mode')) ?? 'exclusive';
    if (!MODES.includes(mode))
      issues.push(
        issue('error', 'code-invalid', `The mode of a delegation is ${MODES.join(', ')}`, {
          expression: extension.path,
          text: `Mode d'une délégation : ${MODES.join(', ')}.`,
        }),
      );
    const manager = partValue(extension, 'manager') ?? '';
    return { caller, scope, manager, isShared: mode === 'shared' } as Delegation;
  });
  if (issues.length > 0) throw errorOf(issues, 422);
  return found;
}

/** The same agenda, delegated like this. */
export function withDelegations(schedule: Resource, delegations: readonly Delegation[]): Resource {
  const { extension, ...rest } = schedule;
  const others = list(extension).filter((extension) => !isExtension(extension, 'delegation'));
  const own = delegations.map(({ caller, scope, manager, isShared }) => ({
    url: extensionUrl('delegation'),
    extension: [
      { url: 'caller', valueString: caller },
      { url: 'scope', valueCode: scope },
      ...(isShared ? [{ url: 'mode', valueCode: 'shared' }] : []),
      { url: 'manager', valueString: manager },
    ],
  }));
  const all = [...others, ...own];
  return { ...rest, ...(all.length > 0 ? { extension: all } : {}) };
}
