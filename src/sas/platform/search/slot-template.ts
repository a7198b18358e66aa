/**
 * A slot's entry as a text with holes, learnt from an entry that was parsed and checked. Another entry with the same
 * text around its holes is as valid as the first, except for the values in the holes. So most slots of an answer are
 * read and written again without being parsed.
 */
import { type ByteText, bytesOf } from '../../../fhir/byte-text.ts';
import type { Slot } from '../../../fhir/resources.ts';

/** The values that differ between two slots with the same text around them; `schedule` is the reference. */
export type Holes = Record<Hole, ByteText>;
type Hole = 'fullUrl' | 'id' | 'schedule' | 'start' | 'end' | 'comment';

const MARK: Record<Hole, string> = {
  fullUrl: '"fullUrl":"',
  id: '"id":"',
  schedule: '"schedule":{"reference":"',
  start: '"start":"',
  end: '"end":"',
  comment: '"comment":"',
};

interface TextWithHoles {
  /** The text before each hole, and after the last: one more than holes. */
  around: string[];
  holes: Hole[];
}

/** The value in a hole: a JSON string without escapes and without characters that need one. */
const PLAIN = '([^"\\\\\\u0000-\\u001f\\u007f]*)';
const IS_PLAIN = new RegExp(`^${PLAIN}$`);

/** Characters with a meaning in a regular expression. */
const SPECIAL = /[\\^$.*+?()[\]{}|/]/g;

export class SlotTemplate {
  /** The consultation modes of every slot of this kind. */
  readonly modes: string;
  private readonly holes: readonly Hole[];
  /** Matches a whole entry. A regular expression is five times as fast as a comparison piece by piece. */
  private readonly pattern: RegExp;
  private readonly written: TextWithHoles;

  private constructor(modes: string, read: TextWithHoles, written: TextWithHoles) {
    this.modes = modes;
    this.holes = read.holes;
    this.pattern = new RegExp(`^${read.around.map((text) => text.replace(SPECIAL, '\\$&')).join(PLAIN)}$`);
    this.written = written;
  }

  /**
   * `entry`: the text of a whole, checked entry; `written`: the same slot as it leaves. `undefined` when a hole occurs
   * twice, or the answer needs a value that the entry does not have.
   */
  static of(entry: ByteText, slot: Slot, written: unknown, modes: string): SlotTemplate | undefined {
    const [from, to] = [withHoles(entry), withHoles(bytesOf(JSON.stringify(written)))];
    if (from === undefined || to === undefined || (slot.comment !== undefined) !== from.holes.includes('comment'))
      return undefined;
    return to.holes.every((hole) => from.holes.includes(hole)) ? new SlotTemplate(modes, from, to) : undefined;
  }

  /** The values in the holes of another entry with the same text; `undefined` when it differs or has escapes. */
  match(entry: ByteText): Holes | undefined {
    const match = this.pattern.exec(entry);
    if (match === null) return undefined;
    const values = {} as Holes;
    for (let i = 0; i < this.holes.length; i++) values[this.holes[i]!] = match[i + 1] as ByteText;
    return values;
  }

  write(values: Holes): ByteText {
    const { around, holes } = this.written;
    let text = around[0]!;
    for (let i = 0; i < holes.length; i++) text += values[holes[i]!] + around[i + 1]!;
    return text as ByteText;
  }
}

function withHoles(text: ByteText): TextWithHoles | undefined {
  const found: { hole: Hole; from: number; to: number }[] = [];
  for (const [hole, mark] of Object.entries(MARK) as [Hole, string][]) {
    const at = text.indexOf(mark);
    if (at < 0) continue;
    const from = at + mark.length;
    if (text.includes(mark, from)) return undefined;
    const to = text.indexOf('"', from);
    if (!IS_PLAIN.test(text.slice(from, to))) return undefined;
    found.push({ hole, from, to });
  }
  found.sort((a, b) => a.from - b.from);
  const around = [...found, { from: text.length }].map(({ from }, i) =>
    text.slice(i === 0 ? 0 : found[i - 1]!.to, from),
  );
  return { around, holes: found.map(({ hole }) => hole) };
}
