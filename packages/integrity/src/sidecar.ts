/**
 * The sidecar manifest of SLM1: a text beside the container that says what the container cannot.
 *
 * ```
 * manifest_version=1                 always 1
 * model_path=tiny.slm                relative path of the container, `/` between its parts, no `..`
 * byte_length=22272                  of the container
 * slm_version=1                      of the container
 * checksum=0123456789abcdef          the header's, 16 hexadecimal digits
 * vocab_size … max_context=…         the shape, the header's fields
 * tied_output=false
 * tensor_count=12  parameter_count=4824
 * quantization=f32 | q8 | q4 | mixed
 * source_kind=deterministic-smoke | converted-trained
 * quality_claim=none                 or one line of text
 * trained_quality_claim=none         or one line of text, for a trained source only
 * admission_status=not-run | admitted | rejected | undetermined
 * required_next_gate=structure | runtime-smoke | converted-trained | assistant-quality | product-release | none
 * ```
 * UTF-8, one `key=value` per line, lines end with LF, every key exactly once. Written in this order, read in any.
 * Unknown keys are refused: a claim that a reader does not understand is not a claim it may pass on.
 */
import { decodeUtf8, sanitizeText } from '@mirust/core';
import { type IntegrityErrorCode, integrityError } from './errors.ts';

/** A sidecar has 20 lines; this leaves room for any path and claim. */
export const MAX_SIDECAR_BYTES: number = 64 * 1024;
/** Longest value: a path. */
const MAX_VALUE_CHARACTERS = 4096;

/** What a model was made from: weights of a formula, or a trained checkpoint. */
export const SOURCE_KINDS = ['deterministic-smoke', 'converted-trained'] as const;
/** What the gate said; `not-run` where nobody asked it. */
export const ADMISSION_STATES = ['not-run', 'admitted', 'rejected', 'undetermined'] as const;
/** The ladder of gates, in order; `none` is above the last one. */
export const GATES = [
  'structure',
  'runtime-smoke',
  'converted-trained',
  'assistant-quality',
  'product-release',
  'none',
] as const;
/** Storage type of all matrices, or `mixed`. */
export const SIDECAR_QUANTIZATIONS = ['f32', 'q8', 'q4', 'mixed'] as const;

/** One of {@link SOURCE_KINDS}. */
export type SourceKind = (typeof SOURCE_KINDS)[number];
/** One of {@link ADMISSION_STATES}. */
export type AdmissionState = (typeof ADMISSION_STATES)[number];
/** One of {@link GATES}. */
export type Gate = (typeof GATES)[number];
/** One of {@link SIDECAR_QUANTIZATIONS}. */
export type SidecarQuantization = (typeof SIDECAR_QUANTIZATIONS)[number];

/** What a sidecar manifest says. */
export interface SidecarManifest {
  readonly modelPath: string;
  readonly byteLength: number;
  /** 16 hexadecimal digits. */
  readonly checksum: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly kvHeadCount: number;
  readonly headDim: number;
  readonly ffnSize: number;
  readonly maxContext: number;
  readonly tiedOutput: boolean;
  readonly tensorCount: number;
  readonly parameterCount: number;
  readonly quantization: SidecarQuantization;
  readonly sourceKind: SourceKind;
  /** `none`, or one line of text. */
  readonly qualityClaim: string;
  /** `none`, or one line of text; a smoke model cannot claim trained quality. */
  readonly trainedQualityClaim: string;
  readonly admissionStatus: AdmissionState;
  readonly requiredNextGate: Gate;
}

/** How the value of a key is checked and read; undefined where the text is not a value of the key. */
type Parse<T> = (text: string) => T | undefined;

const count: Parse<number> = (text) =>
  /^[1-9][0-9]{0,15}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
const flag: Parse<boolean> = (text) => (text === 'true' ? true : text === 'false' ? false : undefined);
const claim: Parse<string> = (text) => (text.trim() === text && text !== '' ? text : undefined);
const hex: Parse<string> = (text) => (/^[0-9a-f]{16}$/.test(text) ? text : undefined);
const oneOf =
  <T extends string>(allowed: readonly T[]): Parse<T> =>
  (text) =>
    allowed.find((value) => value === text);
const path: Parse<string> = (text) => {
  const parts = text.split('/');
  const plain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:]/.test(part));
  return plain ? text : undefined;
};

/** Every key but the two versions, in the order of the file. */
const FIELDS: { readonly [K in keyof SidecarManifest]: readonly [key: string, parse: Parse<SidecarManifest[K]>] } = {
  modelPath: ['model_path', path],
  byteLength: ['byte_length', count],
  checksum: ['checksum', hex],
  vocabSize: ['vocab_size', count],
  hiddenSize: ['hidden_size', count],
  layerCount: ['layer_count', count],
  headCount: ['head_count', count],
  kvHeadCount: ['kv_head_count', count],
  headDim: ['head_dim', count],
  ffnSize: ['ffn_size', count],
  maxContext: ['max_context', count],
  tiedOutput: ['tied_output', flag],
  tensorCount: ['tensor_count', count],
  parameterCount: ['parameter_count', count],
  quantization: ['quantization', oneOf(SIDECAR_QUANTIZATIONS)],
  sourceKind: ['source_kind', oneOf(SOURCE_KINDS)],
  qualityClaim: ['quality_claim', claim],
  trainedQualityClaim: ['trained_quality_claim', claim],
  admissionStatus: ['admission_status', oneOf(ADMISSION_STATES)],
  requiredNextGate: ['required_next_gate', oneOf(GATES)],
};
const VERSIONS = ['manifest_version', 'slm_version'] as const;
const KEYS: ReadonlySet<string> = new Set([...VERSIONS, ...Object.values(FIELDS).map(([key]) => key)]);

