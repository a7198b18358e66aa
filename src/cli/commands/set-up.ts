/**
 * The set-up of an installation that belongs to nobody: its page, and the code that opens it. The code is shown here
 * and nowhere else. Each start of the server, and `creneau agenda --setup-code`, give another one and end the one
 * before.
 */
import { openSetUp } from '../../agenda/practice/joining.ts';
import type { Config } from '../../runtime/config.ts';
import { PeopleStore } from '../../store/records/people.ts';
import type { AgendaServer } from '../servers/agenda.ts';
import { openCommandDatabase } from './command-database.ts';

/** `undefined`: somebody is known here, or an agenda is. */
export async function setUpText(config: Config, server: AgendaServer): Promise<string | undefined> {
  if (!(await server.isSetUpNeeded())) return undefined;
  const page = `Mise en route / set-up:\n  ${config.publicUrl ?? namedLoopback(server.url)}/mise-en-route`;
  if (!config.passkeys && config.oidcIssuer === undefined)
    return `${page}\n  ce serveur n'identifie personne (--passkeys true) / this server asks nobody who they are`;
  const code = await openSetUp(new PeopleStore(server.database), server.database.now());
  return `${page}\n  code (une heure) / code (one hour): ${code}`;
}

/** `creneau agenda --setup-code`: a running server takes the new code too, where both use a PostgreSQL server. */
export async function showSetUpCode(config: Config): Promise<void> {
  const database = await openCommandDatabase(config);
  try {
    const people = new PeopleStore(database);
    if (await people.isAnybodyKnown())
      throw new Error('cette installation est déjà mise en route / this installation has been set up already');
    const code = await openSetUp(people, database.now());
    process.stdout.write(`Code de mise en route (une heure) / set-up code (one hour): ${code}\n`);
  } finally {
    await database.close();
  }
}

/** Passkeys exist for names, not for addresses. */
function namedLoopback(url: string): string {
  return url.replace('//127.0.0.1', '//localhost').replace('//[::1]', '//localhost');
}
