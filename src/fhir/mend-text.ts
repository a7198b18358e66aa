/** JSON text whose strings hold what no resource may: U+0000 and halves of surrogate pairs. */

/** An escape of JSON, whole (a pair of surrogates too), so that an escaped backslash before a `u` is not one. */
const ESCAPE = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^u])/g;
const FORBIDDEN = /^\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})$/;

/** The same text with U+FFFD in their place. */
export function mendText(json: string): string {
  return json.replace(ESCAPE, (written) => (FORBIDDEN.test(written) ? '\uFFFD' : written));
}
