/** The address to which a login leads back, and what it says about where somebody comes from. */

/** Did somebody come from the SAS? Callers append `&origin=sas...`, whether the address had a `?` or not (trap C10). */
export function isFromSas(address: string): boolean {
  return /[?&]origin=sas/i.test(address);
}

/** A path of this server, whatever was asked, so that no link to this server leads elsewhere. */
export function ownPath(asked: string | undefined): string {
  const HERE = 'http://here.invalid';
  if (asked === undefined || !/^\/(?![/\\])/.test(asked) || /[\\\p{Cc}]/u.test(asked)) return '/';
  try {
    const url = new URL(asked, HERE);
    return url.origin === HERE ? url.pathname + url.search + url.hash : '/';
  } catch {
    return '/';
  }
}
