/**
 * The numbers that describe a model of the llama family: everything that its tensors, its forward program and its
 * memory follow from. The type and its ranges are `schemas/hyperparameters.schema.json`; SLM2's META stores it as is.
 */
import { sanitizeText } from '@mirust/core';
import { type HyperparameterRecord, type RopeScalingRecord, validateHyperparameterRecord } from '@mirust/schemas';
import { modelError } from './errors.ts';

/** Hyperparameters of a llama-family model. Counts and sizes are in elements. */
export type Hyperparameters = HyperparameterRecord;

/** How rotary frequencies are stretched for contexts longer than the trained one. */
export type RopeScaling = RopeScalingRecord;

/**
 * Throws `MODEL_FIELD_RANGE` unless every value is in range and they agree with each other. The limits lie far above
 * any published model and keep every product that a layout forms below 2^53.
 */
export function checkHyperparameters(h: Hyperparameters): void {
  const result = validateHyperparameterRecord(h);
  if (!result.ok) {
    const { path, message } = result.errors[0] ?? { path: '', message: 'is invalid' };
    const key = path.slice(1).replaceAll('/', '.');
    const value = key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], h);
    throw rangeError(key, value, sanitizeText(message));
  }
  if (h.headCount % h.kvHeadCount !== 0) {
    throw rangeError('kvHeadCount', h.kvHeadCount, `must divide headCount ${h.headCount}`);
  }
  const scaling = h.ropeScaling;
  if (scaling?.type === 'llama3' && scaling.highFrequencyFactor <= scaling.lowFrequencyFactor) {
    const rule = `must be above the low-frequency factor ${scaling.lowFrequencyFactor}`;
    throw rangeError('ropeScaling.highFrequencyFactor', scaling.highFrequencyFactor, rule);
  }
}

function rangeError(key: string, value: unknown, rule: string): Error {
  const shown = sanitizeText(String(value));
  return modelError('MODEL_FIELD_RANGE', `${key} is ${shown}, but ${rule}`, { key, actual: shown, expected: rule });
}
