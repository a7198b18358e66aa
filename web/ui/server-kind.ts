/** Which server this page comes from: an agenda server or a SAS platform. The server writes it into the page's head. */

export type ServerKind = 'agenda' | 'platform';

export function serverKind(): ServerKind {
  return document.querySelector('meta[name="creneau-serves"]')?.getAttribute('content') === 'platform'
    ? 'platform'
    : 'agenda';
}
