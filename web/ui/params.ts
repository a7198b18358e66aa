/**
 * The parameters of a page, read from its address (`?agendas=a,b&view=week`). Addresses come from outside: a value that
 * makes no sense is left out, and nothing here throws.
 */

/** The props of every page. */
export interface PageProps<Params extends object> {
  params: Params;
  /** Shows the same page with other parameters; `replace` leaves no step in the browser's history. */
  go: (params: Params, replace?: boolean) => void;
}

/** The parameters as the router gives them. */
export type RawParams = Record<string, unknown>;

const MAX_TEXT = 200;
const MAX_LIST_TEXT = 5000;
const MAX_ITEMS = 20;

/** TanStack Router reads `?n=5` as a number. */
export function textParam(value: unknown, maxLength = MAX_TEXT): string | undefined {
  return (typeof value === 'string' && value !== '') || typeof value === 'number'
    ? String(value).slice(0, maxLength)
    : undefined;
}

/** The id of a resource. Anything else could lead to another path of the server. */
export function idParam(value: unknown): string | undefined {
  const id = textParam(value);
  return id !== undefined && /^(?!\.{1,2}$)[A-Za-z0-9\-.]{1,64}$/.test(id) ? id : undefined;
}

/** Ids, written `a,b`. */
export function idsParam(value: unknown): string[] | undefined {
  const text = textParam(Array.isArray(value) ? value.join(',') : value, MAX_LIST_TEXT) ?? '';
  const ids = text
    .split(',')
    .slice(0, MAX_ITEMS)
    .flatMap((part) => idParam(part) ?? []);
  return ids.length > 0 ? ids : undefined;
}

/** `2026-11-25`. Clock rules are known from 1900 to 2199 only. */
export function dayParam(value: unknown): string | undefined {
  const day = textParam(value, 10);
  return day !== undefined && /^(19|20|21)\d\d-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day))
    ? day
    : undefined;
}

/** The choice that the value names, compared as text: `choiceParam(['day', 'week'], raw['view'])`. */
export function choiceParam<Choice extends string | number>(
  choices: readonly Choice[],
  value: unknown,
): Choice | undefined {
  return choices.find((choice) => String(choice) === String(value));
}
