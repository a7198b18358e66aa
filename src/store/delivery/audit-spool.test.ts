/** The spool of the audit trail, with a database that comes and goes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AuditFact } from '../../fhir/audit/fact.ts';
import { FhirError } from '../../fhir/issue.ts';
import { openLog } from '../../runtime/log.ts';
import { AuditSpool } from './audit-spool.ts';

const factWith = (id: string, query: string): AuditFact => ({
  ...{ id, at: '2026-12-01T10:00:00.000Z', action: 'R', outcome: '0', type: 'rest', codes: ['read'] },
  ...{ agent: { name: 'é', roles: [] }, patients: [], entities: [], request: 'r', query },
});

it('brings each fact to the database once and in order, whatever fails in between', async () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ is: fc.constant('append' as const), query: fc.string({ maxLength: 40 }) }) },
    // The largest do not stay in memory.
    { weight: 1, arbitrary: fc.record({ is: fc.constant('large' as const) }) },
    { weight: 2, arbitrary: fc.record({ is: fc.constantFrom('flush' as const, 'fail' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const root = mkdtempSync(join(tmpdir(), 'creneau-spool-'));
      const arrived: string[] = [];
      let isAway = false;
      const spool = new AuditSpool({
        ...{ root, maxBytes: 1e9, log: openLog('silent') },
        async write(lines) {
          await Promise.resolve();
          if (isAway) throw new FhirError('transient', 'away');
          arrived.push(...lines.map((line) => (JSON.parse(line) as AuditFact).id));
        },
      });
      const appended: string[] = [];
      const append = (query: string): void => {
        appended.push(`${appended.length}`);
        spool.append(factWith(appended.at(-1)!, query));
      };
      for (const each of steps) {
        if (each.is === 'append') append(each.query);
        else if (each.is === 'large') append('x'.repeat(1_500_000));
        else {
          isAway = each.is === 'fail';
          const flushed = spool.flush();
          append('while it is brought there');
          await flushed;
        }
      }
      isAway = false;
      await spool.flush();
      expect(arrived).toEqual(appended);
      expect(spool.waiting()).toBe(0);
      await spool.close();
      rmSync(root, { recursive: true });
    }),
    { numRuns: 60 },
  );
});
