/**
 * A slot's entry as a text with holes, learnt from one that was parsed and checked: another entry with the same text around its holes is as right
 * as the first, but for what fills the holes. So most slots of an answer are read and written again without being parsed.
 */
import type { Json, Resource } from '../../fhir/resource.ts';

/** What differs between two slots of one kind; `schedule` is the reference. */
export type Holes = Record<Hole, string>;
type Hole = 'fullUrl' | 'id' | 'schedule' | 'start' | 'end' | 'comment';

const MARK: Record<Hole, string> = { fullUrl: '"fullUrl":"', id: '"id":"', schedule: '"schedule":{"reference":"', start: '"start":"', end: '"end":"', comment: '"comment":"' };

interface Text {
  /** Text before each hole, and after the last one: one more than holes. */
  around: string[];
  holes: Hole[];
}

export class SlotTemplate {
  /** The consultation modes of every slot of this kind. */
  readonly modes: string;
  private readonly read: Text;
  private readonly written: Text;

  private constructor(modes: string, read: Text, written: Text) {
    this.modes = modes;
    this.read = read;
    this.written = written;
  }

  /** `entry`: the text of a whole, checked entry; `written`: the same slot as it leaves. `undefined`: it has holes at more than one place, or none. */
  static of(entry: string, slot: Resource, written: Json, modes: string): SlotTemplate | undefined {
    const [from, to] = [withHoles(entry), withHoles(JSON.stringify(written))];
    if (from === undefined || to === undefined || (slot['comment'] !== undefined) !== from.holes.includes('comment')) return undefined;
    return to.holes.every((one) => from.holes.includes(one)) ? new SlotTemplate(modes, from, to) : undefined;
  }

  /** What fills the holes of another entry of this kind, when nothing there is escaped. */
  match(entry: string): Holes | undefined {
    const { around, holes } = this.read;
    const found = {} as Holes;
    let at = 0;
    for (let i = 0; i < holes.length; i++) {
      if (!entry.startsWith(around[i]!, at)) return undefined;
      at += around[i]!.length;
      const end = entry.indexOf('"', at);
      if (end < 0) return undefined;
      const filling = entry.slice(at, end);
      if (!isPlain(filling)) return undefined;
      found[holes[i]!] = filling;
      at = end;
    }
    return entry.length === at + around[holes.length]!.length && entry.endsWith(around[holes.length]!) ? found : undefined;
  }

  write(filling: Holes): string {
    const { around, holes } = this.written;
    let text = around[0]!;
    for (let i = 0; i < holes.length; i++) text += filling[holes[i]!] + around[i + 1]!;
    return text;
  }
}

function withHoles(text: string): Text | undefined {
  const found: { hole: Hole; from: number; to: number }[] = [];
  for (const [hole, mark] of Object.entries(MARK) as [Hole, string][]) {
    const at = text.indexOf(mark);
    if (at < 0) continue;
    const from = at + mark.length;
    if (text.includes(mark, from)) return undefined;
    const to = text.indexOf('"', from);
    if (!isPlain(text.slice(from, to))) return undefined;
    found.push({ hole, from, to });
  }
  found.sort((a, b) => a.from - b.from);
  const around = [...found, { from: text.length }].map(({ from }, i) => text.slice(i === 0 ? 0 : found[i - 1]!.to, from));
  return { around, holes: found.map((one) => one.hole) };
}

/** Is it a text as it stands in JSON: nothing escaped, nothing that would have to be? */
function isPlain(text: string): boolean {
  return !/[\u0000-\u001f\\\u007f]/.test(text);
}
