/** An option of the command line, which is also an environment variable, and the type of its value. */

export interface Option {
  flag: string;
  variable: string;
  /** The value that the option takes, as the help names it. */
  value: string;
  /** Absent: without the option, its value is `undefined`. */
  fallback?: string;
  /** Takes no value on the command line (`--json`); `true` in the environment. */
  isSwitch?: true;
  /** May be given several times, and separated by commas in the environment variable; `read` reads each. */
  repeatable?: true;
  /** Throws with the expected form. */
  read: (text: string) => unknown;
  french: string;
  english: string;
}

/** The options of one subject, by the name of their value in `Config`. */
export type OptionTable = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends { repeatable: true }
  ? ReturnType<O['read']>[]
  : O extends { fallback: string }
    ? ReturnType<O['read']>
    : ReturnType<O['read']> | undefined;

/** The values that a table of options gives: what `read` returns, repeated or perhaps absent. */
export type ValuesOf<Table extends OptionTable> = { -readonly [Key in keyof Table]: ValueOf<Table[Key]> };
