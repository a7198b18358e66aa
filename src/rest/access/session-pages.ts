/** The page of the sessions of a person, or of everybody, in French. */
import { html, type HtmlPage } from '../html/page.ts';
import type { ListedSession } from './session.ts';

const TIME = new Intl.DateTimeFormat('fr-FR', { timeZone: 'Europe/Paris', dateStyle: 'full', timeStyle: 'short' });

interface SessionsPage {
  /** Those of everybody are shown. */
  all: boolean;
  isOperator: boolean;
  csrf: string;
}

export function sessionsPage(sessions: readonly ListedSession[], page: SessionsPage): HtmlPage {
  const { all, isOperator, csrf } = page;
  const token = html`<input type="hidden" name="csrf" value="${csrf}">${
    all && html`<input type="hidden" name="all" value="true">`
  }`;
  const rows = sessions.map(({ id, name, startedAt, seenAt, isCurrent }) => {
    const label = all ? `Fermer la session de ${name}` : 'Fermer cette session';
    const start = startedAt === undefined ? '' : `Ouverte ${TIME.format(startedAt)}. `;
    return html`<li>
      <p>${all && html`<strong>${name}</strong> : `}${start}Utilisée ${TIME.format(seenAt)}.</p>
      ${
        isCurrent
          ? html`<p class="hint">C'est la session que vous utilisez : « Se déconnecter » la ferme.</p>`
          : html`<form method="post" action="/auth/sessions/end">${token}
            <button name="id" value="${id}">${label}</button></form>`
      }
    </li>`;
  });
  const others =
    !all &&
    sessions.length > 1 &&
    html`<form method="post" action="/auth/sessions/end">${token}
      <button name="others" value="true">Fermer toutes les autres</button></form>`;
  const switched = all
    ? html`<p><a href="/auth/sessions">Mes sessions</a></p>`
    : isOperator && html`<p><a href="/auth/sessions?all=true">Sessions de tous</a></p>`;
  return {
    title: all ? 'Sessions ouvertes' : 'Mes sessions',
    body: html`<p>Une session fermée ne donne plus accès à rien, dès la demande suivante.</p>
      <ul>${rows}</ul>${others}${switched}<p><a href="/">Retour aux pages</a></p>`,
  };
}
