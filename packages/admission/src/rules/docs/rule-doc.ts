/**
 * What is written about a rule beyond its two sentences: why it exists, and an input that breaks it. Examples are data, so
 * that a test can make the file and hold the gate's words against what is written here.
 */

import type { AdmissionPolicy } from '@mirust/schemas';

/** The documentation of one rule. */
export interface RuleDoc {
  /** One paragraph: what the rule demands, what goes wrong where nobody checks it, how files come to break it. */
  readonly about: string;
  readonly example: RuleExample;
}

/** An input that breaks the rule. */
export interface RuleExample {
  readonly input: ExampleInput;
  /**
   * The message of the finding. ` (at byte N)` stands behind it where the finding has an offset and the input shows it: rows,
   * text, and artifacts with changes at absolute places.
   */
  readonly says: string;
}

/** Documentation by code. */
export type RuleDocs = Readonly<Record<string, RuleDoc>>;

/**
 * A run of bytes and what it means: `['u32 3', 'version']`. Values are `u8 1`, `u16 1`, `u32 1`, `u64 1`, `f32 0.5`, all
 * little-endian; `"text"` in UTF-8; `string "text"`, as GGUF has it, with a u64 length in front; `hex 0a 05`; `zeros 64`.
 */
export type ByteRow = readonly [value: string, meaning: string];

/** An input, as it is shown and as the test makes it. What is not mentioned of a checkpoint is as it should be. */
export type ExampleInput =
  /** A whole file, byte by byte. */
  | { readonly file: string; readonly rows: readonly ByteRow[] }
  /** A whole text file of a Hugging Face directory. */
  | { readonly file: string; readonly text: string }
  /** A JSON file of a Hugging Face directory with other values in some fields; undefined: without the field. */
  | { readonly file: string; readonly fields: Readonly<Record<string, unknown>> }
  /** A GGUF with some other keys or tensors. */
  | { readonly gguf: GgufChange }
  /** An SLM1 or SLM2 file with some other bytes. */
  | ArtifactChange
  /** An SLM2 file with these sections, each `KIND` or `KIND (flags N)`; those that no version knows have one byte. */
  | { readonly sections: readonly string[] }
  /** An SLM2 file whose META has one text in the place of another, or has it appended where `from` is empty. */
  | { readonly meta: { readonly from: string; readonly to: string } }
  /** The tokenizer section of an SLM1 or SLM2 file. */
  | { readonly section: 'BTOK' | 'BPE1' | 'TOKN'; readonly rows: readonly ByteRow[] }
  /** A GGUF that is admitted but for its chat template. */
  | { readonly template: string }
  /** A GGUF that is admitted, under a policy of these fields. */
  | { readonly policy: Omit<AdmissionPolicy, 'version'> }
  /** What is better said than shown. The test has the code that makes it. */
  | { readonly described: string };

/** How a GGUF differs from one that is admitted. */
export interface GgufChange {
  /** `key`, type and value as a {@link ByteRow} has them; a list stands for an array. */
  readonly keys?: readonly (readonly [key: string, value: string | readonly string[]])[];
  readonly without?: readonly string[];
  /** Tensors behind the others: a name, its ggml type and shape, outermost dimension first. All values are 0. */
  readonly tensors?: readonly (readonly [name: string, type: string, shape: readonly number[]])[];
}

/** How an artifact differs from one that is admitted. */
export interface ArtifactChange {
  readonly artifact: 'SLM1' | 'SLM2';
  readonly changes: readonly ByteChange[];
  /** Checksum or digests are made right again, as an attacker or a wrong packer would. */
  readonly resealed?: true;
  /** The file is cut or filled up with zeros by so many bytes; negative: cut. */
  readonly grownBy?: number;
}

/** Other bytes at one place. */
export interface ByteChange {
  /** Bytes from the start of the file, or of `in`. */
  readonly at: number;
  /** A tensor's `entry`, `payload` or `scales`; a section's `entry` or `content`. */
  readonly in?: readonly [what: 'entry' | 'payload' | 'scales' | 'content', of: string];
  readonly to: ByteRow;
}
