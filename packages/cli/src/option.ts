/**
 * Options and arguments of a command as data. One table says what is parsed, what `--help` shows and what type the
 * handler gets, so the three cannot disagree.
 */

/** What every option has. */
interface OptionBase {
  /** One line for `--help`; says the default where there is one. */
  readonly help: string;
  /** One letter: `p` for `-p`. */
  readonly short?: string;
}

/** Takes a text as it is, also an empty one and one that starts with a dash. */
export interface TextOption extends OptionBase {
  readonly type: 'text';
  /** Placeholder of the value in `--help`, e.g. `TEXT`. */
  readonly value: string;
  /** Whether an empty text is refused: a path, say. */
  readonly filled?: true;
}

/** Takes a text and may be given again: all of them, in order. */
export interface ListOption extends OptionBase {
  readonly type: 'list';
  readonly value: string;
  readonly filled?: true;
}

/** Takes a decimal number, finite and within the limits. */
export interface NumberOption extends OptionBase {
  readonly type: 'number' | 'integer';
  readonly value: string;
  readonly least?: number;
  readonly most?: number;
  /** An exclusive lower limit. */
  readonly above?: number;
}

/** Takes a byte count: `512MiB`, `2GiB`, `1.5GB` or a number of bytes. */
export interface BytesOption extends OptionBase {
  readonly type: 'bytes';
  readonly value: string;
}

/** Takes one of a few words. */
export interface ChoiceOption extends OptionBase {
  readonly type: 'choice';
  readonly choices: readonly string[];
}

/** Takes no value: given or not. */
export interface FlagOption extends OptionBase {
  readonly type: 'flag';
}

/** An option. All but `list` may be given again, and the last one counts, so that a script's user can override it. */
export type Option = TextOption | ListOption | NumberOption | BytesOption | ChoiceOption | FlagOption;

/** The options of a command by name, without the dashes, in the order of `--help`. */
export type OptionTable = Readonly<Record<string, Option>>;

/** An argument without dashes. */
export interface Positional {
  readonly help: string;
  /** May be left out. Only behind those that may not. */
  readonly optional?: true;
  /** Takes all that follow, at least one. Only the last. */
  readonly many?: true;
}

/** The arguments of a command by name, in their order. */
export type PositionalTable = Readonly<Record<string, Positional>>;

type ValueOf<O extends Option> = O extends FlagOption
  ? boolean
  : O extends ListOption
    ? readonly string[]
    : O extends NumberOption | BytesOption
      ? number | undefined
      : O extends { readonly choices: readonly (infer Choice)[] }
        ? Choice | undefined
        : string | undefined;

type ArgumentOf<P extends Positional> = P extends { readonly many: true }
  ? readonly string[]
  : P extends { readonly optional: true }
    ? string | undefined
    : string;

/** The values of options under their names; absent ones are undefined, false or empty. */
export type OptionValues<O extends OptionTable> = { readonly [K in keyof O]: ValueOf<O[K]> };

/** What a handler gets: every argument and option under its name. */
export type ArgumentsOf<P extends PositionalTable, O extends OptionTable> = OptionValues<O> & {
  readonly [K in keyof P]: ArgumentOf<P[K]>;
};

/** The properties of `values` that are not undefined: for options objects whose properties may be absent. */
export function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
