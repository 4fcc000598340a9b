/**
 * A model, described once. Pack maps a source onto the contract, admission checks a file against it, the planner
 * prints the layout, the runtime allocates the layout and executes the program: four readers of one description.
 */
import { sanitizeText } from '@mirust/core';
import { llamaContract, llamaProgram } from './architectures/llama.ts';
import type { TensorSpec } from './contract.ts';
import { modelError } from './errors.ts';
import { checkHyperparameters, type Hyperparameters } from './hyperparameters.ts';
import type { Program } from './program.ts';

/** Name of a supported architecture, as SLM2's META stores it. */
export type ArchitectureName = 'llama';

/** Everything that follows from architecture and hyperparameters. */
export interface ModelDescription {
  readonly architecture: ArchitectureName;
  readonly hyperparameters: Hyperparameters;
  readonly contract: readonly TensorSpec[];
  readonly program: Program;
}

/** How an architecture turns hyperparameters into a contract and a program. */
interface Architecture {
  contract(h: Hyperparameters): TensorSpec[];
  program(h: Hyperparameters): Program;
}

const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ['llama', { contract: llamaContract, program: llamaProgram }],
]);

/**
 * Describes a model. Throws `MODEL_ARCHITECTURE` for a name that is not supported and `MODEL_FIELD_RANGE` for
 * hyperparameters that no model can have.
 */
export function describeModel(architecture: string, hyperparameters: Hyperparameters): ModelDescription {
  const found = ARCHITECTURES.get(architecture);
  if (found === undefined) {
    throw modelError('MODEL_ARCHITECTURE', `architecture "${sanitizeText(architecture)}" is not supported`, {
      key: 'architecture',
    });
  }
  checkHyperparameters(hyperparameters);
  return {
    architecture: architecture as ArchitectureName,
    hyperparameters,
    contract: found.contract(hyperparameters),
    program: found.program(hyperparameters),
  };
}
