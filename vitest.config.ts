import { defineConfig } from 'vitest/config';

/** The pure rooms are tested beside their code; the servers' tests run once per database. */
const servers = ['test/*.test.ts'];
const once = [
  'test/agenda-sas.test.ts',
  'test/citations.test.ts',
  'test/pages.test.ts',
  'test/sas-document.test.ts',
  'test/schema-level.test.ts',
  'test/sas-profiles.test.ts',
  'test/tidy.test.ts',
  'test/tidy-web.test.ts',
  'test/validation-published.test.ts',
  'test/validate-command.test.ts',
  'test/command.test.ts',
  'test/cross-origin.test.ts',
  'test/caller-version.test.ts',
  'test/certificates.test.ts',
  'test/conformance.test.ts',
  'test/docs.test.ts',
  'test/hostile.test.ts',
  'test/limits.test.ts',
  'test/mirror.test.ts',
  // Certificates and their files: no database changes anything about them.
  'test/mtls.test.ts',
  'test/mtls-reload.test.ts',
  'test/hub-outage.test.ts',
  'test/operations-files.test.ts',
  'test/partner-version.test.ts',
  'test/hub-platform.test.ts',
  'test/event-stream.test.ts',
  'test/supply.test.ts',
  'test/telemetry.test.ts',
  'test/terms.test.ts',
  'test/whole-chain.test.ts',
];

const project = (name: string, include: string[], extra: object = {}) => ({
  extends: true as const,
  test: { name, include, ...extra },
});

const postgres = process.env['CRENEAU_TEST_POSTGRES'];

export default defineConfig({
  test: {
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      project('pure', ['src/**/*.test.ts', 'web/**/*.test.ts']),
      project('once', once, { env: { CRENEAU_TEST_DATABASE: 'embedded' } }),
      project('web', ['test/web/*.test.ts'], { env: { CRENEAU_TEST_DATABASE: 'embedded' } }),
      project('embedded', servers, { exclude: once, env: { CRENEAU_TEST_DATABASE: 'embedded' } }),
      ...(postgres ? [project('postgres', servers, { exclude: once, env: { CRENEAU_TEST_DATABASE: postgres } })] : []),
    ],
  },
});
