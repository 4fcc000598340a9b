/** Texts and tokenizers: read, used, and held against what else can be said of them. */
import { findRule, parsePolicy } from '@mirust/admission';
import { fileSetOf, openDescription } from '@mirust/checkpoint';
import { decodeUtf8, isJsonArray, isJsonObject, isMirustError, memorySource, parseStrictJson } from '@mirust/core';
import { readManifest, readSidecar, writeManifest, writeSidecar } from '@mirust/integrity';
import {
  checkTokenizerModel,
  readBpe1,
  readBtok,
  readTokn,
  tokenizerFromHuggingFace,
  tokenizerFromLlama2c,
  tokenizerFromSentencePiece,
  writeBpe1,
  writeBtok,
  writeTokn,
} from '@mirust/tokenizer';
import { byteLevelJson } from '../seeds.mjs';
import { checkTokenizer, must, same } from './invariants.mjs';

/** The platform's parser: undefined where it refuses. */
function platformJson(text) {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** A strict value as the platform has it. */
function plain(value) {
  if (isJsonObject(value)) return [...value].map(([key, one]) => [key, plain(one)]);
  return isJsonArray(value) ? value.map(plain) : value;
}

function plainPlatform(value) {
  if (Array.isArray(value)) return value.map(plainPlatform);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([key, one]) => [key, plainPlatform(one)]);
}

const sorted = (value) =>
  Array.isArray(value) ? value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : value;

/** What is strict is JSON, with the same value; what is refused for its grammar is no JSON. */
export async function runJson(bytes) {
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    text = undefined;
  }
  const platform = text === undefined ? undefined : platformJson(text);
  try {
    const value = parseStrictJson(bytes);
    must(platform !== undefined, () => 'the platform refuses what is strict');
    // Objects put keys that are numbers first: the order of members is not compared.
    must(same(sorted(plain(value)), sorted(plainPlatform(platform.value))), () => 'the platform reads another value');
  } catch (error) {
    const grammar = isMirustError(error, 'JSON_SYNTAX') || isMirustError(error, 'JSON_TRAILING');
    must(!grammar || platform === undefined, () => `the platform reads what is refused: ${error.message}`);
    if (isMirustError(error)) must(error.offset >= 0 && error.offset <= bytes.length, () => `offset ${error.offset}`);
    throw error;
  }
}

export async function runTokenizerJson(bytes, deep) {
  checkTokenizer(tokenizerFromHuggingFace(decodeUtf8(bytes, 'the text')).model, deep);
}

const TOKENIZER = JSON.stringify(byteLevelJson());

export async function runTokenizerConfig(bytes, deep) {
  checkTokenizer(tokenizerFromHuggingFace(TOKENIZER, decodeUtf8(bytes, 'the text')).model, deep);
}

export async function runSentencePiece(bytes, deep) {
  checkTokenizer(tokenizerFromSentencePiece(bytes).model, deep);
}

/** The size stands in the model's file; here it is that of the seeds. */
export const LLAMA2C_VOCABULARY = 262;

export async function runLlama2cTokenizer(bytes, deep) {
  checkTokenizer(tokenizerFromLlama2c(bytes, LLAMA2C_VOCABULARY).model, deep);
}

export async function runBpe1(bytes, deep) {
  const isBytes = bytes[1] === 0x54;
  const model = isBytes ? readBtok(bytes) : readBpe1(bytes);
  if (deep) rewriteSection(model, isBytes);
  checkTokenizer(model, deep);
}

function rewriteSection(model, isBytes) {
  const again = isBytes ? readBtok(writeBtok(model)) : readBpe1(writeBpe1(model));
  must(same(again, model), () => 'a written section is read differently');
}

export async function runTokn(bytes, deep) {
  const model = readTokn(bytes);
  checkTokenizerModel(model);
  must(same(writeTokn(model), bytes), () => 'TOKN changes when it is written again');
  checkTokenizer(model, deep);
}

export async function runConfig(bytes) {
  const description = await openDescription(fileSetOf(new Map([['config.json', memorySource(bytes)]]), 'config.json'));
  if (description === undefined) return;
  const { contract } = description.model;
  must(contract.length > 0 && contract.every(({ shape }) => shape.every((dim) => dim >= 1)), () => 'an empty contract');
}

export async function runManifest(bytes, deep) {
  const manifest = readManifest(bytes);
  if (!deep) return;
  must(
    same(readManifest(writeManifest(manifest)), sortedKeys(manifest)),
    () => 'a written manifest is read differently',
  );
}

function sortedKeys(value) {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedKeys(value[key])]),
  );
}

/** A policy that is taken can be made again of what it says, and lets nothing pass that must not be excused. */
export async function runPolicy(bytes) {
  const policy = parsePolicy(new TextDecoder().decode(bytes));
  const accused = [...policy.severities, ...policy.suppressions.map(({ rule }) => [rule, 'warning'])];
  for (const [code, severity] of accused) {
    must(findRule(code)?.code === code, () => `a rule that there is not: ${code}`);
    must(severity === 'error' || !FIXED.test(code), () => `${code} is excused`);
  }
  const { memory, maxFileBytes } = policy;
  for (const size of [memory?.budgetBytes, maxFileBytes]) {
    must(size === undefined || (Number.isSafeInteger(size) && size >= 0), () => `a size of ${size}`);
  }
}

/** Codes of what the runtime refuses, by what they are about. */
const FIXED = /^(GGUF|SLM[12]|JSON|CHUNK|MODEL|TRUNCATED|OVERFLOW|CHECKPOINT_(PICKLE|FORMAT|EMPTY))/;

export async function runSidecar(bytes, deep) {
  const manifest = readSidecar(bytes);
  if (!deep) return;
  must(same(readSidecar(writeSidecar(manifest)), manifest), () => 'a written sidecar is read differently');
}
