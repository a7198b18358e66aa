/** Writes many resources, several at once: the database works on some while others are decided and written down. */
import { FhirError } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';

export interface LoadItem {
  resource: Resource;
  /** File and line, or entry. */
  where: string;
}

export interface RefusedItem {
  where: string;
  reason: string;
  /** Absent: it is not JSON. */
  item?: LoadItem;
}

export interface ItemWriter {
  /** How many at once. */
  atOnce: number;
  /** A type is begun when all resources of a lower rank are written. */
  rank(resource: Resource): number;
  /** Throws FhirError for a resource that is refused. */
  write(resource: Resource): Promise<void>;
  written(): void;
}

/** Two versions of one resource keep their order. Returns the refusals in the order of the items. */
export async function writeItems(items: readonly LoadItem[], writer: ItemWriter): Promise<RefusedItem[]> {
  const refusals = new Map<LoadItem, RefusedItem>();
  for (const step of stepsOf(items, writer)) {
    const queue = step.values();
    const before = new Map<string, Promise<void>>();
    const work = async (): Promise<void> => {
      for (const item of queue) {
        const key = keyOf(item);
        const own = (before.get(key) ?? Promise.resolve()).then(() => writeItem(item, writer, refusals));
        before.set(key, own);
        await own;
      }
    };
    await Promise.all(Array.from({ length: writer.atOnce }, work));
  }
  return items.flatMap((item) => refusals.get(item) ?? []);
}

function stepsOf(items: readonly LoadItem[], { rank }: ItemWriter): LoadItem[][] {
  const steps = new Map<number, LoadItem[]>();
  for (const item of items) {
    const at = rank(item.resource);
    const step = steps.get(at);
    if (step === undefined) steps.set(at, [item]);
    else step.push(item);
  }
  return [...steps].sort(([a], [b]) => a - b).map(([, step]) => step);
}

/** Resources without an id are all different. */
function keyOf({ resource: { resourceType, id }, where }: LoadItem): string {
  return id === undefined ? where : `${resourceType}/${id}`;
}

async function writeItem(item: LoadItem, writer: ItemWriter, refusals: Map<LoadItem, RefusedItem>): Promise<void> {
  try {
    await writer.write(item.resource);
    writer.written();
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    refusals.set(item, { item, where: item.where, reason: error.message });
  }
}
