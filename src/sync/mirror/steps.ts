/**
 * The versions at which two resources were last in step, kept in a file: whichever has moved since is to be copied.
 * Without the file nothing is lost: copies are known by their identifiers, and the manager's side counts.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

export interface VersionPair {
  /** Version of the manager's resource. */
  manager: string;
  /** Version of the other server's. */
  other: string;
}

export class Steps {
  private readonly file: string;
  private readonly known: Map<string, VersionPair>;
  private isChanged = false;

  /** Throws when the file is there and cannot be read. */
  constructor(file: string) {
    this.file = file;
    this.known = new Map(Object.entries(readKnown(file)));
  }

  /** `reference`: of the manager's resource. */
  get(reference: string): VersionPair | undefined {
    return this.known.get(reference);
  }

  set(reference: string, step: VersionPair): void {
    const before = this.known.get(reference);
    if (before?.manager === step.manager && before.other === step.other) return;
    this.known.set(reference, step);
    this.isChanged = true;
  }

  forget(reference: string): void {
    if (this.known.delete(reference)) this.isChanged = true;
  }

  /** Whole or not at all: a process that dies leaves the file before. */
  save(): void {
    if (!this.isChanged) return;
    const next = `${this.file}.next`;
    writeFileSync(next, JSON.stringify(Object.fromEntries(this.known)), { mode: 0o600 });
    renameSync(next, this.file);
    this.isChanged = false;
  }
}

function readKnown(file: string): Record<string, VersionPair> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
