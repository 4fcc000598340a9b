/** Every format that is read: how its inputs are made, what is done with them, which code is its own. */
import { isMirustError } from '@mirust/core';
import { ggufGrammar } from '../outlines/gguf.mjs';
import { jsonGrammar } from '../outlines/json.mjs';
import { protobufGrammar } from '../outlines/protobuf.mjs';
import { safetensorsGrammar } from '../outlines/safetensors.mjs';
import { slm1Grammar } from '../outlines/slm1.mjs';
import { slm2Grammar } from '../outlines/slm2.mjs';
import { bpe1Grammar, llama2cGrammar, llama2cTokenizerGrammar, toknGrammar } from '../outlines/tokenizer-sections.mjs';
import { llama2cTokenizer } from '../seeds.mjs';
import * as containers from './containers.mjs';
import * as documents from './documents.mjs';
import { runGate, runLlama2c } from './gate.mjs';
import { must } from './invariants.mjs';

/** A plain text: no outline, lines as rows. */
const linesGrammar = {
  outline(bytes) {
    const items = [];
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] !== 0x0a) continue;
      items.push({ start, end: at });
      start = at + 1;
    }
    return { fields: [], lengths: [], groups: [{ kind: 'line', items, separator: '\n' }], texts: [] };
  },
};

const llama2cFiles = (bytes) => ({ 'a.bin': bytes, 'tokenizer.bin': LLAMA2C_TOKENIZER });
const LLAMA2C_TOKENIZER = llama2cTokenizer();
const single = (name) => (bytes) => ({ [name]: bytes });

/**
 * `own`: the reader's files, whose blocks are counted in reports. `gate`: the files that the gate is given now and then,
 * the one it is pointed at, and how the codes of the container begin.
 */
export const TARGETS = {
  slm1: {
    grammar: slm1Grammar,
    run: containers.runSlm1,
    own: /\/slm\/(dist|src)\/(slm1\/(?!write|layout)|_regions|_place)/,
    gate: { files: single('a.slm'), primary: 'a.slm', prefix: 'SLM1_' },
  },
  slm2: {
    grammar: slm2Grammar,
    run: containers.runSlm2,
    own: /\/slm\/(dist|src)\/(slm2\/(?!write|layout)|_regions|_place)/,
    gate: { files: single('a.slm'), primary: 'a.slm', prefix: 'SLM2_' },
  },
  gguf: {
    grammar: ggufGrammar,
    run: containers.runGguf,
    own: /\/gguf\/(dist|src)\/(?!_?write|_byte-builder)/,
    gate: { files: single('a.gguf'), primary: 'a.gguf', prefix: 'GGUF_' },
  },
  safetensors: {
    grammar: safetensorsGrammar,
    run: containers.runSafetensors,
    own: /\/safetensors\/(dist|src)\/(?!index-file|sharded)/,
    gate: { files: single('a.safetensors'), primary: 'a.safetensors', prefix: 'SAFETENSORS_' },
  },
  'safetensors-index': {
    grammar: jsonGrammar,
    run: containers.runSafetensorsIndex,
    own: /\/safetensors\/(dist|src)\/index-file/,
  },
  json: { grammar: jsonGrammar, run: documents.runJson, own: /\/core\/(dist|src)\/(_json-reader|json|_utf8)\./ },
  'tokenizer-json': {
    grammar: jsonGrammar,
    run: documents.runTokenizerJson,
    own: /\/tokenizer\/(dist|src)\/(huggingface|_hf-|_vocabulary)/,
  },
  'tokenizer-config': {
    grammar: jsonGrammar,
    run: documents.runTokenizerConfig,
    own: /\/tokenizer\/(dist|src)\/_hf-config/,
  },
  sentencepiece: {
    grammar: protobufGrammar,
    run: documents.runSentencePiece,
    own: /\/tokenizer\/(dist|src)\/(sentencepiece|_protobuf)/,
  },
  llama2c: {
    grammar: llama2cGrammar,
    run: (bytes) => runLlama2c(bytes, LLAMA2C_TOKENIZER),
    own: /\/checkpoint\/(dist|src)\/formats\/llama2c/,
    gate: { files: llama2cFiles, primary: 'a.bin', prefix: 'LLAMA2C_' },
  },
  'llama2c-tokenizer': {
    grammar: llama2cTokenizerGrammar,
    run: documents.runLlama2cTokenizer,
    own: /\/tokenizer\/(dist|src)\/llama2c/,
  },
  bpe1: { grammar: bpe1Grammar, run: documents.runBpe1, own: /\/tokenizer\/(dist|src)\/(bpe1-read|btok)/ },
  tokn: {
    grammar: toknGrammar,
    run: documents.runTokn,
    own: /\/tokenizer\/(dist|src)\/(tokn-read|_tokn-layout|_check-fields|_tables)/,
  },
  config: {
    grammar: jsonGrammar,
    run: documents.runConfig,
    own: /\/model\/(dist|src)\/(huggingface-config|_fields|hyperparameters|description)/,
  },
  manifest: { grammar: jsonGrammar, run: documents.runManifest, own: /\/integrity\/(dist|src)\/manifest/ },
  policy: {
    grammar: jsonGrammar,
    run: documents.runPolicy,
    own: /\/admission\/(dist|src)\/policy\/(policy|presets)/,
  },
  sidecar: { grammar: linesGrammar, run: documents.runSidecar, own: /\/integrity\/(dist|src)\/sidecar/ },
};

/** Longest message of an error: names from a file are cut before they get into one. */
const MAX_MESSAGE_CHARACTERS = 2000;

/** Characters that would act on a terminal or a log: controls, and what turns the direction of text. */
const ACTIVE_CHARACTERS = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/**
 * One execution. Gives the code of the error that the input was refused with, or `ok`; everything else that is thrown is
 * a finding. `deep`: what was read is written again and read once more; `withGate`: the gate gets the same bytes too.
 */
export async function execute(target, bytes, { deep, withGate }) {
  let outcome = 'ok';
  // The reader may keep views of its input, and the oracle compares with it later.
  const before = withGate ? bytes.slice() : bytes;
  try {
    await target.run(bytes, deep);
  } catch (error) {
    if (!isMirustError(error)) throw error;
    outcome = error.code;
    const { message } = error;
    must(message.length <= MAX_MESSAGE_CHARACTERS, () => `${outcome}: a message of ${message.length} characters`);
    must(
      !ACTIVE_CHARACTERS.test(message),
      () => `${outcome}: a message with active characters: ${JSON.stringify(message)}`,
    );
  }
  const { gate } = target;
  if (withGate && gate !== undefined) {
    // What the container's reader says, apart from tokenizer and hyperparameters that come after it.
    const accepted = outcome === 'ok' || !outcome.startsWith(gate.prefix);
    await runGate(gate.files(before), gate.primary, { prefix: gate.prefix, accepted });
  }
  return outcome;
}
