/**
 * One process per embedded data folder: two would silently lose rows. The file holds the process's number and
 * start time, so that a lock left by a killed process, even after its number was given again, is taken over.
 */
import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FhirError } from '../../fhir/issue.ts';

export interface Lock {
  release(): void;
}

export interface Holder {
  pid: number;
  started: string;
  /** Where the holder serves, once it does. */
  url?: string;
}

const NAME = 'creneau.lock';

export function takeLock(folder: string): Lock {
  const file = join(folder, NAME);
  const own: Holder = { pid: process.pid, started: startOf(process.pid) };
  for (let tries = 0; tries < 5; tries++) {
    // Written beside, then linked: the lock never exists half-written.
    const draft = `${file}.${process.pid}.${tries}`;
    writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
    try {
      linkSync(draft, file);
      return { release: () => releaseOwn(file, own) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      unlinkSync(draft);
    }
    const holder = lockHolder(folder);
    if (holder !== undefined) {
      throw new FhirError(
        'conflict',
        `The data folder ${folder} is used by process ${holder.pid}${holder.url ? ` at ${holder.url}` : ''}`,
        {
          text:
            `Le dossier de données ${folder} est déjà utilisé par le processus ${holder.pid} : ` +
            'arrêtez-le, ou choisissez un autre dossier (--data).',
        },
      );
    }
    takeAway(file);
  }
  throw new FhirError('conflict', `The lock file ${file} cannot be taken`);
}

/** Removes a dead process's lock. Two may try at once: whoever took a living lock away by mistake puts it back. */
function takeAway(file: string): void {
  const aside = `${file}.${process.pid}.old`;
  try {
    renameSync(file, aside);
    if (livingHolder(aside) !== undefined) linkSync(aside, file);
  } catch {
    // Somebody else was first; the next try finds out who holds it.
  }
  rmSync(aside, { force: true });
}

/** The process that holds the folder now, if it lives. */
function lockHolder(folder: string): Holder | undefined {
  return livingHolder(join(folder, NAME));
}

function livingHolder(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as Holder;
    process.kill(holder.pid, 0);
    return startOf(holder.pid) === holder.started ? holder : undefined;
  } catch (error) {
    // EPERM: it lives, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? { pid: 0, started: '' } : undefined;
  }
}

/** FHIR base of the server that has this folder now. */
export function runningServer(folder: string): string | undefined {
  return lockHolder(folder)?.url;
}

/** Writes where the server of this folder listens, for the commands that go through it. */
export function announce(folder: string, url: string): void {
  // Never half-written: a reader would take it for a dead lock.
  const draft = join(folder, `${NAME}.${process.pid}.url`);
  // A server that listens on every address can be reached on loopback.
  const near = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
  writeFileSync(draft, JSON.stringify({ pid: process.pid, started: startOf(process.pid), url: near }), { mode: 0o600 });
  renameSync(draft, join(folder, NAME));
}

function releaseOwn(file: string, own: Holder): void {
  try {
    if ((JSON.parse(readFileSync(file, 'utf8')) as Holder).pid === own.pid) rmSync(file);
  } catch {
    // Already gone.
  }
}

/** The start time of a process in clock ticks since boot, where the system tells (Linux); else empty. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
