/** The address to which a login leads back, and what it says about where somebody comes from. */

/** Did somebody come from the SAS? Callers append `&origin=sas...`, whether the address had a `?` or not (trap C10). */
export function isFromSas(address: string): boolean {
  return /[?&]origin=sas/i.test(address);
}

/** One slash: two begin the name of another server. */
const OWN_PATH = /^\/(?![/\\])/;

/** A path of this server, whatever was asked, so that no link to this server leads elsewhere. */
export function ownPath(asked: string | undefined): string {
  const HERE = 'http://here.invalid';
  if (asked === undefined || !OWN_PATH.test(asked) || /[\\\p{Cc}]/u.test(asked)) return '/';
  try {
    const url = new URL(asked, HERE);
    // `/x/..//other.example` is a path of this server until its dots are resolved.
    const path = url.pathname + url.search + url.hash;
    return url.origin === HERE && OWN_PATH.test(path) ? path : '/';
  } catch {
    return '/';
  }
}
