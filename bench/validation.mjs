/**
 * `node bench/validation.mjs`: what validating costs. One Slot, one Appointment, and a Bundle of 200 entries of the
 * SAS, against R4 and the
 * profiles that they declare. Medians of many runs, after warming up; processor time, since a shared machine makes any
 * wall clock wrong.
 */
import { setUp } from '../tools/setup.mjs';

setUp();
const { Conformance } = await import('../dist/fhir/conformance.js');
const { editorAnswer } = await import('../dist/demo/editor-answer.js');

const { validator } = new Conformance();
const identifiers = Array.from(
  { length: 25 },
  (_, i) => `urn:oid:1.2.250.1.71.4.2.1|8${String(10_000_000_000 + i)}`,
).join();
const query = `_include=Slot:schedule&status=free&start=ge2026-12-01T08:00:00%2B01:00&start=le2026-12-01T20:00:00%2B01:00&schedule.actor:Practitioner.identifier=${identifiers}`;
const bundle = editorAnswer('Slot', query, { seed: 1, slots: 5, url: 'https://editeur.example' });
const slot = bundle.entry.find((entry) => entry.resource.resourceType === 'Slot').resource;
const appointment = {
  resourceType: 'Appointment',
  id: 'a',
  meta: { profile: ['https://interop.esante.gouv.fr/ig/fhir/gap/StructureDefinition/gap-fr-appointment'] },
  status: 'booked',
  slot: [{ reference: 'Slot/s' }],
  start: '2026-12-01T08:00:00+01:00',
  end: '2026-12-01T08:15:00+01:00',
  participant: [
    { actor: { reference: 'Patient/p' }, status: 'accepted' },
    { actor: { reference: 'Practitioner/d' }, status: 'accepted' },
  ],
};

const rows = [
  ['Slot', slot, 400],
  ['Appointment', appointment, 400],
  [`Bundle, ${bundle.entry.length} entries`, bundle, 30],
];
console.table(
  rows.map(([what, resource, runs]) => {
    const errors = validator.validate(resource).filter((issue) => issue.severity === 'error');
    if (errors.length > 0) throw new Error(JSON.stringify(errors[0]));
    for (let i = 0; i < runs / 2; i++) validator.validate(resource);
    const times = Array.from({ length: runs }, () => {
      const start = process.cpuUsage();
      validator.validate(resource);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    }).sort((a, b) => a - b);
    return {
      what,
      'median ms': Number(times[runs >> 1].toFixed(3)),
      'p95 ms': Number(times[Math.floor(runs * 0.95)].toFixed(3)),
    };
  }),
);
