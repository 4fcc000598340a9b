/** Rules of models: architecture, hyperparameters, the tensor contract. */
import type { RuleDocs } from './rule-doc.ts';

export const MODEL_DOCS: RuleDocs = {
  MODEL_FIELD_MISSING: {
    about:
      'What a model cannot do without must be stated; only fields that transformers or llama.cpp fill in themselves have a default here, and the same one. A guessed size fails loudly at the first tensor, but a guessed epsilon or theta gives text that is almost right, which is worse.',
    example: { input: { file: 'config.json', fields: { hidden_size: undefined } }, says: 'hidden_size is missing' },
  },
  MODEL_FIELD_TYPE: {
    about:
      'A number is a number and not a text that looks like one. Languages that convert silently make "8" + "8" 88, and a list with one element a number; what they compute from it depends on the operator. Such files are edited by hand or made by templates.',
    example: {
      input: { file: 'config.json', fields: { hidden_size: '8' } },
      says: 'hidden_size is a string ("8"), expected a number',
    },
  },
  MODEL_FIELD_RANGE: {
    about:
      'Sizes are positive and below limits far above any published model, heads for keys divide heads for queries, epsilon and theta are positive. Every length of a tensor or buffer is a product of these numbers, so a 0 becomes a division by zero and a huge one an allocation, in planners as much as in readers; CVE-2025-0317 was such a division.',
    example: {
      input: { file: 'config.json', fields: { num_key_value_heads: 3 } },
      says: 'kvHeadCount is 3, but must divide headCount 4',
    },
  },
  MODEL_TENSOR_MISSING: {
    about:
      'Architecture and sizes say which tensors the model has, and all must be there. Frameworks initialize what is missing with random values, print a warning and go on; the model then talks nonsense, or almost sense if only a norm is absent.',
    example: {
      input: { described: 'model.safetensors has no tensor model.norm.weight.' },
      says: 'tensor norm.weight is missing',
    },
  },
  MODEL_TENSOR_UNKNOWN: {
    about:
      'A tensor that the architecture has no place for is not ignored. It may be a bias, an adapter or a scale that changes the results when another program applies it; or it is the sign that the configuration belongs to a different model.',
    example: {
      input: { described: 'model.safetensors has a tensor model.layers.0.self_attn.q_proj.bias.' },
      says: 'tensor model.layers.0.self_attn.q_proj.bias has no place in this architecture',
    },
  },
  MODEL_TENSOR_SHAPE: {
    about:
      'Each shape must be the one that the sizes of the model give. Kernels loop over the sizes of the model, not of the tensor: a matrix that is smaller is read past its end, one that is transposed or larger gives wrong results without any error.',
    example: {
      input: { file: 'config.json', fields: { vocab_size: 13 } },
      says: 'tensor output.weight has shape [12, 8], expected [13, 8]',
    },
  },
  MODEL_ARCHITECTURE: {
    about:
      'The name of the architecture decides which program the weights are run by. Many architectures have tensors of the same names and shapes and differ in an activation or a normalization; to run one by the program of another gives fluent nonsense. So only names that are known to fit are accepted.',
    example: {
      input: { file: 'config.json', fields: { model_type: 'gpt2', architectures: ['GPT2LMHeadModel'] } },
      says: 'architecture GPT2LMHeadModel is not supported',
    },
  },
  MODEL_FEATURE: {
    about:
      'Some options change what a model computes: another activation, biases, partial rotation, experts, kinds of rope scaling. One that is not implemented is refused by its name, never left out, since a model without it still produces text and nobody could see that it is the wrong text.',
    example: {
      input: { file: 'config.json', fields: { hidden_act: 'gelu' } },
      says: 'the model uses activation "gelu", which is not supported',
    },
  },
  MODEL_CONTEXT: {
    about:
      'Rotary positions beyond the declared context were never trained, and the text falls apart there, in some models at the first such token. The rule speaks where a context is chosen, in planner and runtime; the gate lays a model out within what it declares.',
    example: {
      input: { described: 'A context of 64 is asked for, and config.json has "max_position_embeddings": 32.' },
      says: 'a context of 64 passes the 32 that the model declares',
    },
  },
};
