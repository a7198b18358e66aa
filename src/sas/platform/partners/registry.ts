/**
 * Who is asked: the Endpoints of the store. The settings file is one of their writers: what it says is written to the
 * store when it is read, and
 * read again when it changes. Other writers are operators. Changes apply without a restart, those of other processes
 * within seconds.
 */
import type { Context } from '../../../fhir/interaction.ts';
import { parseJson } from '../../../fhir/json.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Log } from '../../../runtime/log.ts';
import { POLL_MS, Reloaded } from '../../../runtime/tls/reloaded.ts';
import type { PartnerReader } from '../../../store/records/partners.ts';
import type { Repository } from '../../../store/write/repository.ts';
import { Breaker } from './breaker.ts';
import { FROM_FILE, fromEndpoint, toEndpoint, toOrganization } from './endpoint.ts';
import { type FilePartner, type Identity, type Partner, readPartners } from './partner.ts';
import { PartnerLink } from './partner-link.ts';

export interface RegistryOptions {
  /** The settings file. */
  file: Reloaded<FilePartner[]> | undefined;
  /** Of the platform, for partners without their own: paths of certificate, key, authority. */
  identity: { cert?: string | undefined; key?: string | undefined; ca?: string | undefined };
  repository: Repository;
  known: PartnerReader;
  log: Log;
  now: () => number;
}

/** More partners than any country has. */
const MAX_PARTNERS = 5000;

/** The settings file, looked at together with the certificates that it names. Throws when it is missing or wrong. */
export function openPartnersFile(path: string | undefined): Reloaded<FilePartner[]> | undefined {
  return path === undefined
    ? undefined
    : new Reloaded(
        [path],
        ([contents]) => readPartners(contents!, path),
        (partners) => partners.flatMap((partner) => partner.files),
      );
}

export class Registry {
  private readonly options: RegistryOptions;
  private readonly identity: Reloaded<Identity>;
  private links = new Map<string, PartnerLink>();
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();

  /** Throws when a file of the platform's own identity is missing. */
  constructor(options: RegistryOptions) {
    this.options = options;
    const paths = Object.entries(options.identity).filter((entry): entry is [string, string] => entry[1] !== undefined);
    this.identity = new Reloaded<Identity>(
      paths.map(([, path]) => path),
      (contents) => Object.fromEntries(paths.map(([key], i) => [key, contents[i]!])),
    );
  }

  /** Writes down what the file says, reads the partners, and starts to look for changes. */
  async start(): Promise<void> {
    await this.writeFile();
    await this.refresh();
    this.timer = setInterval(() => void this.look(), POLL_MS);
    this.timer.unref();
  }

  /** The ways to all partners, in the order of their ids. */
  get all(): PartnerLink[] {
    return [...this.links.values()];
  }

  get(id: string): PartnerLink | undefined {
    return this.links.get(id);
  }

  /** The partner that reports under this caller's name. */
  ofCaller(caller: string): Partner | undefined {
    return this.all.map((one) => one.partner).find((partner) => partner.caller === caller || partner.id === caller);
  }

  /** Why the settings file as it is now is not in force. */
  get failure(): string | undefined {
    return this.options.file?.failure;
  }

  /** Reads the partners again: after a write, and now and then for those of other processes. */
  refresh(): Promise<void> {
    this.turn = this.turn.then(() => this.readAll());
    return this.turn;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.turn;
    await Promise.all(this.all.map((one) => one.close()));
  }

  private async look(): Promise<void> {
    try {
      if (this.options.file?.check(this.options.log)) await this.writeFile();
      if (this.identity.check(this.options.log))
        this.links = new Map([...this.links].map(([id, link]) => [id, this.renewed(link, link.partner)]));
      await this.refresh();
    } catch (error) {
      this.options.log.warn({ reason: (error as Error).message }, 'the partners cannot be read: those known stay');
    }
  }

  private async writeFile(): Promise<void> {
    if (this.options.file === undefined) return;
    const { repository, known, now } = this.options;
    const partners = this.options.file.current;
    const context: Context = {
      now: now(),
      requestId: 'partners-file',
      caller: FROM_FILE,
      roles: [],
      strict: false,
      base: '',
      loading: true,
    };
    for (const partner of partners) {
      for (const resource of [toOrganization(partner), toEndpoint(partner)]) await this.writeChanged(context, resource);
      await known.load(partner.id, partner.practitioners ?? [], context.now);
    }
    // Who has left the file is no partner any more.
    for (const endpoint of await this.endpoints()) {
      if (
        endpoint.meta?.['source'] !== FROM_FILE ||
        endpoint['status'] === 'off' ||
        partners.some((partner) => partner.id === endpoint.id)
      )
        continue;
      await repository.update(context, { ...endpoint, status: 'off' }, endpoint.id, {});
    }
  }

  private async writeChanged(context: Context, resource: Resource): Promise<void> {
    const { repository } = this.options;
    const stored = await repository.reader.read(resource.resourceType, resource.id!);
    if (stored?.body !== undefined) {
      const { meta: _, ...before } = parseJson(stored.body) as Resource;
      const { meta: _own, ...after } = resource;
      if (JSON.stringify(sorted(before)) === JSON.stringify(sorted(after))) return;
    }
    await repository.update(context, resource, resource.id, {});
  }

  private async endpoints(): Promise<Resource[]> {
    const { rows } = await this.options.repository.reader.search('Endpoint', [], {
      count: MAX_PARTNERS,
      total: false,
    });
    return rows.map((row) => parseJson(row.body!) as Resource);
  }

  private async readAll(): Promise<void> {
    const links = new Map<string, PartnerLink>();
    for (const endpoint of await this.endpoints()) {
      if (endpoint['status'] === 'off' || endpoint['status'] === 'entered-in-error') continue;
      const inFile =
        endpoint.meta?.['source'] === FROM_FILE
          ? this.options.file?.current.find((one) => one.id === endpoint.id)
          : undefined;
      const read = this.read(endpoint);
      if (read === undefined) continue;
      const partner = { ...read, ...(inFile === undefined ? {} : { identity: inFile.identity }) };
      const before = this.links.get(partner.id);
      links.set(
        partner.id,
        before !== undefined && isSame(before.partner, partner) ? before : this.renewed(before, partner),
      );
    }
    for (const [id, link] of this.links) if (!links.has(id)) void link.close();
    this.links = links;
  }

  /** One that was written by other ways than ours, and is no partner, does not spoil the others. */
  private read(endpoint: Resource): Partner | undefined {
    try {
      return fromEndpoint(endpoint);
    } catch (error) {
      this.options.log.warn({ endpoint: endpoint.id, reason: (error as Error).message }, 'an Endpoint is left aside');
      return undefined;
    }
  }

  /** Another way to the same partner keeps what is known of its health, unless its address is another. */
  private renewed(before: PartnerLink | undefined, partner: Partner): PartnerLink {
    void before?.close();
    return new PartnerLink(
      partner,
      this.identity.current,
      before?.partner.url === partner.url ? before.breaker : new Breaker(),
    );
  }
}

function isSame(a: Partner, b: Partner): boolean {
  return JSON.stringify({ ...a, practitioners: undefined }) === JSON.stringify({ ...b, practitioners: undefined });
}

function sorted(resource: Resource): [string, unknown][] {
  return Object.entries(resource).sort(([a], [b]) => (a < b ? -1 : 1));
}
