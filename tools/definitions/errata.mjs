/** Faults of the published R4 definitions. */

const UNICODE = 'the regular expression escapes what a Unicode one does not let it escape, or leaves a bracket open';

/**
 * Faults of the published R4 definitions that we repair: what, and why. Each must still find its fault, or the build
 * stops.
 */
export const ERRATA = [
  {
    constraint: 'app-4',
    from: "'no-show'",
    to: "'noshow'",
    reason: 'the code of appointmentstatus is "noshow"; as published, a reason on a no-show is refused',
  },
  {
    constraint: 'ref-1',
    from:
      "reference.startsWith('#').not() or (reference.substring(1).trace('url') in " +
      "%rootResource.contained.id.trace('ids'))",
    to:
      "reference.exists() implies (reference.startsWith('#').not() or (reference.substring(1) in " +
      "%rootResource.contained.id) or (reference = '#' and %rootResource != %resource))",
    reason:
      'as published, a reference by identifier only is not true, and "#" (the container) is refused; text of ' +
      'R5, without trace',
  },
  {
    constraint: 'bdl-8',
    from: "fullUrl.contains('/_history/').not()",
    to: "fullUrl.exists() implies fullUrl.contains('/_history/').not()",
    reason: 'as published, it is not true for an entry without fullUrl (every POST of a transaction); text of R5',
  },
  {
    constraint: 'tim-9',
    from: "(when in ('C' | 'CM' | 'CD' | 'CV')).not()",
    to: "when.select($this in ('C' | 'CM' | 'CD' | 'CV')).allFalse()",
    reason: '"in" wants one item and "when" repeats; text of R5',
  },
  {
    constraint: 'dom-3',
    from: /as\((canonical|uri|url)\)/g,
    to: 'ofType($1)',
    reason: '"as" wants one item and descendants() gives many; text of R5',
  },
  { constraint: 'dom-3', from: ".trace('unmatched', id)", to: '', reason: 'a trace writes to the console' },
  ...['sdf-16', 'sdf-17'].map((constraint) => ({
    constraint,
    from: ".trace('ids')",
    to: '',
    reason: 'a trace writes to the console',
  })),
  { constraint: 'eld-16', from: '\\\\@', to: '@', reason: UNICODE },
  { constraint: 'eld-19', from: /\\\\\\'/g, to: "\\'", reason: UNICODE },
  { constraint: 'eld-19', from: '(\\\\:[', to: '(:[', reason: UNICODE },
  { constraint: 'eld-20', from: '(\\\\[x])?', to: '(\\\\[x\\\\])?', reason: UNICODE },
  {
    element: 'Resource.id',
    types: ['id'],
    reason: 'published as string; the text of the standard and later versions say id',
  },
];

/** Repairs the constraints, and returns what was repaired and why. */
export function repairConstraints(constraints) {
  for (const { constraint: key, from, to } of ERRATA.filter((erratum) => erratum.constraint)) {
    const constraint = constraints[key];
    const repaired = constraint.expression.replace(from, to);
    if (repaired === constraint.expression) throw new Error(`The erratum of ${key} finds nothing to repair`);
    constraint.expression = repaired;
  }
  return ERRATA.map(({ constraint, element, reason }) => ({ of: constraint ?? element, reason }));
}
