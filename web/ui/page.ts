/**
 * What a page is to the shell: an address, a place in the menu, for whom, on which server, and its code, loaded when it
 * is opened.
 */
import type { ComponentType } from 'react';
import type { ParseKeys } from 'i18next';
import type { Role } from './session.tsx';

export type ServerKind = 'agenda' | 'platform';

export interface Page<Search extends object = object> {
  /** One segment; what the page shows is in its search parameters. */
  path: `/${string}`;
  title: ParseKeys;
  /** Empty: for everybody. */
  roles: readonly Role[];
  serves: readonly ServerKind[];
  /** Absent from the menu: reached by a link only. */
  hidden?: boolean;
  /** Reads the search parameters; never throws: addresses come from outside. */
  search: (raw: Record<string, unknown>) => Search;
  load: () => Promise<{ default: ComponentType }>;
}

export function definePage<Search extends object>(page: Page<Search>): Page<Search> {
  return page;
}

/** For a page's `search`: a text, or nothing. TanStack Router reads `?n=5` as a number. */
export function textParam(value: unknown, most = 200): string | undefined {
  return (typeof value === 'string' && value !== '') || typeof value === 'number'
    ? String(value).slice(0, most)
    : undefined;
}

/** An id of a resource, or nothing: what else an address holds leads to no other path of the server. */
export function idParam(value: unknown): string | undefined {
  const id = textParam(value);
  return id !== undefined && /^(?!\.{1,2}$)[A-Za-z0-9\-.]{1,64}$/.test(id) ? id : undefined;
}

/** A list, written `a,b`. */
export function listParam(value: unknown, most = 20): string[] | undefined {
  const items = (textParam(value, 5000) ?? '').split(',').filter((part) => part !== '');
  return items.length > 0 ? items.slice(0, most) : undefined;
}

/** Which server gave this page; written by it into the head. */
export function serverKind(): ServerKind {
  return document.querySelector('meta[name="creneau-serves"]')?.getAttribute('content') === 'platform'
    ? 'platform'
    : 'agenda';
}
