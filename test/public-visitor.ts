/** A visitor of the public pages as a browser without JavaScript: keeps its cookie, follows redirects, sends forms. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { call, type Reply } from './harness.ts';
import { openPublicWorld, type PublicWorld, wordsOf } from './public-world.ts';

/** The proxy of the tests: visitors come from whatever address they say. */
const PROXY = ['127.0.0.1', '::1'];

export interface BookingTest extends PublicWorld {
  /** Short messages, the last one last. */
  messages(): { to: string; text: string; key: string }[];
  visitor(address?: string): PublicVisitor;
}

export async function openBookingTest(settings: Parameters<typeof openPublicWorld>[0] = {}): Promise<BookingTest> {
  const file = join(mkdtempSync(join(tmpdir(), 'creneau-sms-')), 'messages');
  const world = await openPublicWorld({ trustedProxy: PROXY, smsUrl: pathToFileURL(file).href, ...settings });
  let visitors = 0;
  return {
    ...world,
    messages: () => {
      try {
        const lines = readFileSync(file, 'utf8').trim().split('\n');
        return lines.map((line) => JSON.parse(line) as { to: string; text: string; key: string });
      } catch {
        return [];
      }
    },
    visitor(address) {
      visitors++;
      return new PublicVisitor(world.world.test.server.url, address ?? `81.2.${visitors >> 8}.${visitors & 255}`);
    },
  };
}

/** The first form of a page: its fields and its buttons. */
export interface SentForm {
  action: string;
  fields: Record<string, string>;
  buttons: { name: string; value: string; action: string | undefined; text: string }[];
}

export const ANNE: Record<string, string> = {
  forWhom: 'self',
  family: 'Zyxcanary',
  given: 'Anne',
  birthDate: '1980-02-03',
  email: 'anne.zyxcanary@exemple.fr',
  phone: '06 12 34 56 78',
  by: 'sms',
};

export class PublicVisitor {
  private url: string;
  private readonly address: string;
  private cookie = '';
  /** Every address that was asked, and where redirects led. */
  readonly visited: string[] = [];
  at = '';
  page!: Reply;

  constructor(url: string, address: string) {
    this.url = url;
    this.address = address;
  }

  get words(): string {
    return wordsOf(this.page);
  }

  get title(): string {
    return /<h1>([^<]*)<\/h1>/.exec(this.page.text)?.[1] ?? '';
  }

  /** The server has come back elsewhere. */
  moveTo(url: string): void {
    this.url = url;
  }

  /** Another browser with the same cookie: a second tab. */
  tab(): PublicVisitor {
    const tab = new PublicVisitor(this.url, this.address);
    tab.cookie = this.cookie;
    return tab;
  }

  async get(path: string): Promise<this> {
    return this.follow(path, await this.ask('GET', path));
  }

  async post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<this> {
    return this.follow(path, await this.ask('POST', path, fields, headers));
  }

  private async follow(path: string, reply: Reply): Promise<this> {
    this.at = path;
    for (let hops = 0; reply.status === 303; hops++) {
      if (hops > 5) throw new Error('too many redirects');
      this.at = reply.headers['location']!;
      reply = await this.ask('GET', this.at);
    }
    this.page = reply;
    return this;
  }

  private async ask(
    method: string,
    path: string,
    fields?: Record<string, string>,
    more: Record<string, string> = {},
  ): Promise<Reply> {
    this.visited.push(path);
    const headers = {
      ...{ accept: 'text/html', ...(this.address === '' ? {} : { 'x-forwarded-for': this.address }) },
      ...(fields === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(this.cookie === '' ? {} : { cookie: this.cookie }),
      ...more,
    };
    const body = fields === undefined ? undefined : new URLSearchParams(fields).toString();
    const reply = await call(this.url + path, method, body, headers);
    const set = reply.headers['set-cookie'];
    if (set !== undefined) this.cookie = String(set).split(';')[0]!;
    return reply;
  }

  get form(): SentForm {
    const text = /<main[\s\S]*<\/main>/.exec(this.page.text)?.[0] ?? '';
    const [, head = '', inside = ''] = /<form([^>]*)>([\s\S]*?)<\/form>/.exec(text) ?? [];
    const fields: Record<string, string> = {};
    for (const [, tag = ''] of inside.matchAll(/<input([^>]*)>/g)) {
      const name = attribute(tag, 'name');
      const isChoice = /type="radio"/.test(tag);
      if (name !== undefined && (!isChoice || /\schecked/.test(tag))) fields[name] = attribute(tag, 'value') ?? '';
    }
    const buttons = [...inside.matchAll(/<button([^>]*)>([\s\S]*?)<\/button>/g)].map(([, tag = '', words = '']) => ({
      name: attribute(tag, 'name') ?? '',
      value: attribute(tag, 'value') ?? '',
      action: attribute(tag, 'formaction'),
      text: attribute(tag, 'aria-label') ?? words,
    }));
    return { action: attribute(head, 'action') ?? '', fields, buttons };
  }

  /** Presses the first button, or the one with this text. */
  async press(text?: string, fields: Record<string, string> = {}): Promise<this> {
    const { action, fields: kept, buttons } = this.form;
    const button = buttons.find((found) => text === undefined || found.text.includes(text));
    if (button === undefined) throw new Error(`no button ${text} on ${this.at}: ${this.words.slice(0, 300)}`);
    const own = button.name === '' ? {} : { [button.name]: button.value };
    return this.post(button.action ?? action, { ...kept, ...fields, ...own });
  }

  /** From the page of times to the screen of the patient, with the n-th time. */
  async choose(path: string, motif: string, n = 0): Promise<this> {
    await this.get(`${path}/rendez-vous?motif=${motif}`);
    return this.chooseTime(n);
  }

  async chooseTime(n = 0): Promise<this> {
    const { action, fields, buttons } = this.form;
    const button = buttons[n];
    if (button === undefined) throw new Error(`no time ${n} on ${this.at}: ${this.words.slice(0, 300)}`);
    return this.post(action, { ...fields, slot: button.value });
  }

  /** Fills in the form; sent at once, it has to be sent a second time. */
  async fill(fields: Record<string, string>): Promise<this> {
    await this.press('Continuer', fields);
    return this.words.includes('Merci de vérifier') ? this.press('Continuer') : this;
  }
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#39;', "'");
}

/** The code of the last message. */
export function codeIn(text: string): string {
  return /\b(\d{6})\b/.exec(text)![1]!;
}
