/**
 * `/mail/{token}`: the link at the foot of every mail. GET asks, POST does it, also at the mail program's own button
 * (RFC 8058).
 */
import type { FastifyInstance } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import { html, sendPage } from '../html/page.ts';

export interface Leaving {
  /** Is this a link that we sent? */
  knows(token: string): Promise<boolean>;
  leave(token: string): Promise<void>;
}

export function mountLeaving(app: FastifyInstance, leaving: Leaving): void {
  const url = '/mail/:token';
  const known = async (token: string): Promise<string> => {
    if (/^[A-Za-z0-9_-]{20,100}$/.test(token) && (await leaving.knows(token))) return token;
    throw new FhirError('not-found', 'This link is not one of ours', { text: "Ce lien n'est pas l'un des nôtres." });
  };
  app.get<{ Params: { token: string } }>(url, async (request, reply) => {
    const token = await known(request.params.token);
    return sendPage(reply, {
      title: 'Ne plus recevoir de messages',
      body: html`<p>Vous ne recevrez plus ni confirmation, ni rappel de vos rendez-vous par courriel.</p><form method="post" action="/mail/${token}"><button type="submit">Ne plus recevoir de messages</button></form>`,
    });
  });
  app.post<{ Params: { token: string } }>(url, async (request, reply) => {
    await leaving.leave(await known(request.params.token));
    return sendPage(reply, {
      title: 'C’est noté',
      body: html`<p>Vous ne recevrez plus de messages. Vos rendez-vous, eux, n’ont pas changé.</p>`,
    });
  });
}
