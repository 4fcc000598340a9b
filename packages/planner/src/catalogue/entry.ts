/** An entry of the catalogue, and the compact rows that entries are written as. */
import type { FieldTable } from '@mirust/model';

/** A published model: what its memory follows from, and where that was read. */
export interface CatalogueEntry {
  /** `llama-3.1-8b`. */
  readonly name: string;
  /** Other names of models of these very sizes. */
  readonly aliases: readonly string[];
  /**
   * The keys of config.json that tensors and cache follow from. What only the results follow from (frequencies of
   * rotation, epsilons) is left out: this configures no model that runs.
   */
  readonly config: FieldTable;
  /** Parameters, each once; of a model that also sees, those of its text part. */
  readonly parameters: number;
  /** Elements of the tied head that the published checkpoint stores a second time. */
  readonly storedTwiceElements?: number;
  /** Where sizes and counts were read. */
  readonly source: string;
}

/** Vocabulary, hidden size, inner size, layers, heads, heads of keys and values, positions. */
export type Sizes = readonly [number, number, number, number, number, number, number];

const SIZE_KEYS = [
  'vocab_size',
  'hidden_size',
  'intermediate_size',
  'num_hidden_layers',
  'num_attention_heads',
  'num_key_value_heads',
  'max_position_embeddings',
] as const;

/** Keys of a configuration beside the sizes. */
export type Extras = Readonly<Record<string, number | boolean | null>>;

/** A model of a family. */
export interface Row {
  readonly name: string;
  readonly parameters: number;
  readonly sizes: Sizes;
  readonly aliases?: readonly string[];
  readonly extras?: Extras;
  readonly storedTwiceElements?: number;
  /** Where it is not the family's. */
  readonly source?: string;
}

/** The entries of one family: rows that share a `model_type`, keys and a source. */
export function family(modelType: string, source: string, shared: Extras, rows: readonly Row[]): CatalogueEntry[] {
  return rows.map(({ name, parameters, sizes, aliases = [], extras = {}, storedTwiceElements, source: own }) => ({
    name,
    aliases,
    config: new Map<string, unknown>([
      ['model_type', modelType],
      ...SIZE_KEYS.map((key, index): [string, unknown] => [key, sizes[index]]),
      ...Object.entries({ ...shared, ...extras }),
    ]),
    parameters,
    ...(storedTwiceElements === undefined ? {} : { storedTwiceElements }),
    source: own ?? source,
  }));
}
