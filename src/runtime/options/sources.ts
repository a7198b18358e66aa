/**
 * Where the value of an option comes from: the command line, then the environment, then the file of `--config`. A
 * secret may stand in a file of its own, which `VARIABLE_FILE` names (`DATABASE_URL_FILE=/run/credentials/url`).
 */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { OptionTable } from './option.ts';

/** Values by variable. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The option that names the file itself. */
export const CONFIG_VARIABLE = 'CRENEAU_CONFIG';

/** Lines `VARIABLE=value`, as systemd and Compose read them. Throws when a line names no option. */
export function readConfigFile(path: string, options: OptionTable): Variables {
  const values: NodeJS.Dict<string> = parseEnv(readText(path));
  const known = new Set(Object.values(options).map(({ variable }) => variable));
  const unknown = Object.keys(values).filter((name) => !known.has(name.replace(/_FILE$/, '')));
  if (unknown.length > 0)
    throw new Error(`${path} : ${unknown.join(', ')} — réglage inconnu / unknown setting (docs/settings.md)`);
  return values;
}

/** The first source that has the variable wins; an empty value does not count. */
export function settingIn(variable: string, sources: readonly Variables[]): string | undefined {
  for (const source of sources) {
    const value = source[variable] || undefined;
    const path = source[`${variable}_FILE`] || undefined;
    if (value !== undefined && path !== undefined)
      throw new Error(`${variable}, ${variable}_FILE : l’un ou l’autre / one or the other`);
    if (value !== undefined) return value;
    if (path !== undefined) return readText(path).trimEnd();
  }
  return undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} : ${(error as NodeJS.ErrnoException).code} — fichier illisible / cannot be read`);
  }
}
