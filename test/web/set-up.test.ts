/**
 * From an empty database to a booked appointment, by the pages alone: the code of the console, a passkey, five steps,
 * an invitation. Nothing is written by anything but the pages.
 */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSetUp } from '../../src/agenda/practice/joining.ts';
import { type AgendaServer, startAgenda } from '../../src/cli/servers/agenda.ts';
import { PeopleStore } from '../../src/store/records/people.ts';
import { NOW, testConfig } from '../harness.ts';
import { CHROMIUM, check, DESKTOP, expectNoFaults, PHONE, type Visitor } from './browser.ts';

let server: AgendaServer;
let browser: Browser;
let url: string;
const contexts: BrowserContext[] = [];
const clock = { now: NOW };

beforeAll(async () => {
  server = await startAgenda(testConfig(undefined, { passkeys: true }), () => clock.now);
  url = server.url.replace('127.0.0.1', 'localhost');
  browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
});
afterAll(async () => {
  for (const context of contexts) await context.close();
  await browser.close();
  await server.close();
});

/** A new browser with an authenticator that recognises its owner. */
async function arrive(viewport = DESKTOP): Promise<Visitor> {
  const context = await browser.newContext({ baseURL: url, viewport, locale: 'fr-FR', timezoneId: 'Europe/Paris' });
  contexts.push(context);
  await context.clock.setFixedTime(new Date(NOW));
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
      ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    },
  });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${message.text()} ${message.location().url}`);
  });
  return { page, context, faults };
}

const press = (page: Page, name: string | RegExp): Promise<void> => page.getByRole('button', { name }).click();
const fill = (page: Page, label: string, text: string): Promise<void> =>
  page.getByLabel(label, { exact: false }).fill(text);

let manager: Visitor;
let invitation: string;

describe('an empty installation', () => {
  it('asks for the code of the console, and refuses another one', async () => {
    manager = await arrive();
    const { page } = manager;
    await page.goto('/');
    await page.getByText('Cette installation n’appartient encore à personne.').waitFor();
    await check(manager, 'set-up-code');
    await fill(page, 'Code de mise en route', '0123-4567-89ab-cdef-0123-4567-89ab-cdef');
    await press(page, 'Continuer');
    await page.getByText("Ce code n'est pas le bon.").waitFor();
    await fill(page, 'Code de mise en route', await openSetUp(new PeopleStore(server.database), clock.now));
    await press(page, 'Continuer');
    await fill(page, 'Votre nom', 'Camille Vasseur');
    await check(manager, 'set-up-who');
    await press(page, 'Créer ma clé d’accès');
    await page.getByRole('heading', { name: 'Le cabinet et son lieu' }).waitFor();
  });

  it('takes the practice, its place, and the practitioner, each kept when the page is loaded again', async () => {
    const { page } = manager;
    await fill(page, 'Nom du cabinet', 'Cabinet du Port');
    await fill(page, 'Adresse (numéro et rue)', '1 quai du Port');
    await fill(page, 'Code postal', '97400');
    await page.getByText('Heure du lieu : Indian/Reunion').waitFor();
    await fill(page, 'Code postal', '35000');
    await fill(page, 'Commune', 'Rennes');
    await fill(page, 'FINESS ou SIRET', '350000010');
    await check(manager, 'set-up-place');
    await press(page, 'Enregistrer et continuer');
    await page.getByRole('heading', { name: 'Le praticien' }).waitFor();
    await page.goto('/mise-en-route');
    await page.getByRole('heading', { name: 'Le praticien' }).waitFor();
    await fill(page, 'Nom de famille', 'Vasseur');
    await fill(page, 'Prénom', 'Camille');
    await fill(page, 'Numéro RPPS', '10000000001');
    await page.getByText('La clé de ce numéro ne correspond pas').waitFor();
    await page.getByLabel('C’est moi').check();
    await check(manager, 'set-up-practitioner');
    await press(page, 'Enregistrer et continuer');
    await page.getByRole('heading', { name: 'Semaine et motifs' }).waitFor();
  });

  it('says what is missing before the week is there, and shows free slots after it', async () => {
    const { page } = manager;
    await press(page, 'Passer cette étape');
    await page.getByText('une semaine et ses motifs (étape 4)').waitFor();
    await page.goto('/mise-en-route');
    await page.getByRole('heading', { name: 'Semaine et motifs' }).waitFor();
    await press(page, 'Ajouter un motif');
    await page.getByRole('textbox', { name: 'Motif 2', exact: true }).fill('Suivi');
    await check(manager, 'set-up-week');
    await press(page, 'Enregistrer et continuer');
    await page.getByText(/^\d+ créneaux libres dans les 14 jours/).waitFor();
    await check(manager, 'set-up-preview');
  });

  it('ends in an agenda where an appointment can be booked', async () => {
    const { page } = manager;
    await page.getByRole('link', { name: 'Ouvrir l’agenda' }).click();
    await press(page, 'Nouveau rendez-vous');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Patient' }).fill('Martin');
    await dialog.getByRole('option', { name: 'Créer « Martin »' }).click();
    await dialog.getByLabel('Prénom').fill('Alice');
    await dialog.getByLabel('Date de naissance').fill('1980-05-15');
    await dialog.getByLabel(/^Date( \*)?$/).fill('2026-11-25');
    await dialog.getByLabel(/^Heure/).fill('08:30');
    await dialog.getByRole('button', { name: 'Réserver', exact: true }).click();
    await page.getByText('Rendez-vous réservé').waitFor();
    await check(manager, 'set-up-booked');
  });
});

describe('the practice', () => {
  it('opens a kind of visit to everyone, and makes one for regulators', async () => {
    const { page } = manager;
    await page.goto('/cabinet?tab=kinds');
    await press(page, 'Modifier Consultation');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Tout le monde').check();
    await dialog.getByRole('button', { name: 'Ajouter des limites' }).click();
    await dialog.getByLabel('Au moins (heures avant)').fill('2');
    await check(manager, 'cabinet-kind');
    await dialog.getByLabel('Au plus (jours à l’avance)').fill('1');
    await dialog.getByLabel('Au moins (heures avant)').fill('48');
    await dialog.getByRole('button', { name: 'Enregistrer' }).click();
    await dialog.getByText('le délai minimum atteint l’horizon').waitFor();
    await dialog.getByLabel('Au plus (jours à l’avance)').fill('30');
    await dialog.getByLabel('Au moins (heures avant)').fill('2');
    await dialog.getByRole('button', { name: 'Enregistrer' }).click();
    await page.getByRole('cell', { name: 'Tout le monde' }).waitFor();
    await press(page, 'Nouveau motif');
    await dialog.getByLabel('Nom', { exact: false }).first().fill('Urgence');
    await dialog.getByLabel('Régulateurs du SAS').check();
    await dialog.getByRole('button', { name: 'Enregistrer' }).click();
    await press(page, 'Motifs de Dr Camille Vasseur');
    await dialog.getByLabel('Urgence est proposé').check();
    await check(manager, 'cabinet-uses');
    await dialog.getByRole('button', { name: 'Enregistrer' }).click();
    await dialog.waitFor({ state: 'detached' });
    await check(manager, 'cabinet-kinds');
  });

  it('keeps an hour of the typical week for regulators, whom alone it is shown to', async () => {
    const { page } = manager;
    await page.getByRole('tab', { name: 'Semaine type' }).click();
    await press(page, 'Ajouter une plage le mercredi');
    const range = page.getByRole('group', { name: 'Mercredi, plage 3' });
    await range.getByLabel('De').fill('19:00');
    await range.getByRole('textbox', { name: 'À', exact: true }).fill('20:00');
    await range.getByText('Tous les motifs').click();
    await range.getByLabel('Urgence').check();
    await page.getByText('Plages ajoutées : 1, retirées : 0.').waitFor();
    await check(manager, 'cabinet-week');
    await press(page, 'Enregistrer la semaine');
    await page.getByText('Semaine enregistrée (+1, −0)').waitFor();
    const agenda = (await server.database.query<{ id: string }>('SELECT id FROM schedule'))[0]!.id;
    const evening = { start: '2026-11-25T19:00:00+01:00', end: '2026-11-25T20:00:00+01:00' };
    const freeFor = (audience: string): Promise<string[]> =>
      page.evaluate(
        async ([id, who, times]) => {
          const query = new URLSearchParams({ audience: who, ...times });
          const found = (await (await fetch(`/fhir/Schedule/${id}/$kinds?${query}`)).json()) as {
            parameter?: { part: Part[] }[];
          };
          return (found.parameter ?? []).flatMap(
            ({ part }: { part: { name: string; valueString?: string; valueInteger?: number }[] }) => {
              const name = part.find((each) => each.name === 'name')?.valueString;
              const count = part.find((each) => each.name === 'free-count')?.valueInteger ?? 0;
              return count > 0 ? [`${name} ${count}`] : [];
            },
          );
        },
        [agenda, audience, evening] as const,
      );
    expect(await freeFor('everyone')).toEqual([]);
    expect(await freeFor('regulators')).toEqual(['Urgence 4']);
  });

  it('has rooms, practitioners of a file, and agendas that end', async () => {
    const { page } = manager;
    const dialog = page.getByRole('dialog');
    await page.getByRole('tab', { name: 'Lieux' }).click();
    await press(page, 'Nouveau lieu');
    await dialog.getByLabel('Nature').selectOption('Salle');
    await dialog.getByLabel('Nom du lieu').fill('Salle 1');
    await dialog.getByRole('button', { name: 'Enregistrer' }).click();
    await page.getByRole('cell', { name: 'Salle 1', exact: true }).waitFor();
    await check(manager, 'cabinet-places');
    await page.getByRole('tab', { name: 'Praticiens' }).click();
    await press(page, 'Importer un fichier');
    await page.locator('input[type=file]').setInputFiles({ name: 'ps.txt', mimeType: 'text/plain', buffer: EXTRACT });
    await dialog.getByText('Nouveaux : 1. Déjà connus : 1. Refusés : 1.').waitFor();
    await check(manager, 'cabinet-import');
    await dialog.getByRole('button', { name: 'Importer 1 praticien' }).click();
    await page.getByRole('cell', { name: 'Médecine générale' }).waitFor();
    await page.getByRole('tab', { name: 'Agendas' }).click();
    await press(page, 'Nouvel agenda');
    await dialog.getByLabel('Agenda de').selectOption({ label: 'Dr Zoé LÉVÊQUE' });
    await dialog.getByRole('button', { name: 'Ouvrir l’agenda' }).click();
    await page.getByLabel('Agenda', { exact: true }).waitFor();
    await page.getByRole('tab', { name: 'Agendas' }).click();
    await press(page, 'Fermer l’agenda de Dr Camille Vasseur');
    await dialog.getByText('1 rendez-vous après cette date : à déplacer d’abord.').waitFor();
    await check(manager, 'cabinet-closing');
    await page.keyboard.press('Escape');
  });
});

/** Of an answer of `$kinds`. */
interface Part {
  name: string;
  valueString?: string;
  valueInteger?: number;
}

const EXTRACT = Buffer.from(
  [
    "Identifiant PP|Code civilité d'exercice|Nom d'exercice|Prénom d'exercice|Code savoir-faire|Libellé savoir-faire",
    '10000000001|DR|Vasseur|Camille||',
    '10000000002|DR|LÉVÊQUE|Zoé|SM54|Médecine générale',
    '|DR|SANS|Numéro||',
  ].join('\n'),
  'latin1',
);

describe('people and access', () => {
  it('a secretary is invited, and books in the same agenda on a phone', async () => {
    const { page } = manager;
    await page.goto('/cabinet');
    await press(page, 'Inviter');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Nom').fill('Sophie Delmas');
    await dialog.getByRole('button', { name: 'Inviter' }).click();
    const link = page.getByRole('link', { name: /invitation#/ });
    invitation = new URL((await link.getAttribute('href'))!).hash;
    await check(manager, 'cabinet-people');
    const secretary = await arrive(PHONE);
    await secretary.page.goto(`/invitation${invitation}`);
    await secretary.page.getByText('Sophie Delmas, vous êtes invité(e) comme').waitFor();
    await check(secretary, 'invitation');
    await press(secretary.page, 'Créer ma clé d’accès');
    await press(secretary.page, 'Commencer');
    await secretary.page.getByText('Dr Camille Vasseur').first().waitFor();
    await check(secretary, 'invited-agenda');
    expectNoFaults(secretary);
  });

  it('the invitation is not taken twice, and the last manager stays', async () => {
    const stranger = await arrive();
    await stranger.page.goto(`/invitation${invitation}`);
    await stranger.page.getByText('Cette invitation a déjà été utilisée.').waitFor();
    const { page } = manager;
    await press(page, 'Retirer Camille Vasseur');
    await page.getByRole('dialog').getByRole('button', { name: 'Retirer' }).click();
    await page.getByText('Cette personne est la seule à gérer le cabinet').waitFor();
    await check(manager, 'cabinet-last-manager');
    await page.getByRole('button', { name: 'Renoncer' }).click();
  });

  it('somebody who is withdrawn reads so at the next click', async () => {
    const { page } = manager;
    await press(page, 'Retirer Sophie Delmas');
    await page.getByRole('dialog').getByRole('button', { name: 'Retirer' }).click();
    await page.getByRole('cell', { name: 'retiré' }).waitFor();
    const secretary = contexts[1]!.pages()[0]!;
    await secretary.reload();
    await secretary.getByText('Aucune page pour vous ici').or(secretary.getByText('Page réservée')).first().waitFor();
  });

  it('the manager logs out, and in again with the passkey', async () => {
    const { page } = manager;
    await page.getByRole('button', { name: 'Camille Vasseur', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Se déconnecter' }).click();
    await press(page, 'Se connecter avec une clé d’accès');
    await page.getByRole('link', { name: 'Cabinet' }).waitFor();
    expectNoFaults(manager, /status of (404|410|422|401|403)/);
  });
});
