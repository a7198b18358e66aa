/**
 * The files that an operator gets beside the program: alerts and panels ask for measures that exist, the runbook has a
 * section for each alert, units and manifests name settings that exist.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPTIONS } from '../src/runtime/options/table.ts';
import { ROOT } from './process.ts';
import { startTestServer } from './harness.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const FOLDERS = ['systemd', 'debian', 'container', 'kubernetes', 'proxy', 'monitoring'];
const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, 'packaging', folder)).map((name) => ({
    name: `${folder}/${name}`,
    text: read(`packaging/${folder}/${name}`),
  })),
);

const SOURCES = ['alerts.yml', 'dashboard.json'].map((name) => read(`packaging/monitoring/${name}`));
const asked = [...new Set(SOURCES.flatMap((text) => text.match(/\b(creneau|nodejs|process)_[a-z0-9_]+/g) ?? []))];

describe('monitoring', () => {
  it('asks for measures that a server gives', async () => {
    const server = await startTestServer();
    try {
      await fetch(`${server.base}/metadata`);
      const given = await (await fetch(`${server.server.url}/metrics`)).text();
      const declared = [...given.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]!);
      // Measures of the platform, of the Hub and of TLS are registered where they are used.
      const elsewhere = readSources('src')
        .match(/'creneau_[a-z_]+'/g)!
        .map((name) => name.slice(1, -1));
      const known = new Set([...declared, ...elsewhere]);
      expect(asked.filter((name) => !known.has(name.replace(/_bucket$/, '')) && !known.has(name))).toEqual([]);
      expect(asked.length).toBeGreaterThan(15);
    } finally {
      await server.close();
    }
  });

  it('has a section of the runbook for every alert, and an alert for every section', () => {
    const alerts = [...SOURCES[0]!.matchAll(/- alert: (\w+)/g)].map((match) => match[1]);
    const sections = [...read('docs/exploitation.md').matchAll(/^### (Creneau\w+)$/gm)].map((match) => match[1]);
    expect(sections).toEqual(alerts);
  });
});

describe('packaging', () => {
  it('names settings that exist', () => {
    const known = new Set(Object.values<{ variable: string }>(OPTIONS).map(({ variable }) => variable));
    const wrong = files.flatMap(({ name, text }) =>
      [...text.matchAll(/\b(CRENEAU_[A-Z_]+|DATABASE_URL[A-Z_]*|AMQP_URL|SMTP_URL)\b/g)]
        .map((match) => match[1]!)
        .filter((variable) => !known.has(variable.replace(/_FILE$/, '')))
        .map((variable) => `${name}: ${variable}`),
    );
    expect(wrong).toEqual([]);
  });

  it('gives longer to stop than the server takes', () => {
    const seconds = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1]);
    const unit = read('packaging/systemd/creneau.service');
    const pod = read('packaging/kubernetes/agenda.yaml');
    for (const given of [
      seconds(unit, /TimeoutStopSec=(\d+)/),
      seconds(pod, /terminationGracePeriodSeconds: (\d+)/),
      seconds(read('packaging/container/compose.yaml'), /stop_grace_period: (\d+)s/),
    ])
      expect(given).toBeGreaterThanOrEqual(25);
  });
});

function readSources(folder: string): string {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .map((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return readSources(path);
      return path.endsWith('.ts') ? read(path) : '';
    })
    .join('\n');
}
