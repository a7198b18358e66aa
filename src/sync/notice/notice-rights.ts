/** May the author of a notice still do what it tells of? Asked when the notice is delivered. */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Backend } from '../../rest/backend.ts';
import { type Author, type AuthorContext, type DeferredRequest, withdrawnRight } from '../../server/authors.ts';
import type { Notice } from './notice.ts';

/**
 * Why the notice must not leave; `undefined`: it may. Notices without author go on: reminders, and those of a version
 * of the program that stored none.
 */
export async function withdrawnNotice(
  contextOf: AuthorContext,
  backend: Pick<Backend, 'readVersion'>,
  notice: Notice,
): Promise<string | undefined> {
  const { author } = notice;
  if (author === undefined || (await isRegulator(contextOf, author))) return undefined;
  if (notice.kind === 'closure')
    return withdrawnRight(contextOf, author, on('POST', `Schedule/${notice.schedule}/$import-ical`));
  const { appointment } = notice;
  return withdrawnRight(contextOf, author, on('PUT', `Appointment/${appointment}`), (context) =>
    requireSight(backend, context, appointment),
  );
}

function on(method: string, address: string): DeferredRequest {
  return { method, path: `/fhir/${address}` };
}

/** A regulator whose account is active: books at `/rdv`, and reads no appointment under `/fhir`. */
async function isRegulator(contextOf: AuthorContext, author: Author): Promise<boolean> {
  let isActive = false;
  if (author.identity === undefined) return false;
  await withdrawnRight(contextOf, author, { method: 'POST', path: '/rdv' }, async ({ roles }) => {
    isActive = roles.includes('regulator');
  });
  return isActive;
}

/** Throws `forbidden` if the appointment, deleted or not, is not the author's to read any more. */
async function requireSight(backend: Pick<Backend, 'readVersion'>, context: Context, id: string): Promise<void> {
  await backend.readVersion(context, 'Appointment', id, 1).catch((error) => {
    if (!(error instanceof FhirError) || error.code === 'forbidden' || error.status >= 500) throw error;
  });
}
