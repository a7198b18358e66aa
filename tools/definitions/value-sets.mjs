/** The codes that a required binding allows, and what they mean. */

/** A list of codes longer than this is left out (none of R4's required ones is). */
const MAX_CODES = 1000;

/**
 * The codes of the required bindings, by system, where they can be listed: not mime types, nor what a filter selects.
 */
export function addValueSets(result, all) {
  const systems = new Map(
    all.filter(({ resourceType }) => resourceType === 'CodeSystem').map((system) => [system.url, system]),
  );
  const sets = new Map(all.filter(({ resourceType }) => resourceType === 'ValueSet').map((set) => [set.url, set]));
  const bindings = Object.values(result.types).flatMap((type) =>
    (type.elements ?? []).map((element) => element.binding),
  );
  for (const url of new Set(
    bindings.filter((binding) => binding?.strength === 'required').map((binding) => binding.valueSet),
  )) {
    const codes = expand(url, sets, systems);
    if (codes === undefined || Object.values(codes).flat().length > MAX_CODES) continue;
    result.valueSets[url] = codes;
    for (const [system, list] of Object.entries(codes))
      addDisplays(result, system, list, sets.get(url), systems.get(system));
  }
}

/** The meaning of the codes in English: the set's own words, else the system's. */
function addDisplays(result, system, codes, set, codeSystem) {
  const named = set.compose.include
    .filter((include) => include.system === system)
    .flatMap((include) => include.concept ?? []);
  const words = new Map(
    [...flatConcepts(codeSystem?.concept), ...named].map((concept) => [concept.code, concept.display]),
  );
  result.displays[system] ??= {};
  for (const code of codes) result.displays[system][code] ??= words.get(code) ?? code;
}

function expand(url, sets, systems) {
  const compose = sets.get(url)?.compose;
  if (compose === undefined || compose.exclude) return undefined;
  const bySystem = {};
  for (const include of compose.include) {
    if (include.filter) return undefined;
    for (const other of include.valueSet ?? []) {
      const codes = expand(other.split('|')[0], sets, systems);
      if (codes === undefined || include.system) return undefined;
      for (const [system, list] of Object.entries(codes)) bySystem[system] = [...(bySystem[system] ?? []), ...list];
    }
    if (!include.system) continue;
    const system = systems.get(include.system);
    const list =
      include.concept?.map((concept) => concept.code) ?? (system?.content === 'complete' ? flat(system.concept) : []);
    if (list.length === 0) return undefined;
    bySystem[include.system] = [...(bySystem[include.system] ?? []), ...list];
  }
  return bySystem;
}

const flatConcepts = (concepts = []) => concepts.flatMap((concept) => [concept, ...flatConcepts(concept.concept)]);
const flat = (concepts) => flatConcepts(concepts).map((concept) => concept.code);
