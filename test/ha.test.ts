/**
 * The primary of a PostgreSQL cluster under Patroni is killed, frozen and cut off while clients write: nothing
 * acknowledged is lost, nothing double. `npm run ha` is the long form, with its table in docs/fiabilite.md.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChaosRun, type Finding } from './chaos/run.ts';
import { hasPatroni } from './ha/patroni.ts';
import { HA_FAULTS, type HaWorld, openHaWorld } from './ha/world.ts';
import { isEmbedded } from './harness.ts';

const TIMES = Number(process.env['CRENEAU_HA_TIMES'] ?? 1);
const SEED = Number(process.env['CRENEAU_CHAOS_SEED'] ?? Date.now() % 1_000_000);
/** After so many seconds a primary that says nothing is replaced: short here, as shipped in the long form. */
const TTL_SECONDS = TIMES > 1 ? 20 : 8;
const ONLY = process.env['CRENEAU_CHAOS_ONLY'];
const RESULTS = process.env['CRENEAU_CHAOS_RESULTS'];

describe.skipIf(isEmbedded || !hasPatroni)(`a cluster with a synchronous standby, seed ${SEED}`, () => {
  const run = new ChaosRun<HaWorld>(SEED, () => openHaWorld(TTL_SECONDS));
  const findings: Finding[] = [];
  beforeAll(() => run.open(TIMES > 1 ? 300 : 60), 240_000);
  afterAll(async () => {
    await run.close();
    if (RESULTS !== undefined) writeFileSync(RESULTS, JSON.stringify({ seed: SEED, findings }, undefined, 1));
  });

  it.each(HA_FAULTS.filter(({ name }) => ONLY === undefined || name === ONLY))(
    '$name: nothing acknowledged is lost, nothing is double',
    { timeout: 240_000 + TIMES * 120_000 },
    async (fault) => {
      const finding = await run.inflict(fault, TIMES, 1500);
      findings.push(finding);
      process.stdout.write(`${fault.name}: longest gap ${Math.round(finding.longestGapMs)} ms\n`);
      expect(finding.faults.slice(0, 20)).toEqual([]);
      expect(finding.acknowledged).toBeGreaterThan(0);
      // The replacement of the primary, and five seconds for the servers to find it.
      expect(finding.longestGapMs).toBeLessThan((3 * TTL_SECONDS + 15) * 1000);
    },
  );
});
