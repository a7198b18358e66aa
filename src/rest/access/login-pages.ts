/** The pages, in French, that somebody meets in the browser when a login cannot go on by itself. */
import type { PersonRole } from '../../fhir/interaction.ts';
import { html, type HtmlPage } from '../html/page.ts';
import type { DemoPerson } from './demo-login.ts';
import type { Identity } from './person.ts';

export const NO_LOGIN: HtmlPage = {
  status: 404,
  title: 'Aucune connexion ici',
  body: html`<p>Ce serveur n'est pas relié à un service d'identification.</p>`,
};

const IN_FRENCH: Readonly<Record<PersonRole, string>> = {
  practitioner: 'praticien',
  secretary: 'secrétaire',
  regulator: 'régulateur',
  operator: 'exploitant',
  'practice-manager': 'gestionnaire du cabinet',
};

/** Asks as which fictional person to continue. */
export function chooser(people: readonly DemoPerson[], returnTo: string): HtmlPage {
  const buttons = people.map(({ id, identity, roles, description }) => {
    const label = `${identity.name}, ${roles.map((role) => IN_FRENCH[role]).join(' et ')}`;
    return html`<p>
      <button name="person" value="${id}">${label}</button> <span class="hint">${description}</span>
    </p>`;
  });
  return {
    title: 'Démonstration : qui êtes-vous ?',
    body: html`<p class="notice">
        Personnes fictives. Ce choix remplace l'identification, sur cette machine seulement.
      </p>
      <form method="post" action="/auth/demo-login">
        <input type="hidden" name="return" value="${returnTo}">${buttons}
      </form>`,
  };
}

export function loginFailed(returnTo: string, reason: string): HtmlPage {
  return {
    status: 400,
    title: 'Connexion interrompue',
    body: html`<p class="notice bad" role="alert">${reason}</p>
      <p><a class="button" href="/auth/login?return=${encodeURIComponent(returnTo)}">Se connecter</a></p>`,
  };
}

export function noAccount({ name, fromSas }: Identity, returnTo: string): HtmlPage {
  const advice = fromSas
    ? html`<p>
        Votre identité est reconnue (${name}), mais aucun compte régulateur actif ne lui correspond ici. Les comptes
        sont créés et désactivés par la plateforme SAS : adressez-vous à votre SAMU.
      </p>`
    : html`<p>
        Votre identité est reconnue (${name}), mais aucun compte ne lui correspond ici. Régulateurs : venez depuis la
        plateforme SAS. Autres utilisateurs : adressez-vous à votre administrateur.
      </p>`;
  const login = `/auth/login?return=${encodeURIComponent(returnTo)}`;
  return {
    status: 403,
    title: 'Accès refusé',
    body: html`<div class="notice bad" role="alert">${advice}</div>
      <p><a class="button quiet" href="${login}">Essayer un autre compte</a></p>`,
  };
}
