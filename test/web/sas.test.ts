/**
 * The page where a practitioner and the secretary decide what the SAS sees of an agenda: offers, preview, pause, quota;
 * who looked and who booked.
 */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/fhir/resource.ts';
import { call } from '../harness.ts';
import { check, DESKTOP, expectNoFaults, hasChromium, PHONE, soon, type Visitors } from './browser.ts';
import { NUMBERS, type Practice, RPPS, usePractice } from './practice.ts';

describe.skipIf(!hasChromium)('the view of the SAS', () => {
  let practice: Practice;
  let visitors: Visitors;

  usePractice((opened) => {
    ({ practice, visitors } = opened);
  });

  const offers = async (agenda: string): Promise<Json[]> =>
    (await practice.ask('GET', `Schedule/${agenda}`)).json.extension
      .filter((extension: Json) => extension.url === 'urn:creneau:fhir:slot-offer')
      .map((extension: Json) =>
        Object.fromEntries(
          extension.extension.map((part: Json) => [part.url, Object.values(part).find((value) => value !== part.url)]),
        ),
      );
  /** A search as the platform makes it: for practitioners (INT_R01), or for the CPTS (INT_R04). */
  const sas = async (practitioner: string, more = ''): Promise<Json> =>
    (
      await call(
        `${practice.url}/sas/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor${more}` +
          '&start=ge2026-11-24T00:00:00%2B01:00&start=le2026-11-26T23:59:59%2B01:00&status=free' +
          `&schedule.actor:Practitioner.identifier=${RPPS}%7C${NUMBERS[practitioner]}`,
        'GET',
      )
    ).json;
  const slots = (bundle: Json): Json[] =>
    (bundle.entry ?? [])
      .map((entry: Json) => entry.resource)
      .filter((resource: Json) => resource.resourceType === 'Slot');

  it('is set on an availability: to whom, how, for which CPTS, for how many, and where to book', async () => {
    const visitor = await visitors.come('sophie', '/agenda?agendas=leroy&view=list&day=2026-11-24');
    const { page } = visitor;
    await page.getByRole('button', { name: 'Modifier 09:00 – 17:00' }).first().click();
    expect(await page.getByRole('checkbox', { name: 'Téléconsultation' }).count()).toBe(0);
    await page.getByRole('checkbox', { name: 'Proposer ces horaires au SAS' }).check();
    await page.getByRole('checkbox', { name: 'CPTS' }).check();
    await page.getByRole('checkbox', { name: 'téléconsultation' }).check();
    await page.getByRole('combobox', { name: 'Ajouter une CPTS' }).fill('non pro');
    await page.getByRole('option', { name: 'Soins non programmés, CPTS du Port' }).click();
    await page.getByLabel('Venue').selectOption('sans rendez-vous');
    await page.getByLabel('Places par créneau').fill('2');
    await page.getByLabel('Quota par jour').fill('5');
    await page.getByLabel('Précision donnée au régulateur').fill('Sutures possibles');
    await page.getByLabel('Adresse de réservation').fill('agenda.example');
    await check(visitor, 'disponibilite-sas-ordinateur');
    await page.getByRole('button', { name: 'Enregistrer' }).click();
    await page.getByText('« bookingUrl » est une adresse entière').waitFor();
    await page.getByLabel('Adresse de réservation').fill('https://agenda.example/rdv?cabinet=3');
    await page.getByRole('button', { name: 'Enregistrer' }).click();
    await page.getByText('Horaires modifiés').waitFor();
    expect(await offers('leroy')).toEqual([
      {
        availability: 'leroy-jour',
        visibility: 'CPTS',
        mode: 'VR',
        appointmentType: 'WALKIN',
        reason: 'Sutures possibles',
        cpts: { reference: 'HealthcareService/cpts', display: 'Soins non programmés, CPTS du Port' },
        capacity: 2,
        dailyQuota: 5,
        bookingUrl: 'https://agenda.example/rdv?cabinet=3',
      },
    ]);
    const seen = slots(await sas('leroy', '&_include=Slot:service-type-reference'));
    expect(seen.length).toBeGreaterThan(0);
    expect([seen[0].comment, seen[0].appointmentType.coding[0].code]).toEqual([
      expect.stringContaining('https://agenda.example/rdv?cabinet=3'),
      'WALKIN',
    ]);
    // The form shows it all again; without the offer, the SAS gets nothing.
    await page.getByRole('button', { name: 'Modifier 09:00 – 17:00' }).first().click();
    await soon(() => page.getByLabel('Places par créneau').inputValue()).toBe('2');
    expect(await page.getByRole('button', { name: 'Retirer Soins non programmés, CPTS du Port' }).count()).toBe(1);
    await page.getByRole('checkbox', { name: 'Proposer ces horaires au SAS' }).uncheck();
    await page.getByRole('button', { name: 'Enregistrer' }).click();
    await soon(() => offers('leroy')).toEqual([]);
    // The dialog closes after the notice is shown: until then the last notice is the one of the first change.
    await soon(() => page.getByRole('dialog').count()).toBe(0);
    await page.getByRole('button', { name: 'Annuler cette action' }).last().click();
    await soon(async () => (await offers('leroy')).length).toBe(1);
    expectNoFaults(visitor, /422/);
  });

  it('is previewed for each kind of search, with a reason for each withheld slot; quota and pause count', async () => {
    const visitor = await visitors.come('camille', '/visibilite');
    const { page } = visitor;
    await page.getByRole('heading', { name: /créneaux transmis/ }).waitFor();
    await check(visitor, 'visibilite-ordinateur');
    await page.getByRole('button', { name: /Modifier l’offre/ }).click();
    await page.getByRole('checkbox', { name: /08:30 – 12:00/ }).check();
    await page.getByRole('checkbox', { name: 'téléconsultation' }).check();
    await page.getByLabel('Quota par jour (vide : sans limite)').fill('4');
    await check(visitor, 'offre-ordinateur');
    await page.getByRole('button', { name: 'Enregistrer' }).click();
    await page.getByText('Offre enregistrée').waitFor();
    await page.getByText('Aucune offre ne donne ce créneau au SAS.').first().waitFor();
    await page.getByText('Le quota du jour est atteint.').first().waitFor();
    expect(await offers('vasseur')).toMatchObject([{ availability: 'matin', mode: 'VR', dailyQuota: 4 }]);
    // Four on each of three days; the platform gets as many.
    await page.getByRole('heading', { name: '12 créneaux transmis' }).waitFor();
    expect(slots(await sas('vasseur')).length).toBe(12);
    await page.getByRole('switch', { name: 'Suspendre la transmission au SAS' }).click();
    await page.getByText('En pause : rien de cet agenda').waitFor();
    await page.getByText("L'agenda est en pause pour le SAS.").first().waitFor();
    expect(slots(await sas('vasseur'))).toEqual([]);
    await page.setViewportSize(PHONE);
    await check(visitor, 'visibilite-telephone');
    await page.setViewportSize(DESKTOP);
    await page.getByRole('switch', { name: 'Suspendre la transmission au SAS' }).click();
    await page.getByText('Transmission rétablie').waitFor();
    await page.getByRole('heading', { name: '12 créneaux transmis' }).waitFor();
    expectNoFaults(visitor);
  });

  it('names those who looked and those who booked', async () => {
    expect(slots(await sas('vasseur')).length).toBeGreaterThan(0);
    await soon(
      async () => (await practice.ask('GET', 'AuditEvent?entity=Schedule/vasseur&subtype=sas-search-PS')).json.total,
    ).toBeGreaterThan(0);
    const id = await practice.book('vasseur', '2026-11-25T09:00:00+01:00', '2026-11-25T09:15:00+01:00');
    const { json } = await practice.ask('GET', `Appointment/${id}`);
    await practice.ask('PUT', `Appointment/${id}`, {
      ...json,
      extension: [
        {
          url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-appointment-operator',
          valueReference: {
            display: 'Régulatrice Un',
            identifier: { system: 'urn:oid:1.2.250.1.213.3.6', value: 'r-1' },
          },
        },
      ],
    });
    const visitor = await visitors.come('camille', '/visibilite');
    const { page } = visitor;
    const consulted = page.getByRole('region', { name: 'Qui a consulté' });
    await consulted.getByRole('cell', { name: 'Recherche de créneaux (Praticiens)' }).first().waitFor();
    await page
      .getByRole('region', { name: 'Qui a réservé depuis le SAS' })
      .getByRole('row', { name: /mercredi 25 novembre 2026, 09:00.*Régulatrice Un.*Réservé/ })
      .waitFor();
    await check(visitor, 'visibilite-traces-ordinateur');
    expectNoFaults(visitor);
  });

  it('cannot be edited by people without the right; CPTS slots appear in the CPTS search only', async () => {
    const { json } = await practice.ask('GET', 'Schedule/payet');
    const offer = {
      url: 'urn:creneau:fhir:slot-offer',
      extension: [
        { url: 'visibility', valueCode: 'CPTS' },
        { url: 'mode', valueCode: 'AMB' },
        { url: 'cpts', valueReference: { reference: 'HealthcareService/cpts' } },
      ],
    };
    await practice.ask('PUT', 'Schedule/payet', { ...json, extension: [...json.extension, offer] });
    const visitor = await visitors.come('camille', '/visibilite?agenda=payet');
    await visitor.page.getByText('Soins non programmés, CPTS du Port').waitFor();
    await visitor.page.getByRole('heading', { name: '0 créneau transmis' }).waitFor();
    await visitor.page.getByText('Ce créneau est offert, mais pas par cette porte.').first().waitFor();
    await visitor.page.getByRole('radiogroup', { name: 'Vu depuis' }).getByText('CPTS', { exact: true }).click();
    // In Réunion today is over; each of the next two days has twelve.
    await visitor.page.getByRole('heading', { name: '24 créneaux transmis' }).waitFor();
    await visitor.page.getByText('Vous pouvez consulter ces réglages, pas les modifier.').waitFor();
    expect(await visitor.page.getByRole('button', { name: 'Nouvelle offre' }).count()).toBe(0);
    expect(await visitor.page.getByRole('switch').isDisabled()).toBe(true);
    expectNoFaults(visitor);
  });
});
