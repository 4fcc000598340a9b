/** Policies that come with the gate. */
import type { AdmissionPolicy } from '@mirust/schemas';

/** The name of a bundled policy. */
export type PresetName = NonNullable<AdmissionPolicy['extends']>;

/** A policy that a file may start from. */
export const PRESETS: Readonly<Record<PresetName, AdmissionPolicy>> = {
  'browser-512mb': {
    version: 1,
    description: 'A model that a page loads and runs within half a gigabyte, cache of 2,048 positions included.',
    formats: ['slm2', 'gguf'],
    maxFileBytes: '512MiB',
    memory: { budget: '512MiB', context: 2048, kvCache: 'f16' },
  },
  server: {
    version: 1,
    description: 'A model that a process of 32-bit WebAssembly serves, and that says under which licence.',
    formats: ['slm2', 'gguf', 'huggingface'],
    memory: { budget: '4GiB' },
    provenance: { require: ['license'] },
  },
  strict: {
    version: 1,
    description: 'Whatever could be a sign of damage or malice refuses the model.',
    provenance: { require: ['license'] },
    severities: {
      ADMISSION_WEIGHT_ZERO: 'error',
      ADMISSION_WEIGHT_CONSTANT: 'error',
      ADMISSION_ROUND_TRIP: 'error',
      ADMISSION_NOT_SCANNED: 'error',
      ADMISSION_UNSAFE_NEIGHBOUR: 'error',
      // Many sound models say nothing of it; who needs it to be named makes it an error again.
      POLICY_PROVENANCE: 'warning',
    },
  },
};
