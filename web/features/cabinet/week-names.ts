/** Offers and rules of availabilities name them: they follow when others come in their place. */
import { isExtension } from '../../../src/fhir/extension.ts';
import type { Extension } from '../../../src/fhir/resource.ts';

export function idOf({ extension }: Extension): string {
  return extension?.find(({ url }) => url === 'identifier')?.valueIdentifier?.value ?? '';
}

/** Offers and rules of an availability are those of the ones that come in its place. */
export function renamed(extensions: readonly Extension[], names: ReadonlyMap<string, readonly string[]>): Extension[] {
  return extensions.flatMap((each): Extension[] => {
    const isOffer = isExtension(each, 'slotOffer');
    if (!isOffer && !isExtension(each, 'opening')) return [each];
    const named = (each.extension ?? []).filter(({ url }) => url === 'availability');
    if (named.length === 0) return [each];
    const ids = new Set(
      named.flatMap(({ valueString, valueIdentifier }) => {
        const name = String(valueString ?? valueIdentifier?.value ?? '');
        const others = names.get(name) ?? [name];
        // A new range says itself what it takes: only what stays of the old one keeps its rule.
        return isOffer ? others : others.filter((id) => isIn(extensions, id));
      }),
    );
    if (ids.size === 0) return [];
    const parts = (each.extension ?? []).filter(({ url }) => url !== 'availability');
    return [{ ...each, extension: [...[...ids].map((id) => ({ url: 'availability', valueString: id })), ...parts] }];
  });
}

function isIn(extensions: readonly Extension[], id: string): boolean {
  return extensions.some((extension) => isExtension(extension, 'availabilityTime') && idOf(extension) === id);
}
