/**
 * The decisions of a manager about days, in « Cabinet »: public holidays by the keyboard, school holidays as a season,
 * the practice itself, and the warning that kinds take an agenda away from the SAS.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgendaServer, startAgenda } from '../../src/cli/servers/agenda.ts';
import { demoIdentity } from '../../src/rest/access/people.ts';
import { duration, offer, timezone, weekly } from '../../src/demo/shapes.ts';
import type { Json } from '../../src/fhir/resource.ts';
import { call, NOW, testConfig } from '../harness.ts';
import { check, expectNoFaults, hasChromium, Visitors } from './browser.ts';
import { focused, tabTo } from './keyboard.ts';

describe.skipIf(!hasChromium)('the days of a practice', () => {
  let server: AgendaServer;
  let visitors: Visitors;
  const clock = { now: NOW };

  const store = async (resource: Json): Promise<void> => {
    const reply = await call(`${server.url}/fhir/${resource.resourceType}/${resource.id}`, 'PUT', resource);
    expect([200, 201], reply.text).toContain(reply.status);
  };

  beforeAll(async () => {
    server = await startAgenda(
      testConfig(undefined, { demoLogin: true, smtpUrl: 'smtp://127.0.0.1:9' }),
      () => clock.now,
    );
    server.people.introduce([
      {
        person: {
          ...{ id: 'manager', roles: ['practice-manager'], description: 'Essai' },
          identity: demoIdentity('manager', 'Mme Garance Roy'),
        },
        rights: {
          name: 'Mme Garance Roy',
          subject: 'demo:manager',
          roles: ['practice-manager'],
          practices: ['Organization/cabinet'],
          agendas: [],
          places: [],
        },
      },
    ]);
    for (const resource of RESOURCES) await store(resource);
    visitors = new Visitors(() => server.url);
  });
  afterEach(() => visitors.leave());
  afterAll(async () => {
    await visitors.close();
    await server.close();
  });

  it('closes on public holidays, by the keyboard, and sees whom that hits', async () => {
    const visitor = await visitors.come('manager', '/cabinet?tab=holidays');
    const { page } = visitor;
    await page.getByRole('heading', { name: '0 rendez-vous' }).or(page.getByText('Vendredi saint')).first().waitFor();
    expect(await page.getByText('Selon le code postal du lieu : Alsace et Moselle').count()).toBe(1);
    await tabTo(page, 'Tous les jours fériés');
    await page.keyboard.press('F');
    await tabTo(page, 'Saint-Étienne, samedi 26 décembre 2026');
    await page.keyboard.press('O');
    await tabTo(page, 'En 2026 seulement : Saint-Étienne');
    await page.keyboard.press('Space');
    await tabTo(page, 'Enregistrer les jours fériés');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '1 rendez-vous un jour férié fermé' }).waitFor();
    await page.getByRole('link', { name: /MARTIN.*vendredi 25 décembre 2026/ }).waitFor();
    await check(visitor, 'cabinet-holidays');
    const { json } = await call(`${server.url}/fhir/Organization/cabinet`, 'GET');
    const [{ extension }] = json.extension.filter(({ url }: Json) => url === 'urn:creneau:fhir:holidays');
    expect(extension).toEqual([
      { url: 'state', valueCode: 'closed' },
      {
        url: 'day',
        extension: [
          { url: 'date', valueDate: '2026-12-26' },
          { url: 'state', valueCode: 'open' },
        ],
      },
    ]);
    expectNoFaults(visitor);
  });

  it('names the holiday in the agenda, and leads from the appointment to it', async () => {
    const visitor = await visitors.come('manager', '/cabinet?tab=holidays');
    const { page } = visitor;
    await page.getByRole('link', { name: /MARTIN.*vendredi 25 décembre 2026/ }).click();
    await page.getByText('Jour férié : Noël, vendredi 25 décembre 2026 (fermé)').waitFor();
    await page.getByText('Jour férié : Saint-Étienne, samedi 26 décembre 2026 (ouvert)').waitFor();
    await page.getByText('À traiter : 1 rendez-vous dans une fermeture').waitFor();
    await check(visitor, 'agenda-holiday');
    expectNoFaults(visitor);
  });

  it('takes school holidays as the season of a week', async () => {
    const visitor = await visitors.come('manager', '/cabinet?tab=week');
    const { page } = visitor;
    await page.getByText('Noël, vendredi 25 décembre 2026 : Fermé').waitFor();
    expect(await page.getByLabel('Zone de vacances scolaires').inputValue()).toBe('B');
    await page
      .getByLabel('Pendant les vacances scolaires')
      .selectOption({ label: 'Hiver 2027 (sam. 20 févr. – dim. 7 mars)' });
    expect(await page.getByLabel('À partir du').inputValue()).toBe('2027-02-20');
    expect(await page.getByLabel('Jusqu’au').inputValue()).toBe('2027-03-07');
    await page.getByLabel('Zone de vacances scolaires').selectOption({ label: 'Corse' });
    await page.getByText('Aucune date connue pour cette zone').waitFor();
    await check(visitor, 'cabinet-school');
    await page.getByRole('button', { name: 'Changer les jours fériés' }).click();
    await page.getByLabel('Tous les jours fériés').waitFor();
    expectNoFaults(visitor);
  });

  it('changes the practice itself', async () => {
    const visitor = await visitors.come('manager', '/cabinet?tab=places');
    const { page } = visitor;
    await page.getByRole('button', { name: 'Modifier le cabinet' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Téléphone').fill('0388000000');
    await dialog.getByLabel('FINESS ou SIRET').fill('670000025');
    await dialog.getByLabel('Commune').fill('Strasbourg');
    await check(visitor, 'cabinet-practice');
    await dialog.getByRole('button', { name: 'Enregistrer' }).click();
    await page.getByText('670000025 · 0388000000').waitFor();
    const { json } = await call(`${server.url}/fhir/Organization/cabinet`, 'GET');
    expect(json.identifier).toEqual([{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1670000025' }]);
    expect(json.extension).toHaveLength(1);
    expectNoFaults(visitor);
  });

  it('is warned before kinds take an agenda away from the SAS', async () => {
    const visitor = await visitors.come('manager', '/cabinet?tab=kinds');
    const { page } = visitor;
    await page.getByRole('button', { name: 'Motifs de DR Camille Vasseur' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Le SAS ne montre cet agenda qu’avec des motifs ouverts').waitFor();
    await dialog.getByText('cochez, sous « Qui peut réserver » : « Tout le monde »').waitFor();
    await check(visitor, 'cabinet-kinds-sas');
    expectNoFaults(visitor);
  });

  it('says who replaces a practitioner, and invites the locum for these days', async () => {
    const visitor = await visitors.come('manager', '/cabinet?tab=agendas');
    const { page } = visitor;
    await page.getByRole('button', { name: 'Remplacement de DR Camille Vasseur' }).click();
    const dialog = page.getByRole('dialog');
    await tabTo(page, 'Remplaçant');
    await dialog.getByLabel('Premier jour').fill('2026-12-21');
    await dialog.getByLabel('Dernier jour').fill('2026-12-31');
    await check(visitor, 'cabinet-replacement');
    await tabTo(page, 'Enregistrer le remplacement');
    await page.keyboard.press('Enter');
    await dialog.getByRole('link', { name: /invitation#/ }).waitFor();
    await dialog.getByText('Du lundi 21 décembre 2026 au jeudi 31 décembre 2026, DR Awa Diallo remplace').waitFor();
    await page.goto('/agenda?day=2026-12-25');
    await page.getByText('DR Awa Diallo remplace DR Camille Vasseur').waitFor();
    await page.locator('.appt[data-id="noel"]').click();
    await dialog.getByText('DR Awa Diallo, en remplacement de DR Camille Vasseur').waitFor();
    await check(visitor, 'appointment-replacement');
    expectNoFaults(visitor);
  });

  it('lists whom a mail has not reached, and sends it again by the keyboard', async () => {
    const refused = `UPDATE outbox SET failed_at = clock_timestamp() WHERE destination = 'mail' RETURNING id`;
    expect(await server.database.query(refused)).not.toEqual([]);
    const visitor = await visitors.come('manager', '/agenda?day=2026-12-25');
    const { page } = visitor;
    await page.getByText('À traiter : 1 patient n’a pas reçu son courriel').waitFor();
    await page.getByText('alice@exemple.invalid').waitFor();
    await check(visitor, 'agenda-undelivered');
    await tabTo(page, 'Renvoyer les courriels');
    await page.keyboard.press('Enter');
    await page.getByText('À traiter : 1 patient n’a pas reçu son courriel').waitFor({ state: 'detached' });
    expectNoFaults(visitor);
  });

  it('gives the focus back to the appointment that a mouse has opened', async () => {
    const visitor = await visitors.come('manager', '/agenda?day=2026-12-25');
    const { page } = visitor;
    await page.locator('.appt[data-id="noel"]').click();
    await page
      .getByRole('dialog')
      .getByRole('heading', { name: /MARTIN/ })
      .waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(async () => (await focused(page)).name).toContain('MARTIN');
    expectNoFaults(visitor);
  });
});

const ORGANIZATION = { reference: 'Organization/cabinet' };

/** A practice in Strasbourg, whose practitioner has an appointment on Christmas day. */
const RESOURCES: Json[] = [
  {
    ...{ resourceType: 'Organization', id: 'cabinet', name: 'Cabinet du Quai' },
    identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1670000017' }],
  },
  {
    ...{ resourceType: 'Location', id: 'cabinet', name: 'Cabinet du Quai', managingOrganization: ORGANIZATION },
    address: { line: ['1 quai'], postalCode: '67000', city: 'Strasbourg' },
    extension: [timezone('Europe/Paris')],
  },
  { resourceType: 'Practitioner', id: 'vasseur', name: [{ family: 'Vasseur', given: ['Camille'], prefix: ['DR'] }] },
  {
    ...{ resourceType: 'PractitionerRole', id: 'vasseur', organization: ORGANIZATION },
    practitioner: { reference: 'Practitioner/vasseur' },
    location: [{ reference: 'Location/cabinet' }],
  },
  {
    ...{ resourceType: 'Schedule', id: 'vasseur', active: true },
    actor: [{ reference: 'Practitioner/vasseur' }, { reference: 'PractitionerRole/vasseur' }],
    extension: [
      duration('Consultation', 15),
      offer({ visibility: ['PUBLIC'], mode: ['AMB'] }),
      weekly({
        id: 'matin',
        days: ['MO', 'TU', 'WE', 'TH', 'FR'],
        from: '08:00',
        to: '12:00',
        first: '2026-11-02',
        offset: '+01:00',
      }),
    ],
  },
  { resourceType: 'Practitioner', id: 'diallo', name: [{ family: 'Diallo', given: ['Awa'], prefix: ['DR'] }] },
  {
    ...{ resourceType: 'PractitionerRole', id: 'diallo', organization: ORGANIZATION },
    practitioner: { reference: 'Practitioner/diallo' },
    location: [{ reference: 'Location/cabinet' }],
  },
  {
    ...{
      resourceType: 'Patient',
      id: 'alice',
      name: [{ family: 'Martin', given: ['Alice'] }],
      birthDate: '1980-05-15',
    },
    telecom: [
      {
        ...{ system: 'email', value: 'alice@exemple.invalid' },
        extension: [{ url: 'urn:creneau:fhir:notify', valueBoolean: true }],
      },
    ],
  },
  {
    ...{ resourceType: 'Appointment', id: 'noel', status: 'booked' },
    ...{ start: '2026-12-25T08:00:00+01:00', end: '2026-12-25T08:15:00+01:00' },
    participant: [
      { actor: { reference: 'PractitionerRole/vasseur' }, status: 'accepted' },
      { actor: { reference: 'Practitioner/vasseur' }, status: 'accepted' },
      { actor: { reference: 'Patient/alice' }, status: 'accepted' },
    ],
  },
];
