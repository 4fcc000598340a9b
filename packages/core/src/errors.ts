/**
 * The one error type for bad files and failed input/output.
 *
 * Bad *arguments* are a TypeError (wrong type) or a RangeError (wrong value). Everything that a file, a server or
 * a disk can do wrong is a {@link MirustError}: it carries a stable code, where the trouble is, and a remedy, so
 * that a command can print one clear line and choose an exit status without parsing prose.
 *
 * Each package that reads something keeps its own table of codes (`<NAME>_ERRORS`), one entry for every way in
 * which its input can be wrong; `docs/errors.md` is generated from those tables.
 */

/** What kind of trouble an error is. Commands map classes to exit statuses; findings of the gate carry them. */
export type ErrorClass =
  /** The bytes do not follow the container's format. */
  | 'structure'
  /** A digest or checksum does not match. */
  | 'integrity'
  /** Tensors or hyperparameters do not follow the architecture's contract. */
  | 'contract'
  /** The tokenizer is damaged, or cannot be expressed as asked. */
  | 'tokenizer'
  /** The values of the weights are not what a trained model has. */
  | 'weights'
  /** The chat template cannot be used, or does what a template has no reason to do. */
  | 'template'
  /** What the user of the gate demands is not met. */
  | 'policy'
  /** Where the file comes from is not proven: a signature, a licence, a source. */
  | 'provenance'
  /** The model does not say what it should. */
  | 'behaviour'
  /** A well-formed input that this version does not support. */
  | 'unsupported'
  /** A limit of memory, context or size would be passed. */
  | 'resource'
  /** The disk, network or server failed. */
  | 'io';

/** One row of an error table. */
export interface ErrorEntry {
  readonly class: ErrorClass;
  /** One sentence: when this happens. */
  readonly when: string;
  /** One sentence: what the user can do. */
  readonly remedy: string;
}

/** A package's error codes; the keys are the codes. */
export type ErrorTable = Readonly<Record<string, ErrorEntry>>;

/** Where and what: the typed context of a {@link MirustError}. All fields are optional. */
export interface ErrorContext {
  /** Absolute byte offset in the file. */
  readonly offset?: number | bigint;
  /** Name of the file, where more than one is involved. */
  readonly file?: string;
  readonly tensor?: string;
  /** Index of a value in its tensor, row by row. */
  readonly element?: number;
  /** Metadata key or header field. */
  readonly key?: string;
  readonly limit?: number | bigint;
  readonly actual?: number | bigint | string;
  readonly expected?: number | bigint | string;
  /** Replaces the table's remedy where a better one is known. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** A bad file, or a disk or network that failed. See the module comment. */
export class MirustError extends Error {
  readonly code: string;
  readonly class: ErrorClass;
  readonly remedy: string;
  readonly context: Omit<ErrorContext, 'cause' | 'remedy'>;

  constructor(code: string, entry: ErrorEntry, message: string, context: ErrorContext = {}) {
    const { cause, remedy, ...rest } = context;
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'MirustError';
    this.code = code;
    this.class = entry.class;
    this.remedy = remedy ?? entry.remedy;
    this.context = rest;
  }

  /** Byte offset in the file, where the trouble has one. */
  get offset(): number | bigint | undefined {
    return this.context.offset;
  }
}

/** Narrows an unknown thrown value to a {@link MirustError}, optionally of one code. */
export function isMirustError(error: unknown, code?: string): error is MirustError {
  return error instanceof MirustError && (code === undefined || error.code === code);
}

/** The same error with the file named, where it names none: of many files the user must know which. Others as they are. */
export function inFile(error: unknown, file: string): unknown {
  if (!isMirustError(error) || error.context.file !== undefined) return error;
  const { code, class: errorClass, remedy, message, context } = error;
  const entry = { class: errorClass, when: '', remedy };
  return new MirustError(code, entry, `${file}: ${message}`, { ...context, file, cause: error });
}

/** The codes of this package: byte reading, arithmetic on file values, sources and sinks. */
export const CORE_ERRORS = {
  TRUNCATED: {
    class: 'structure',
    when: 'The file ends before a value that its own header announces.',
    remedy: 'Fetch the file again; it was cut short or its header is damaged.',
  },
  OVERFLOW: {
    class: 'structure',
    when: 'A sum or product of values from the file passes 2^53 - 1.',
    remedy: 'Do not use the file; no real model has such sizes.',
  },
  INVALID_UTF8: {
    class: 'structure',
    when: 'Bytes that must be text are not valid UTF-8.',
    remedy: 'Write the file again with a correct exporter.',
  },
  SHAPE_INVALID: {
    class: 'structure',
    when: 'A tensor shape has a rank or a dimension that no tensor can have.',
    remedy: 'Write the file again with a correct exporter.',
  },
  BLOCK_MISMATCH: {
    class: 'structure',
    when: 'The rows of a tensor do not divide into the blocks of its type.',
    remedy: 'Choose a type with smaller blocks for this tensor.',
  },
  SOURCE_NOT_FOUND: {
    class: 'io',
    when: 'The file or URL does not exist.',
    remedy: 'Check the path.',
  },
  SOURCE_READ: {
    class: 'io',
    when: 'Reading from the disk or the server failed.',
    remedy: 'Check permissions and the connection, then try again.',
  },
  SOURCE_CHANGED: {
    class: 'io',
    when: 'The file or the server answer changed while it was being read.',
    remedy: 'Make sure that nothing rewrites the file, then try again.',
  },
  SOURCE_NO_RANGES: {
    class: 'io',
    when: 'The server does not answer byte-range requests or does not tell the length.',
    remedy: 'Serve the file from a host that supports HTTP ranges, or download it first.',
  },
  SINK_WRITE: {
    class: 'io',
    when: 'Writing the output failed.',
    remedy: 'Check permissions and the path of the output.',
  },
  SINK_NO_SPACE: {
    class: 'io',
    when: 'The disk is full.',
    remedy: 'Free some space, or write to another disk. Nothing half-written was left behind.',
  },
} as const;

/** A code of {@link CORE_ERRORS}. */
export type CoreErrorCode = keyof typeof CORE_ERRORS;

/** Makes an error of this package's table. */
export function coreError(code: CoreErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, CORE_ERRORS[code], message, context);
}
