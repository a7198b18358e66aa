/** The pages below those of every practice: what becomes of the data of patients, and how accessible the pages
        are. */
import type { Keeping } from '../../runtime/options/values.ts';
import { html } from '../../rest/html/page.ts';
import { phoneLink, type PublicPage } from '../../rest/html/public-page.ts';
import type { PracticePage } from './pages-found.ts';
import type { PublicPart, PublicSiteParts } from './public-site.ts';

const KEPT_SECONDS = 60;

export function infoPages({ site, parts }: PublicSiteParts): PublicPart {
  const { publicName, keep } = parts.config;
  return {
    open(routes) {
      routes.add('/p/:practice/donnees', async ({ params }) => {
        const practice = await site.practice(params['practice']!);
        return { ...privacyPage(practice, publicName, keep), frame: site.frameOf(practice), keptSeconds: KEPT_SECONDS };
      });
      routes.add('/p/:practice/accessibilite', async ({ params }) => {
        const practice = await site.practice(params['practice']!);
        return { ...accessibilityPage(practice), frame: site.frameOf(practice), keptSeconds: KEPT_SECONDS };
      });
    },
  };
}

function privacyPage({ name, phone, path }: PracticePage, service: string, keep: readonly Keeping[]): PublicPage {
  const call = phone === undefined ? '' : html`, ou par téléphone : ${phoneLink(phone)}`;
  return {
    title: 'Vos données',
    body: html`<p>Lire ces pages ne demande aucune identité. Elles ne déposent aucun cookie, ne mesurent pas votre
        visite
        et ne chargent rien d'un autre site.</p>
      <h2>Qui en répond</h2>
      <p>${name} est responsable de vos données : le cabinet décide de leur usage. L'exploitant de ${service} les
        héberge
        pour lui et n'en fait rien d'autre.</p>
      <h2>Ce qui est demandé, et pourquoi</h2>
      <dl>
        <dt>Vos nom, prénom et date de naissance</dt><dd>pour que le cabinet sache qui vient</dd>
        <dt>Votre adresse électronique ou votre mobile</dt><dd>pour confirmer le rendez-vous et vous prévenir</dd>
        <dt>Le motif choisi</dt><dd>pour réserver la bonne durée ; il ne figure dans aucun message</dd>
        <dt>L'adresse de votre connexion</dt><dd>pour que des programmes ne prennent pas les rendez-vous</dd>
      </dl>
      <p>Le cabinet les traite pour vous soigner et gérer ses rendez-vous : cela repose sur le contrat de soins et
        sur ses
        obligations, pas sur un consentement. Rien n'est vendu, ni transmis pour de la publicité.</p>
      <h2>Combien de temps</h2>
      <dl>
        <dt>Une réservation que vous n'avez pas confirmée</dt><dd>2 heures</dd>
        <dt>L'adresse de votre connexion</dt><dd>un jour, sous une forme qui ne permet pas de la lire ; plus longtemps
          dans le journal des réservations, que la sécurité demande</dd>
        <dt>Un signalement de refus de soins</dt><dd>un an</dd>
        <dt>Vos rendez-vous</dt><dd>${keptWords(keep, 'Appointment')}</dd>
        <dt>Vos nom, date de naissance et coordonnées</dt><dd>${keptWords(keep, 'Patient')}</dd>
      </dl>
      <h2>Vos droits</h2>
      <p>Vous pouvez demander à lire, corriger ou effacer vos données, et refuser les rappels. Adressez-vous au
        cabinet${call}. Si la réponse ne vous convient pas, vous pouvez saisir la CNIL
        (<a href="https://www.cnil.fr/fr/plaintes">cnil.fr</a>).</p>
      <p><a href="${path}">Retour à la page du cabinet</a></p>`,
  };
}

/** As long as the server really keeps them: the setting `--keep`. */
function keptWords(keep: readonly Keeping[], type: Keeping['type']): string {
  const kept = keep.find((keeping) => keeping.type === type);
  if (kept === undefined) return 'la durée fixée par le cabinet, que vous pouvez lui demander';
  return `${kept.months} mois après le rendez-vous`;
}

function accessibilityPage({ name, phone, path }: PracticePage): PublicPage {
  return {
    title: "Déclaration d'accessibilité",
    body: html`<p>${name} veut que chacun puisse prendre rendez-vous ici, avec ou sans lecteur d'écran, au clavier,
        sur un
        petit écran, sans script. Cette déclaration porte sur les pages publiques de ce service.</p>
      <h2>État de conformité</h2>
      <p>Ces pages sont en conformité partielle avec le référentiel RGAA 4.1 : elles sont vérifiées à chaque
        version par
        des essais automatiques (axe, clavier, 320 pixels, agrandissement, absence de script), et n'ont pas encore été
        auditées par un tiers.</p>
      <h2>Ce qui est connu</h2>
      <ul>
        <li>L'interface n'existe qu'en français.</li>
        <li>Le lien « Voir sur une carte » mène à un autre site, qui n'est pas couvert par cette déclaration.</li>
      </ul>
      <h2>Une difficulté ?</h2>
      <p>${phone === undefined ? 'Appelez le cabinet' : html`Appelez le cabinet : ${phoneLink(phone)}`}. Le
        rendez-vous se
        prend aussi ainsi, et le cabinet transmet la difficulté à l'exploitant du service.</p>
      <h2>Voies de recours</h2>
      <p>Sans réponse satisfaisante, vous pouvez vous adresser au Défenseur des droits :
        <a href="https://formulaire.defenseurdesdroits.fr/">par écrit</a>, par téléphone au
        <a href="tel:0969390000">09 69 39 00 00</a>, ou gratuitement par courrier (Défenseur des droits, Libre réponse
        71120, 75342 Paris CEDEX 07).</p>
      <p><a href="${path}">Retour à la page du cabinet</a></p>`,
  };
}
