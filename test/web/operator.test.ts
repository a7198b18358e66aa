/**
 * Journeys of operators: editors and their health, messages and their replay, activity, certificates; the validator;
 * the pages that a role does not see.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DAY, makeAuthority, makeCertificate } from '../../src/runtime/tls/pki.ts';
import { AMQP, appointment, until } from '../amqp.ts';
import { NOW } from '../harness.ts';
import { check, DESKTOP, expectNoFaults, hasChromium, PHONE, type Visitor, Visitors } from './browser.ts';
import { openRegion, REGULATOR, type Region } from './region.ts';

describe.skipIf(!hasChromium)('an operator', () => {
  const folder = mkdtempSync(join(tmpdir(), 'creneau-operator-'));
  let region: Region;
  let visitors: Visitors;

  beforeAll(async () => {
    region = await openRegion(await certificates(folder));
    visitors = new Visitors(() => region.platform.url);
    await region.platform.database.query(
      `INSERT INTO partner_health (partner, at, answers, failures, delay_sum, delay_max)
       VALUES ${history().join(', ')}`,
    );
  });
  afterEach(() => visitors.leave());
  afterAll(async () => {
    await visitors.close();
    await region.close();
    rmSync(folder, { recursive: true });
  });

  const onPhone = async (visitor: Visitor, name: string): Promise<void> => {
    await visitor.page.setViewportSize(PHONE);
    await check(visitor, name);
    await visitor.page.setViewportSize(DESKTOP);
  };
  /** Makes something to see for the page that is opened next. */
  const failed = (operation: string, name: string, count: number): Promise<void> =>
    until(
      `${count} failed`,
      async () =>
        ((await region.ask('GET', `${operation}?state=failed`)).json.parameter ?? []).filter(
          (parameter: { name: string }) => parameter.name === name,
        ).length === count,
    );
  const cells = (visitor: Visitor, region: string, row: string): Promise<string[]> =>
    visitor.page
      .getByRole('region', { name: region })
      .getByRole('row', { name: new RegExp(`^${row}`) })
      .getByRole('cell')
      .allTextContents();

  it('sees the editors, their health now and their delays and failures over time', async () => {
    const visitor = await visitors.come('marc', '/supervision');
    const { page } = visitor;
    const failures = page.getByRole('figure', { name: 'Échecs, par quart d’heure' });
    await failures.locator('.recharts-line').first().waitFor();
    expect(await cells(visitor, 'Éditeurs', 'Éditeur lent')).toEqual([
      'Éditeur lent',
      'en service',
      '96',
      '24',
      '2000 ms',
      '4000 ms',
    ]);
    expect(await cells(visitor, 'Éditeurs', 'Éditeur en panne')).toEqual([
      'Éditeur en panne',
      'en service',
      '0',
      '0',
      '–',
      '–',
    ]);
    // An editor that nobody asked has no line.
    expect(await failures.locator('.recharts-legend-item').allTextContents()).toEqual([
      'Créneau',
      'Grand éditeur',
      'Éditeur lent',
    ]);
    await check(visitor, 'supervision-editeurs-ordinateur');
    await onPhone(visitor, 'supervision-editeurs-telephone');
    // The same figures, for people who do not see the chart.
    await page.getByLabel('Période').selectOption('1 heure');
    await page.getByText('Chiffres : Échecs, par tranche de 5 minutes').click();
    const table = page.getByRole('region', { name: 'Échecs, par tranche de 5 minutes' });
    expect(await table.getByRole('columnheader').allTextContents()).toEqual([
      'Du',
      'Éditeur lent',
      'Créneau',
      'Grand éditeur',
    ]);
    expect(await table.getByRole('row').count()).toBe(1 + 5);
    expect(await table.getByRole('row').last().getByRole('cell').allTextContents()).toEqual([
      expect.stringMatching(/24\/11\/2026 10:00/),
      '1',
      '0',
      '0',
    ]);
    await check(visitor, 'supervision-chiffres-ordinateur');
    await page.getByLabel('Courbes de').selectOption('Éditeur lent');
    await page.getByLabel('Période').selectOption('30 jours');
    const month = page.getByRole('figure', { name: 'Échecs, par tranche de 6 heures' });
    await month.waitFor();
    expect(await month.locator('.recharts-legend-item').allTextContents()).toEqual(['Éditeur lent']);
    expectNoFaults(visitor);
  });

  it('sees the messages that an editor has refused, and sends them again', async () => {
    region.accounts.status = 403;
    // The regulator logs in, and her account goes to all editors.
    await visitors.come('ines', '/');
    await failed('$outbox', 'item', 1);
    const visitor = await visitors.come('marc', '/supervision?tab=outbox');
    const { page } = visitor;
    const refused = page.getByRole('region', { name: 'Messages' }).getByRole('row', { name: /Grand éditeur refusé/ });
    await refused.waitFor();
    expect(await refused.getByRole('cell').allTextContents()).toEqual([
      expect.any(String),
      'Grand éditeur',
      'refusé',
      '1',
      'Grand éditeur answered 403',
      'Renvoyer',
    ]);
    expect(await cells(visitor, 'Destinations', 'Grand éditeur')).toEqual([
      'Grand éditeur',
      '0',
      '1',
      '0',
      'Tout renvoyer',
    ]);
    await check(visitor, 'supervision-messages-ordinateur');
    await onPhone(visitor, 'supervision-messages-telephone');
    region.accounts.status = 201;
    await refused.getByRole('button', { name: /^Renvoyer le message \d+$/ }).press('Enter');
    await page.getByText('1 message remis en route').waitFor();
    await page
      .getByRole('region', { name: 'Messages' })
      .getByRole('row', { name: /Grand éditeur remis/ })
      .waitFor();
    expect(await cells(visitor, 'Destinations', 'Grand éditeur')).toEqual(['Grand éditeur', '0', '0', '1', '']);
    await page.getByLabel('État').selectOption('refusé');
    await page.getByText('Aucun message.').waitFor();
    expectNoFaults(visitor);
  });

  it.skipIf(AMQP === undefined)('sees what the dispatch software has refused, and sends it again', async () => {
    await region.dispatch('refuse');
    expect((await region.ask('POST', 'Appointment', appointment(REGULATOR))).status).toBe(201);
    await failed('$hub-messages', 'message', 2);
    const visitor = await visitors.come('marc', '/supervision?tab=hub');
    const { page } = visitor;
    const row = page.getByRole('row', { name: /rendez-vous modifié refusé 409 CONFLICT refused on demand Renvoyer/ });
    await row.waitFor();
    await check(visitor, 'supervision-hub-ordinateur');
    await onPhone(visitor, 'supervision-hub-telephone');
    await region.dispatch('acknowledge');
    await row.getByRole('button').press('Enter');
    await page.getByText('1 message remis en route').waitFor();
    await page.getByRole('row', { name: /acquitté/ }).waitFor();
    await page.getByLabel('État').selectOption('acquitté');
    await expect.poll(() => page.getByRole('row', { name: /refusé/ }).count(), { timeout: 15_000 }).toBe(0);
    expectNoFaults(visitor);
  });

  it('sees the activity by day and editor, and downloads it as CSV', async () => {
    for (const [day, caller] of [
      ['2026-12-01', 'a'],
      ['2026-12-01', 'b'],
      ['2026-12-02', 'c'],
    ] as const)
      await region.ask(
        'POST',
        'Appointment',
        appointment(REGULATOR, {
          start: `${day}T09:00:00+01:00`,
          end: `${day}T09:15:00+01:00`,
          identifier: [{ system: 'urn:oid:1.2.3', value: caller }],
        }),
      );
    const visitor = await visitors.come('marc', '/supervision?tab=activity');
    const { page } = visitor;
    await page.getByRole('cell', { name: 'mar. 1 déc.' }).waitFor();
    const before = AMQP === undefined ? 0 : 1;
    expect(await cells(visitor, 'Rendez-vous déclarés, par jour et par éditeur', 'mar. 1 déc.')).toEqual([
      'mar. 1 déc.',
      String(before + 2),
    ]);
    expect(await page.getByRole('figure').locator('.recharts-bar-rectangle path').count()).toBe(2);
    await check(visitor, 'supervision-activite-ordinateur');
    await onPhone(visitor, 'supervision-activite-telephone');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Télécharger en CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('activite-2026-11-10-2026-12-08.csv');
    expect(readFileSync(await download.path(), 'utf8').split('\r\n')).toEqual([
      'jour;éditeur;statut;catégorie;rendez-vous',
      `2026-12-01;Créneau;booked;;${before + 2}`,
      '2026-12-02;Créneau;booked;;1',
      '',
    ]);
    await page.getByLabel('Au', { exact: true }).fill('2026-11-01');
    await page.getByRole('alert').getByText('« to » précède « from ».').waitFor();
    expectNoFaults(visitor, /400 \(Bad Request\)/);
  });

  it('sees the certificates that end soon, and the versions that run', async () => {
    const visitor = await visitors.come('marc', '/supervision');
    const { page } = visitor;
    await page.getByRole('tab', { name: 'Éditeurs' }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('region', { name: 'Certificats' }).waitFor();
    const rows = page.getByRole('region', { name: 'Certificats' }).getByRole('row');
    expect((await rows.allTextContents()).slice(1)).toEqual([
      expect.stringMatching(/CN=Ancienne autoritéautorité des éditeurs.*expiré$/),
      expect.stringMatching(/CN=plateformecertificat présenté aux éditeurs.* 12 jours$/),
      expect.stringMatching(/CN=Autoritéautorité des éditeurs.* 400 jours$/),
    ]);
    expect(await cells(visitor, 'Versions', 'Créneau')).toEqual(['Créneau', expect.stringMatching(/^\d+\.\d+\.\d+/)]);
    await check(visitor, 'supervision-serveur-ordinateur');
    await onPhone(visitor, 'supervision-serveur-telephone');
    // The agenda server shows its own part of it.
    await page.goto(`${region.editor.url}/`);
    await page.getByRole('button', { name: /Marc Aubert/ }).click();
    await page.getByRole('tab', { name: 'Serveur' }).click();
    await page.getByText('Ce serveur n’utilise aucun certificat.').waitFor();
    const tabs = ['Messages à remettre', 'Chevauchements', 'Serveur'];
    expect(await page.getByRole('tab').allTextContents()).toEqual(tabs);
    await check(visitor, 'supervision-agenda-ordinateur');
    await page.getByRole('tab', { name: 'Chevauchements' }).click();
    await page.getByText(/occupent une personne, une salle ou un appareil en même temps/).waitFor();
    await check(visitor, 'supervision-chevauchements-ordinateur');
    expectNoFaults(visitor);
  });

  it('does not see the pages of other roles, nor they those of the operator', async () => {
    const operator = await visitors.come('marc', '/recherche');
    await operator.page.getByRole('heading', { name: 'Page réservée' }).waitFor();
    expect(await operator.page.getByRole('navigation').getByRole('link').allTextContents()).toEqual([
      'Rendez-vous déclarés',
      'Supervision',
      'Validateur',
    ]);
    await check(operator, 'page-refusee-ordinateur');
    expectNoFaults(operator);
    const regulator = await visitors.come('ines', '/supervision');
    await regulator.page.getByRole('heading', { name: 'Page réservée' }).waitFor();
    await onPhone(regulator, 'page-refusee-telephone');
    // The server refuses direct requests as well.
    const { status } = (await regulator.page.evaluate(`fetch('/fhir/$outbox').then(({ status }) => ({ status }))`)) as {
      status: number;
    };
    expect(status).toBe(403);
    expectNoFaults(regulator, /403 \(Forbidden\)/);
  });

  it.each(['marc', 'ines'])(
    'has a resource checked, as %s: pasted, dropped, chosen; the faulty lines marked',
    async (person) => {
      const visitor = await visitors.come(person, '/validateur');
      const { page } = visitor;
      const field = page.getByLabel('Ressource ou Bundle FHIR (JSON ou XML)');
      const report = page.getByRole('region', { name: 'Compte rendu' });
      const checkIt = () => page.getByRole('button', { name: 'Vérifier' }).click();
      const appointment = {
        resourceType: 'Appointment',
        status: 'bookedd',
        participant: [{ status: 'accepted' }, { actor: { reference: 'Patient/1' } }],
      };
      await field.fill(JSON.stringify(appointment, undefined, 2));
      await checkIt();
      await report.getByRole('heading', { name: '2 erreurs' }).waitFor();
      expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Compte rendu');
      expect(
        await report
          .locator('.marked .bad')
          .evaluateAll((cells) => cells.map((cell) => cell.textContent!.trim().replace(/\s+/g, ' ').slice(0, 22))),
      ).toEqual(['3 "status": "bookedd",', '8 { Appointment.partic']);
      await report.getByRole('link', { name: 'ligne 8' }).click();
      if (person === 'ines') {
        await check(visitor, 'validateur-ordinateur');
        await onPhone(visitor, 'validateur-telephone');
      }

      // A Bundle from a dropped file, then from a chosen one.
      const bundle = JSON.stringify(
        {
          resourceType: 'Bundle',
          type: 'collection',
          entry: [
            {
              resource: {
                resourceType: 'Slot',
                status: 'free',
                schedule: { reference: 'Schedule/a' },
                start: '2026-11-25T09:00:00+01:00',
                end: 'demain',
              },
            },
          ],
        },
        undefined,
        1,
      );
      const transfer = await page.evaluateHandle(
        `(() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([${JSON.stringify(bundle)}], 'bundle.json'));
          return transfer;
        })()`,
      );
      await page.locator('form').dispatchEvent('drop', { dataTransfer: transfer });
      await checkIt();
      await report.getByRole('heading', { name: '1 erreur' }).waitFor();
      expect(await report.locator('.fault').textContent()).toMatch(
        /^Erreur ligne 13 : .*end.*Bundle\.entry\[0\]\.resource\.end$/,
      );
      await page.getByLabel('Ou choisissez un fichier').setInputFiles({
        name: 'slot.xml',
        mimeType: 'application/xml',
        buffer: Buffer.from(
          [
            '<Slot xmlns="http://hl7.org/fhir">',
            ' <schedule><reference value="Schedule/a"/></schedule>',
            ' <status value="free"/>',
            ' <start value="2026-11-25T09:00:00+01:00"/>',
            ' <end value="2026-11-25T09:15:00+01:00"/>',
            '</Slot>',
          ].join('\n'),
        ),
      });
      await checkIt();
      await report.getByRole('heading', { name: 'Aucune erreur' }).waitFor();
      // Valid R4, but not valid against the chosen profile.
      await page.getByLabel('Profil').selectOption('gap-fr-slot (interop.esante.gouv.fr/ig/fhir/gap)');
      await checkIt();
      await report.getByRole('heading', { name: /erreurs?/ }).waitFor();
      expect(new URL(page.url()).searchParams.get('profile')).toBe(
        'https://interop.esante.gouv.fr/ig/fhir/gap/StructureDefinition/gap-fr-slot',
      );
      // A text that is not a resource.
      await field.fill('سلام 🦊');
      await checkIt();
      await page.getByText('Ce texte n’est pas une ressource FHIR').waitFor();
      await field.fill('{"resourceType": "Slot",\n "status": }');
      await checkIt();
      await report.getByRole('link', { name: 'ligne 2' }).waitFor();
      expectNoFaults(visitor, /400 \(Bad Request\)/);
    },
  );
});

