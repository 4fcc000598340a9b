/** Rules of checkpoints as a whole: formats, files that belong together, llama2.c. */
import { MAX_CHAT_TEMPLATE_CHARACTERS, MAX_END_IDS } from '@mirust/checkpoint';
import { count } from './_numbers.ts';
import type { ByteRow, RuleDocs } from './rule-doc.ts';

/** The seven sizes of a llama2.c header. */
const sizes = (dim: number, heads: number): ByteRow[] => [
  [`i32 ${dim}`, 'dim'],
  ['i32 6', 'hidden_dim'],
  ['i32 2', 'n_layers'],
  [`i32 ${heads}`, 'n_heads'],
  ['i32 2', 'n_kv_heads'],
  ['i32 12', 'vocab_size'],
  ['i32 16', 'seq_len'],
];

export const CHECKPOINT_DOCS: RuleDocs = {
  CHECKPOINT_EMPTY: {
    about:
      'A file of no bytes is no model, and it is the result of so many mishaps (a job that died after it opened its output, a full disk, a mistyped redirection) that it gets a message of its own. Libraries that map files fail on it in ways that do not name the cause.',
    example: { input: { described: 'model.gguf has 0 bytes.' }, says: 'model.gguf is empty' },
  },
  CHECKPOINT_TOO_LARGE: {
    about: `Files beside the weights are read as a whole, so each has a limit above the largest that is in use: a megabyte for config.json, 16 MiB for tokenizer_config.json, 64 MiB for a tokenizer or an index; the list of ids that end a text may have ${count(MAX_END_IDS)}. A larger one is another file under this name, or is meant to fill the memory of whoever opens it.`,
    example: { input: { described: 'config.json is 1,048,577 spaces.' }, says: 'config.json has 1048577 bytes' },
  },
  LLAMA2C_HEADER: {
    about:
      'A llama2.c file is a header of seven sizes and then weights in a fixed order, without a table. The sizes must be possible, and their product must be the length of the file: this sum is the only proof that the file is what it claims to be. Zeros in n_heads or n_kv_heads end the original program by a division.',
    example: {
      input: {
        file: 'model.bin',
        rows: [
          ['u32 1634415666', 'magic, "24ka"'],
          ['i32 1', 'version'],
          ...sizes(8, 0),
          ['zeros 220', 'up to 256 bytes'],
        ],
      },
      says: 'the header holds values that no model can have (at byte 0)',
    },
  },
  CHECKPOINT_FORMAT: {
    about:
      'What may pass is listed: SLM1, SLM2, GGUF, safetensors, llama2.c, and the JSON files that lead to them. Everything else is refused without being opened, because a list of dangerous formats is never complete. A web page or a Git LFS pointer that was saved under the name of a model also ends here.',
    example: {
      input: { file: 'model.gguf', rows: [['"<!DOCTYPE html>"', 'a web page']] },
      says: 'model.gguf is of no format that is read (at byte 0)',
    },
  },
  CHECKPOINT_PICKLE: {
    about:
      "Python's pickles are programs: loading one runs what its author wrote, and .bin, .pt and .ckpt files are pickles, most of them inside a zip archive. Scanners that search them for bad calls are bypassed again and again; so they are not scanned but refused, by their first bytes, together with every archive that may hold one. Pickles of protocols 0 and 1 have no magic and are refused as files of no known format.",
    example: {
      input: {
        file: 'model.bin',
        rows: [
          ['hex 80 04', 'PROTO, protocol 4'],
          ['hex 95 0a 00 00 00 00 00 00 00', 'a frame'],
        ],
      },
      says: 'model.bin is a pickle (protocol 4) (at byte 0)',
    },
  },
  CHECKPOINT_DTYPE: {
    about:
      'Weights of a Hugging Face checkpoint are f32, f16 or bf16. Integers there are codes of some other quantizer, whose scales and zero points stand elsewhere or nowhere; taken as weights they are numbers of the wrong size without any sign of it.',
    example: {
      input: { described: 'model.norm.weight in model.safetensors is of type I32.' },
      says: 'tensor model.norm.weight is stored as i32',
    },
  },
  LLAMA2C_VERSION: {
    about:
      'Version 2 of the llama2.c format holds weights of 8 bits in groups, with scales between them. It has the same magic as version 1; a reader that takes its bytes for f32 gets nonsense, and goes past the end of the file.',
    example: {
      input: {
        file: 'model.bin',
        rows: [
          ['u32 1634415666', 'magic, "24ka"'],
          ['i32 2', 'version'],
          ...sizes(8, 4),
          ['zeros 220', 'up to 256 bytes'],
        ],
      },
      says: 'llama2.c version 2 (8-bit weights in groups) is not read (at byte 4)',
    },
  },
  CHECKPOINT_INCOMPLETE: {
    about:
      'A checkpoint is a set of files, or parts of one, and each must be there: weights without config.json have no architecture, a shard without its index is a model without most of its layers, and one part of a split GGUF looks like a small model. It is refused rather than completed by guesses.',
    example: {
      input: { described: 'A directory has model.safetensors and no config.json.' },
      says: 'config.json is missing',
    },
  },
  CHECKPOINT_TOKENIZER: {
    about:
      'Every id that the tokenizer can give must have a row in the embedding; spare rows behind the last token are common and harmless. An id without a row makes a runtime read behind the matrix: a crash, or bytes of other memory as an embedding. It happens when tokens are added and the model is not resized, or when a tokenizer comes from another model.',
    example: {
      input: { described: 'tokenizer.json has 13 tokens, model.embed_tokens.weight 12 rows.' },
      says: 'the tokenizer has 13 tokens, the embedding 12 rows',
    },
  },
  CHECKPOINT_TWO_WEIGHTS: {
    about:
      'With both forms in one directory it is not obvious which weights were meant. Hugging Face transformers take the single file, and so does this tool; but another one may follow the index, and then two programs run two models from one directory.',
    example: {
      input: { described: 'A directory has model.safetensors and model.safetensors.index.json.' },
      says: 'model.safetensors and model.safetensors.index.json are both there: the single file is taken',
    },
  },
  CHECKPOINT_ROTARY_BUFFER: {
    about:
      'Older exporters stored the frequencies of the rotary embedding with each layer. They follow from rope_theta, so they are ignored, and stored values that differ from it have no effect. The remark is there because a tensor that is not used should never go unmentioned.',
    example: {
      input: { described: 'model.safetensors has a tensor model.layers.0.self_attn.rotary_emb.inv_freq.' },
      says: 'stored rotary frequencies are ignored: they follow from the configuration',
    },
  },
  CHECKPOINT_TIED_COPY: {
    about:
      'A configuration that ties output and embedding says that both are one matrix, and a second copy in the file is ignored, as transformers do. Usually the copies are equal. If they are not, a tool that prefers the stored matrix runs another model than one that goes by the configuration.',
    example: {
      input: { described: 'config.json has "tie_word_embeddings": true, and model.safetensors has lm_head.weight.' },
      says: 'lm_head.weight is ignored: the configuration ties the output to the embedding',
    },
  },
  CHECKPOINT_CHAT_TEMPLATE: {
    about: `A chat template is a program that runs for every message; those in use have up to 20,000 characters. One of more than ${count(MAX_CHAT_TEMPLATE_CHARACTERS)} is left out instead of being passed to an interpreter. The weights and the tokenizer do not depend on it, so the model itself can be used.`,
    example: {
      input: { described: 'chat_template.jinja has 262,145 characters.' },
      says: 'the chat template has 262145 characters and is left out',
    },
  },
  CHECKPOINT_END_ID: {
    about:
      'An id that ends a generation must be a token that can be generated. Configurations that were copied from a larger model name one beyond the vocabulary; it can never come, so it is ignored. If it was the only one, the model does not stop by itself.',
    example: {
      input: { file: 'config.json', fields: { eos_token_id: 99 } },
      says: '1 of the ids that are to end a generation is not among the 12 tokens: ignored',
    },
  },
};
