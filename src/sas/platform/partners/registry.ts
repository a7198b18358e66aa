/**
 * The partners in force: the Endpoints of the store. Operators write them, and so does the settings file, whenever it
 * is read. Changes apply without a restart, those of other processes within seconds.
 */
import type { Context } from '../../../fhir/interaction.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Endpoint } from '../../../fhir/resources.ts';
import { parseAnyResource, parseResource } from '../../../fhir/json.ts';
import type { Log } from '../../../runtime/log.ts';
import { POLL_MS, Reloaded } from '../../../runtime/tls/reloaded.ts';
import type { PartnerReader } from '../../../store/records/partners.ts';
import type { Repository } from '../../../store/write/repository.ts';
import { Breaker } from './breaker.ts';
import { FROM_FILE, fromEndpoint, toEndpoint, toOrganization } from './endpoint.ts';
import type { ClientIdentity, Partner } from './partner.ts';
import { PartnerLink } from './partner-link.ts';
import type { FilePartner } from './partners-file.ts';

export interface RegistryOptions {
  /** The settings file. */
  file: Reloaded<FilePartner[]> | undefined;
  /** Paths of the platform's certificate, key and authority, for partners without their own. */
  identity: { cert?: string | undefined; key?: string | undefined; ca?: string | undefined };
  repository: Repository;
  records: PartnerReader;
  log: Log;
  now: () => number;
}

/** More partners than any country has. */
const MAX_PARTNERS = 5000;

export class Registry {
  private readonly options: RegistryOptions;
  private readonly identity: Reloaded<ClientIdentity>;
  private links = new Map<string, PartnerLink>();
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();

  /** Throws when a file of the platform's own identity is missing. */
  constructor(options: RegistryOptions) {
    this.options = options;
    const paths = Object.entries(options.identity).filter((entry): entry is [string, string] => entry[1] !== undefined);
    this.identity = new Reloaded<ClientIdentity>(
      paths.map(([, path]) => path),
      (contents) => Object.fromEntries(paths.map(([key], i) => [key, contents[i]!])),
    );
  }

  /** Writes the partners of the file to the store, reads all partners, and starts to look for changes. */
  async start(): Promise<void> {
    await this.writeFile();
    await this.refresh();
    this.timer = setInterval(() => void this.reload(), POLL_MS);
    this.timer.unref();
  }

  /** The links to all partners, in the order of their ids. */
  get all(): PartnerLink[] {
    return [...this.links.values()];
  }

  get(id: string): PartnerLink | undefined {
    return this.links.get(id);
  }

  /** The partner that reports under this caller's name. */
  ofCaller(caller: string): Partner | undefined {
    return this.all.map(({ partner }) => partner).find(({ caller: name, id }) => name === caller || id === caller);
  }

  /** Why the settings file as it is now is not in force. */
  get failure(): string | undefined {
    return this.options.file?.failure;
  }

  /** Reads the partners again: after a write, and at intervals for the writes of other processes. */
  refresh(): Promise<void> {
    this.turn = this.turn.then(() => this.readAll());
    return this.turn;
  }

  /** Puts the partners of the file and of the store in force, and the identity that is shown to them. */
  async reload(): Promise<void> {
    try {
      if (this.options.file?.check(this.options.log)) await this.writeFile();
      if (this.identity.check(this.options.log))
        this.links = new Map([...this.links].map(([id, link]) => [id, this.renewed(link, link.partner)]));
      await this.refresh();
    } catch (error) {
      this.options.log.warn(
        { reason: (error as Error).message },
        'the partners cannot be read: the known ones stay in force',
      );
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.turn;
    await Promise.all(this.all.map((link) => link.close()));
  }

  private async writeFile(): Promise<void> {
    if (this.options.file === undefined) return;
    const { repository, records, now } = this.options;
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
      await records.load(partner.id, partner.practitioners ?? [], context.now);
    }
    // Partners that have left the file are switched off.
    const isGone = ({ id, meta, status }: Endpoint): boolean =>
      meta?.['source'] === FROM_FILE && status !== 'off' && !partners.some((partner) => partner.id === id);
    for (const endpoint of (await this.endpoints()).filter(isGone))
      await repository.update(context, { ...endpoint, status: 'off' }, endpoint.id, {});
  }

  private async writeChanged(context: Context, resource: Resource): Promise<void> {
    const { repository } = this.options;
    const stored = await repository.reader.read(resource.resourceType, resource.id!);
    if (stored?.body !== undefined) {
      const { meta: _, ...before } = parseAnyResource(stored.body);
      const { meta: _own, ...after } = resource;
      if (JSON.stringify(sorted(before)) === JSON.stringify(sorted(after))) return;
    }
    await repository.update(context, resource, resource.id, {});
  }

  private async endpoints(): Promise<Endpoint[]> {
    const { rows } = await this.options.repository.reader.search('Endpoint', [], {
      count: MAX_PARTNERS,
      total: 'none',
    });
    return rows.map((row) => parseResource('Endpoint', row.body!));
  }

  private async readAll(): Promise<void> {
    const links = new Map<string, PartnerLink>();
    for (const endpoint of await this.endpoints()) {
      if (endpoint.status === 'off' || endpoint.status === 'entered-in-error') continue;
      const partner = this.read(endpoint);
      if (partner === undefined) continue;
      const before = this.links.get(partner.id);
      links.set(
        partner.id,
        before !== undefined && isSame(before.partner, partner) ? before : this.renewed(before, partner),
      );
    }
    for (const [id, link] of this.links) if (!links.has(id)) void link.close();
    this.links = links;
  }

  /** An Endpoint that cannot be a partner is skipped: the others stay in force. */
  private read(endpoint: Endpoint): Partner | undefined {
    const inFile =
      endpoint.meta?.['source'] === FROM_FILE
        ? this.options.file?.current.find(({ id }) => id === endpoint.id)
        : undefined;
    try {
      const partner = fromEndpoint(endpoint);
      return inFile === undefined ? partner : { ...partner, identity: inFile.identity };
    } catch (error) {
      this.options.log.warn({ endpoint: endpoint.id, reason: (error as Error).message }, 'an Endpoint is skipped');
      return undefined;
    }
  }

  /** A new link to the same address keeps the breaker, and with it what is known of the partner's health. */
  private renewed(before: PartnerLink | undefined, partner: Partner): PartnerLink {
    void before?.close();
    return new PartnerLink(
      partner,
      this.identity.current,
      before?.partner.url === partner.url ? before.breaker : new Breaker(this.options.now),
    );
  }
}

function isSame(a: Partner, b: Partner): boolean {
  return JSON.stringify({ ...a, practitioners: undefined }) === JSON.stringify({ ...b, practitioners: undefined });
}

function sorted(resource: Resource): [string, unknown][] {
  return Object.entries(resource).sort(([a], [b]) => (a < b ? -1 : 1));
}
