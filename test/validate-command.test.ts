/** Validation on the command line, on files and folders; and the validator on a long Bundle. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editorAnswer } from '../src/demo/editor-answer.ts';
import { Conformance } from '../src/fhir/conformance.ts';
import type { Json } from '../src/fhir/resource.ts';
import { run } from './process.ts';

const SLOT = 'http://sas.fr/fhir/StructureDefinition/FrSlotAgregateur';

const slot = (changes: object = {}): Json => ({
  resourceType: 'Slot',
  id: 's',
  meta: { profile: [SLOT] },
  schedule: { reference: 'Schedule/a' },
  status: 'free',
  start: '2026-12-01T08:00:00+01:00',
  end: '2026-12-01T08:15:00+01:00',
  ...changes,
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-validation-'));
  const files: Record<string, string> = {
    'good.json': JSON.stringify(slot()),
    'bad.json': JSON.stringify(slot({ status: 'busy' })),
    'broken.json': '{"resourceType":"Slot",',
    'sub.xml': '<Organization xmlns="http://hl7.org/fhir"><active value="true"/></Organization>',
    'many.ndjson': `${JSON.stringify(slot())}\n\n${JSON.stringify(slot({ end: 'demain' }))}\n`,
    'notes.txt': 'nothing of ours',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('creneau validate', () => {
  it('a folder: a report in French with each fault at its place, and exit code 1', async () => {
    const { code, out } = await run(['validate', folder]);
    expect(code).toBe(1);
    for (const text of [
      '6 ressources : 2 valides, 4 en erreur.',
      'bad.json — Slot/s : 1 erreur',
      'Slot.status : Valeur imposée : free.',
      '(ligne 1, colonne 24)',
      'many.ndjson:3 — Slot/s',
      'Slot.end',
      'Organization : Règle org-1',
      'Bonnes pratiques',
    ])
      expect(out).toContain(text);
    expect(out).not.toContain('good.json');
  });

  it('a good file: exit code 0; the same against a profile that it does not declare: 1', async () => {
    expect(await run(['validate', join(folder, 'good.json')])).toMatchObject({ code: 0 });
    const asked = await run([
      'validate',
      join(folder, 'good.json'),
      '--profile',
      'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-cpts-slot-aggregator',
      '--json',
    ]);
    expect([asked.code, JSON.parse(asked.out)]).toEqual([0, expect.objectContaining({ resources: 1, invalid: 0 })]);
    const other = await run([
      'validate',
      join(folder, 'bad.json'),
      '--profile',
      'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-sos-slot-aggregator',
      '--json',
    ]);
    expect(other.code).toBe(1);
    expect(
      JSON.parse(other.out)
        .results[0].outcome.issue.filter((issue: Json) => issue.severity === 'error')
        .map((issue: Json) => issue.expression),
    ).toEqual([['Slot.status'], ['Slot.status']]);
  });

  it.each([
    [['validate'], 'donnez un fichier'],
    [['validate', 'nowhere.json'], 'introuvable'],
    [['validate', '--profile', 'urn:none', '.'], 'profil inconnu'],
    [['validate', '--definitions', 'nowhere', '.'], 'introuvable'],
  ])('%j: exit code 2 and a reason', async (args, reason) => {
    const { code, err } = await run(args);
    expect([code, err.includes(reason)]).toEqual([2, true]);
  });
});

describe('the validator', () => {
  it('tells the errors of a long Bundle before its advice', () => {
    const { validator } = new Conformance();
    const identifiers = Array.from({ length: 25 }, (_, i) => `8${String(10_000_000_000 + i)}`).join();
    const bundle: Json = editorAnswer(
      'Slot',
      `start=ge2026-12-01T08:00:00Z&start=le2026-12-01T20:00:00Z&schedule.actor:Practitioner.identifier=${identifiers}`,
      { seed: 1, slots: 5, url: 'https://editeur.example' },
    );
    expect(bundle.entry.length).toBe(200);
    expect(validator.validate(bundle).filter((issue) => issue.severity === 'error')).toEqual([]);
    delete bundle.entry[199].resource.location;
    expect(validator.validate(bundle)[0]).toMatchObject({
      severity: 'error',
      expression: ['Bundle.entry[199].resource'],
    });
  });
});
