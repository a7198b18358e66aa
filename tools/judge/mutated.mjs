/** Resources with a single fault each, to compare our validator with the reference: most are wrong, some are not. */

const WRONG = ['zzz', '', 7, true, {}, { text: 'x' }, { reference: 'Slot/x' }, '2026-13-45', 'urn:oid:abc', 'male'];
const NO_VALUE = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
};

const VALUES = { valueString: 'x', valueCode: 'x', valueInteger: 1, valueCoding: { code: 'x' } };

const FAULTS = {
  // An empty list is wrong in JSON; the reference says so of objects only (docs/validation-differences.md).
  removed(holder, key) {
    if (!Array.isArray(holder)) delete holder[key];
    else if (holder.length > 1) holder.splice(key, 1);
  },
  replaced: (holder, key, wrong) => {
    holder[key] = wrong;
  },
  renamed(holder, key) {
    if (Array.isArray(holder)) return;
    holder[`${key}x`] = holder[key];
    delete holder[key];
  },
  repeated(holder, key) {
    if (Array.isArray(holder)) holder.push(structuredClone(holder[key]));
    else holder[key] = [holder[key], holder[key]];
  },
  absent(holder, key) {
    if (Array.isArray(holder) || typeof holder[key] === 'object') return;
    holder[`_${key}`] = NO_VALUE;
    delete holder[key];
  },
  // The value of an extension has another type.
  retyped(holder, key, _, { pick }) {
    if (!/^value[A-Z]/.test(key)) return;
    delete holder[key];
    const [type, value] = pick(Object.entries(VALUES));
    holder[type] = value;
  },
  // An extension stands where it is of no use.
  moved(holder, key, _, { resource }) {
    if (!Array.isArray(holder) || holder[key]?.url === undefined) return;
    const [extension] = holder.length > 1 ? holder.splice(key, 1) : [structuredClone(holder[key])];
    resource.meta = { ...resource.meta, extension: [extension] };
  },
};

/** `{ name, resource }`, `count` of them; the same for the same resources and seed. */
export function mutated(resources, count, seed = 13) {
  const next = generator(seed);
  const pick = (list) => list[next() % list.length];
  return Array.from({ length: count }, () => {
    const resource = structuredClone(pick(resources));
    const place = pick(places(resource, []));
    const fault = pick(Object.keys(FAULTS));
    const holder = place.slice(0, -1).reduce((value, key) => value[key], resource);
    const before = JSON.stringify(resource);
    FAULTS[fault](holder, place.at(-1), structuredClone(pick(WRONG)), { resource, pick });
    const isChanged = JSON.stringify(resource) !== before;
    return { name: `${resource.resourceType}.${place.join('.')} ${isChanged ? fault : 'as it was'}`, resource };
  });
}

function places(value, at) {
  if (value === null || typeof value !== 'object') return [at];
  const inner = Object.keys(value)
    .filter((key) => at.length > 0 || (key !== 'resourceType' && key !== 'id'))
    .flatMap((key) => places(value[key], [...at, Array.isArray(value) ? Number(key) : key]));
  return at.length === 0 ? inner : [at, ...inner];
}

/** A linear congruential generator: quality does not matter here, repetition does. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}