/** A day of quarters of an hour. */
function history(): string[] {
  const at = (i: number): string => `'${new Date(NOW - i * 900_000).toISOString()}'`;
  return Array.from({ length: 96 }, (_, i) => [
    `('creneau', ${at(i)}, 2, 0, ${2 * (150 + 40 * (i % 5))}, 400)`,
    `('grand', ${at(i)}, 2, 0, ${2 * (700 + 100 * (i % 7))}, 1500)`,
    `('lent', ${at(i)}, 1, ${i % 4 === 0 ? 1 : 0}, ${1000 + 2000 * (i % 2)}, 4000)`,
  ]).flat();
}

/** A certificate that ends soon, one that has ended, one that is valid for long. */
async function certificates(folder: string): Promise<{ partnerCert: string; partnerKey: string; partnerCa: string }> {
  const until = (days: number) => ({ from: NOW - 500 * DAY, to: NOW + days * DAY + DAY / 2 });
  const [authority, former] = await Promise.all([
    makeAuthority('Autorité', until(400)),
    makeAuthority('Ancienne autorité', until(-2)),
  ]);
  const { certificate, key } = await makeCertificate(authority, { commonName: 'plateforme' }, until(12));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    partnerCert: write('cert.pem', certificate),
    partnerKey: write('key.pem', key),
    partnerCa: write('ca.pem', authority.certificate + former.certificate),
  };
}
