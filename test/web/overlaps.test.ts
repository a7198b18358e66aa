/** The journey of an operator to the appointments that occupy somebody twice: what is listed, and why. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoIdentity } from '../../src/rest/access/people.ts';
import type { Json } from '../../src/fhir/resource.ts';
import { startTestServer, type TestServer } from '../harness.ts';
import { appointment, OVERBOOKING, practitioner, schedule, slotOf } from '../shared-agendas.ts';
import { check, DESKTOP, expectNoFaults, hasChromium, PHONE, Visitors } from './browser.ts';

describe.skipIf(!hasChromium)('an operator of an agenda server', () => {
  let test: TestServer;
  let visitors: Visitors;

  beforeAll(async () => {
    test = await startTestServer({ demoLogin: true });
    const identity = demoIdentity('marc', 'Marc Aubert');
    test.server.people.introduce([
      {
        person: { id: 'marc', roles: ['operator'], description: 'Surveille', identity },
        rights: { name: identity.name, subject: identity.subject, roles: ['operator'], agendas: [], places: [] },
      },
    ]);
    visitors = new Visitors(() => test.server.url);
    for (const resource of [
      ...['anna', 'bruno'].map(practitioner),
      schedule('both', ['Practitioner/anna', 'Practitioner/bruno']),
      schedule('bruno', ['Practitioner/bruno']),
    ])
      expect((await test.request('PUT', `${resource.resourceType}/${resource.id}`, resource)).status).toBe(201);
  });
  afterAll(async () => {
    await visitors.close();
    await test.close();
  });

  const book = async (agenda: string, slot: number, more: Json = {}): Promise<string | undefined> => {
    const { status, json } = await test.request('POST', 'Appointment', {
      ...appointment(slot, [], more),
      slot: [{ reference: `Slot/${slotOf(agenda, slot)}` }],
      participant: [{ actor: { display: 'quelqu’un' }, status: 'accepted' }],
    });
    return status === 201 ? json.id : undefined;
  };

  /** As an older program left them, which occupied nobody on an agenda of two: nobody was asked. */
  const found = async (slot: number): Promise<[string, string]> => {
    const first = (await book('both', slot))!;
    for (;;) {
      await test.sql(`UPDATE agenda SET keys = ARRAY['Schedule/both'], key_rule = 0 WHERE schedule = 'both'`);
      await test.sql(`DELETE FROM busy WHERE schedule = 'both' AND resource <> 'Schedule/both'`);
      const second = await book('bruno', slot);
      // The server may have computed the agenda again in between.
      if (second !== undefined) return [first, second];
    }
  };

  it('sees who is taken twice, by which appointments, and whether somebody meant it', async () => {
    const [older, newer] = await found(1);
    const below = await book('bruno', 3);
    const above = await book('bruno', 3, OVERBOOKING);
    const listed = async (): Promise<number> =>
      (await test.request('GET', '$overlaps')).json.parameter.filter(({ name }: Json) => name === 'overlap').length;
    await expect.poll(listed, { timeout: 20_000 }).toBe(2);

    const visitor = await visitors.come('marc', '/supervision');
    const { page } = visitor;
    await page.getByRole('tab', { name: 'Chevauchements' }).click();
    const rows = page.getByRole('region', { name: 'Chevauchements' }).getByRole('row');
    await rows.nth(2).waitFor();
    const shown = async (row: number): Promise<string[]> => rows.nth(row).getByRole('cell').allTextContents();
    expect(await rows.count()).toBe(3);
    expect(await shown(1)).toEqual([
      ...[expect.stringMatching(/^27.11.2026 08.30/), 'Schedule/both', `Appointment/${older}`, 'Practitioner/bruno'],
      ...[`Appointment/${newer}`, expect.stringContaining('trouvé')],
    ]);
    expect(await shown(2)).toEqual([
      ...[expect.stringMatching(/^27.11.2026 09.30/), 'Schedule/bruno', `Appointment/${above}`],
      ...['Practitioner/bruno, Schedule/bruno', `Appointment/${below}`, 'surnuméraire'],
    ]);
    await check(visitor, 'supervision-chevauchements-ordinateur');
    await page.setViewportSize(PHONE);
    await check(visitor, 'supervision-chevauchements-telephone');
    await page.setViewportSize(DESKTOP);
    expectNoFaults(visitor);
  });
});
