/**
 * `/notices/{token}`: the link at the foot of every notice. GET asks for confirmation, POST stops all notices; mail
 * programs send the POST from a button of their own (RFC 8058). Older mails link to `/mail/{token}`.
 */
import type { FastifyInstance } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import { html, sendPage } from '../html/page.ts';

/** The links that this server has sent, by their tokens. */
export interface Unsubscribing {
  knows(token: string): Promise<boolean>;
  unsubscribe(token: string): Promise<void>;
}

const PATHS = ['/notices', '/mail'];

export function mountUnsubscribe(app: FastifyInstance, links: Unsubscribing): void {
  const known = async (token: string): Promise<string> => {
    if (/^[A-Za-z0-9_-]{20,100}$/.test(token) && (await links.knows(token))) return token;
    throw new FhirError('not-found', 'This server has not sent this link', {
      text: "Ce lien n'est pas l'un des nôtres.",
    });
  };
  for (const path of PATHS) {
    app.get<{ Params: { token: string } }>(`${path}/:token`, async (request, reply) => {
      const token = await known(request.params.token);
      return sendPage(reply, {
        title: 'Ne plus recevoir de messages',
        body: html`<p>Vous ne recevrez plus ni confirmation ni rappel de rendez-vous, ni avis de fermeture.</p>
          <form method="post" action="${path}/${token}">
            <button type="submit">Ne plus recevoir de messages</button>
          </form>`,
      });
    });
    app.post<{ Params: { token: string } }>(`${path}/:token`, async (request, reply) => {
      await links.unsubscribe(await known(request.params.token));
      return sendPage(reply, {
        title: 'C’est noté',
        body: html`<p>Vous ne recevrez plus de messages. Les rendez-vous, eux, n’ont pas changé.</p>`,
      });
    });
  }
}
