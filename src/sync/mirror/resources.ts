/** The people, places and things of mirrored agendas: each is copied from the server where it was made. GAP flow 1 */
import type { Resource } from '../../fhir/resource.ts';
import { identifiersOf } from '../../fhir/shared-elements.ts';
import { isRefusal, referenceOf, type Side, versionOf } from './side.ts';
import type { Steps } from './steps.ts';
import { translated } from './translate.ts';

/** Each type after those that it refers to. */
const ORDER = [
  'Organization',
  'Location',
  'HealthcareService',
  'Practitioner',
  'PractitionerRole',
  'Device',
  'Patient',
  'RelatedPerson',
];

/** Types that the other server may know already, by an identifier: its own resource is taken, and left as it is. */
const SHARED: ReadonlySet<string> = new Set(['Organization', 'Location', 'Practitioner', 'Patient']);

export interface Way {
  from: Side;
  to: Side;
  /** From the references of `from` to those of `to`, and back. */
  there: Map<string, string>;
  back: Map<string, string>;
  /** Apart in the file of steps. */
  name: 'down' | 'up';
}

export async function copyResources(
  way: Way,
  resources: readonly Resource[],
  steps: Steps,
  tell: (line: string) => void,
): Promise<void> {
  const known = resources.filter(({ resourceType }) => ORDER.includes(resourceType));
  known.sort((a, b) => ORDER.indexOf(a.resourceType) - ORDER.indexOf(b.resourceType));
  for (const resource of known) {
    try {
      await copyResource(way, resource, steps);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      tell(`${referenceOf(resource)} (${way.name}): ${error.message}`);
    }
  }
}

async function copyResource(way: Way, resource: Resource, steps: Steps): Promise<void> {
  const { from, to, there, back, name } = way;
  const reference = referenceOf(resource);
  const original = to.originalOf(resource);
  if (original !== undefined) return connect(way, reference, `${resource.resourceType}/${original}`);
  const key = `${name} ${reference}`;
  const version = versionOf(resource);
  const isKnown = there.has(reference);
  if (isKnown && (steps.get(key)?.manager === version || steps.get(key)?.other === 'theirs')) return;
  const mark = from.markOf(resource);
  const copy = isKnown ? undefined : await to.copyOf(resource.resourceType, mark);
  if (copy !== undefined && steps.get(key)?.manager === version) return connect(way, reference, referenceOf(copy));
  const theirs = isKnown || copy !== undefined ? undefined : await sharedIn(to, resource);
  if (theirs !== undefined) {
    steps.set(key, { manager: version, other: 'theirs' });
    return connect(way, reference, referenceOf(theirs));
  }
  const written = await to.putBy(translated(resource, { from, to, references: there }), mark);
  steps.set(key, { manager: version, other: '' });
  there.set(reference, referenceOf(written));
  back.set(referenceOf(written), reference);
}

function connect({ there, back }: Way, reference: string, counterpart: string): void {
  there.set(reference, counterpart);
  back.set(counterpart, reference);
}

async function sharedIn(to: Side, resource: Resource): Promise<Resource | undefined> {
  const values = identifiersOf(resource).filter(({ system, value }) => system !== undefined && value !== undefined);
  if (!SHARED.has(resource.resourceType) || values.length === 0) return undefined;
  const keys = values.map(({ system, value }) => encodeURIComponent(`${system}|${value}`)).join(',');
  const found = await to.search(resource.resourceType, `identifier=${keys}`);
  return found.length === 1 ? found[0] : undefined;
}