/**
 * Reads a sidecar manifest. Throws `MANIFEST_TOO_LARGE`, `INVALID_UTF8`, `MANIFEST_SYNTAX`,
 * `MANIFEST_CONTROL_CHARACTER`, `MANIFEST_VERSION`, `MANIFEST_KEY_DUPLICATE`, `MANIFEST_KEY_UNKNOWN`,
 * `MANIFEST_KEY_MISSING` or `MANIFEST_VALUE`, naming key and byte offset.
 */
export function readSidecar(bytes: Uint8Array): SidecarManifest {
  const values = readLines(bytes);
  for (const key of VERSIONS) {
    const version = required(values, key);
    if (version !== '1') throw fail('MANIFEST_VERSION', `${key} is ${sanitizeText(version)}, expected 1`, key);
  }
  for (const key of values.keys()) {
    if (!KEYS.has(key)) throw fail('MANIFEST_KEY_UNKNOWN', `unknown key ${sanitizeText(key)}`, key);
  }
  const field = <K extends keyof SidecarManifest>(name: K): SidecarManifest[K] => {
    const [key, parse] = FIELDS[name];
    const text = required(values, key);
    const value = parse(text);
    if (value === undefined) throw fail('MANIFEST_VALUE', `${key} cannot be "${sanitizeText(text)}"`, key);
    return value;
  };
  const manifest: SidecarManifest = {
    modelPath: field('modelPath'),
    byteLength: field('byteLength'),
    checksum: field('checksum'),
    vocabSize: field('vocabSize'),
    hiddenSize: field('hiddenSize'),
    layerCount: field('layerCount'),
    headCount: field('headCount'),
    kvHeadCount: field('kvHeadCount'),
    headDim: field('headDim'),
    ffnSize: field('ffnSize'),
    maxContext: field('maxContext'),
    tiedOutput: field('tiedOutput'),
    tensorCount: field('tensorCount'),
    parameterCount: field('parameterCount'),
    quantization: field('quantization'),
    sourceKind: field('sourceKind'),
    qualityClaim: field('qualityClaim'),
    trainedQualityClaim: field('trainedQualityClaim'),
    admissionStatus: field('admissionStatus'),
    requiredNextGate: field('requiredNextGate'),
  };
  if (manifest.sourceKind !== 'converted-trained' && manifest.trainedQualityClaim !== 'none') {
    const message = 'trained_quality_claim must be none: the source is not a trained model';
    throw fail('MANIFEST_VALUE', message, 'trained_quality_claim');
  }
  return manifest;
}

/** Writes a sidecar manifest. Throws RangeError for values that {@link readSidecar} would refuse. */
export function writeSidecar(manifest: SidecarManifest): Uint8Array {
  const lines = [['manifest_version', '1']];
  for (const [name, [key]] of Object.entries(FIELDS)) {
    lines.push([key, String(manifest[name as keyof SidecarManifest])]);
    if (name === 'byteLength') lines.push(['slm_version', '1']);
  }
  const bytes = new TextEncoder().encode(lines.map((line) => `${line.join('=')}\n`).join(''));
  try {
    readSidecar(bytes);
  } catch (cause) {
    throw new RangeError(`not a sidecar manifest: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  return bytes;
}

function readLines(bytes: Uint8Array): Map<string, string> {
  if (bytes.byteLength > MAX_SIDECAR_BYTES) {
    const message = `a sidecar manifest of ${bytes.byteLength} bytes`;
    throw integrityError('MANIFEST_TOO_LARGE', message, { limit: MAX_SIDECAR_BYTES, actual: bytes.byteLength });
  }
  const text = decodeUtf8(bytes, 'the sidecar manifest');
  const values = new Map<string, string>();
  let offset = 0;
  for (const line of (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')) {
    const split = line.indexOf('=');
    const key = line.slice(0, split);
    const value = line.slice(split + 1);
    if (split < 1) throw fail('MANIFEST_SYNTAX', `no key=value line: "${sanitizeText(line)}"`, undefined, offset);
    if (/\p{Cc}/u.test(line)) {
      throw fail('MANIFEST_CONTROL_CHARACTER', `control character in "${sanitizeText(line)}"`, key, offset);
    }
    if (values.has(key)) throw fail('MANIFEST_KEY_DUPLICATE', `${sanitizeText(key)} is there twice`, key, offset);
    if (value.length > MAX_VALUE_CHARACTERS) {
      throw fail('MANIFEST_VALUE', `the value of ${sanitizeText(key)} has ${value.length} characters`, key, offset);
    }
    values.set(key, value);
    offset += new TextEncoder().encode(line).byteLength + 1;
  }
  return values;
}

function required(values: ReadonlyMap<string, string>, key: string): string {
  const value = values.get(key);
  if (value === undefined) throw fail('MANIFEST_KEY_MISSING', `${key} is missing`, key);
  return value;
}

function fail(code: IntegrityErrorCode, message: string, key?: string, offset?: number): Error {
  return integrityError(code, message, {
    ...(key === undefined ? {} : { key: sanitizeText(key) }),
    ...(offset === undefined ? {} : { offset }),
  });
}
