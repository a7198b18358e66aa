/**
 * Every golden request, through a real server, on the database of the project. One folder per base: its files and the
 * resources that they start from.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest';
import type { BundleEntry } from '../src/fhir/foundation.ts';
import { loadFixture } from './fixture.ts';
import { checkGolden } from './golden.ts';
import { NOW, startTestServer, type TestServer } from './harness.ts';
import { startTestPlatform, type TestPlatform } from './platform.ts';

const ROOT = join(import.meta.dirname, 'golden');

describe.each(readdirSync(ROOT).sort())('golden requests of /%s', (folder) => {
  const fixture = JSON.parse(readFileSync(join(ROOT, folder, 'fixture.json'), 'utf8'));
  const callers = join(ROOT, folder, 'callers.json');
  const headers = existsSync(callers)
    ? { authorization: `Bearer ${JSON.parse(readFileSync(callers, 'utf8')).callers[0].name}` }
    : undefined;
  let test: TestServer | TestPlatform;
  beforeAll(async () => {
    const limits = { maxBodyBytes: 600_000, maxUrlChars: 8_000, maxBatchEntries: 20 };
    test =
      folder === 'platform'
        ? await startTestPlatform(limits)
        : await startTestServer({ ...limits, ...(headers === undefined ? {} : { auth: 'token' as const, callers }) });
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.reset();
    test.clock.now = NOW;
    await loadFixture(
      test.base,
      fixture.entry.map((entry: BundleEntry) => entry.resource),
      headers,
    );
  });

  for (const file of readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.http'))
    .sort()) {
    it(file.replace('.http', ''), () =>
      checkGolden(join(ROOT, folder, file), {
        base: folder === 'sas' ? test.base.replace(/fhir$/, folder) : test.base,
      }),
    );
  }
});
