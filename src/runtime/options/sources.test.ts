/** Flags, environment, file of settings and files of secrets: which one wins, and what is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfig } from '../config.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-settings-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const URL = 'postgres://creneau:secret@db/creneau';

it.each([
  ['the file of settings', [], {}, 9001],
  ['the environment over the file', [], { PORT: '9002' }, 9002],
  ['the command line over both', ['--port', '9003'], { PORT: '9002' }, 9003],
  ['the file over an empty variable', [], { PORT: '' }, 9001],
])('the port is that of %s', (_name, argv, environment, port) => {
  const path = file('port.env', '# what this server listens on\nPORT=9001\n');
  expect(readConfig(['--config', path, ...argv], environment).config.port).toBe(port);
  expect(readConfig(argv, { ...environment, CRENEAU_CONFIG: path }).config.port).toBe(port);
});

it('a secret is read from the file that VARIABLE_FILE names, without its last line break', () => {
  const secret = file('url', `${URL}\n`);
  const settings = file('secret.env', `DATABASE_URL_FILE=${secret}\n`);
  expect(readConfig([], { DATABASE_URL_FILE: secret }).config.databaseUrl).toBe(URL);
  expect(readConfig(['--config', settings], {}).config.databaseUrl).toBe(URL);
  expect(readConfig(['--config', settings], { DATABASE_URL: 'postgres://other/x' }).config.databaseUrl).toBe(
    'postgres://other/x',
  );
});

it.each([
  ['an unknown setting', 'PORTE=1\n', 'PORTE — réglage inconnu / unknown setting'],
  ['a value and its file', 'DATABASE_URL=x\nDATABASE_URL_FILE=y\n', 'DATABASE_URL_FILE : l’un ou l’autre'],
  ['a secret that is not there', 'DATABASE_URL_FILE=/nowhere/url\n', '/nowhere/url : ENOENT — fichier illisible'],
  ['a wrong value', 'PORT=http\n', '--port (PORT): "http" — a whole number'],
])('%s in the file is refused, and named', (_name, text, message) => {
  const path = file('wrong.env', text);
  expect(() => readConfig(['--config', path], {})).toThrow(message);
});

it('a file of settings that is not there is refused', () => {
  expect(() => readConfig(['--config', join(folder, 'absent')], {})).toThrow('ENOENT — fichier illisible');
});
