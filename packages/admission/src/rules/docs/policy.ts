/** Rules that a policy brings: what the file is, how large, which one, and where it comes from. */
import type { RuleDocs } from './rule-doc.ts';

export const POLICY_DOCS: RuleDocs = {
  POLICY_FORMAT: {
    about:
      'A team that ships one format wants the others to stop in front of the pipeline, sound or not: their loaders differ in what they verify. SLM2 alone carries digests of every byte, so a policy that lists it alone makes tampering visible. What is compared is what the bytes are, never the name of the file.',
    example: {
      input: { policy: { formats: ['slm2'] } },
      says: 'the format is gguf, allowed are slm2',
    },
  },
  POLICY_ARCHITECTURE: {
    about:
      'The architecture decides which program runs over the weights. A list of the ones that a product was tested with keeps a model of another family from reaching users because it happened to load.',
    example: {
      input: { policy: { architectures: ['qwen2', 'qwen3'] } },
      says: 'the architecture is llama, allowed are qwen2, qwen3',
    },
  },
  POLICY_DTYPE: {
    about:
      'Storage types decide size, speed and quality together. One finding stands for all tensors of a type and names the first of them, since a model stored in the wrong type has it hundreds of times. Norms are mostly f32, so a list without it refuses nearly every model.',
    example: {
      input: { policy: { dtypes: ['q8', 'q4'] } },
      says: '11 tensors, the first tok_embeddings.weight, are stored as f32, allowed are q8, q4',
    },
  },
  POLICY_SIZE: {
    about:
      'Bytes are what a page downloads and a disk holds, parameters are what a reviewer asks for; a policy may bound both. The bytes are those of all files that the model is read from, and a matrix that serves as embedding and output counts once.',
    example: {
      input: { policy: { maxParameters: 1000 } },
      says: 'it has 14,560 parameters, allowed are 1,000',
    },
  },
  POLICY_MEMORY: {
    about:
      'A file that is small enough may still need too much memory: the key/value cache grows with the context, and working buffers with the chunk. The number is the plan that the runtime allocates by, to the byte, for the context that the policy names or as many positions as the model has. The process around it is not part of the plan.',
    example: {
      input: { policy: { memory: { budget: '16KiB', context: 16 } } },
      says: 'it needs 128.00 KiB for 16 positions, allowed are 16.00 KiB',
    },
  },
  POLICY_DIGEST: {
    about:
      'Another valid model in the place of the reviewed one breaks no rule of any format; only a name for the very bytes tells them apart. The root digest of an SLM2 covers names, order, encodings, tokenizer and template, and other formats go by the SHA-256 of every file that is read. What is judged is held to these digests to the end of the run.',
    example: {
      input: { policy: { rootDigests: ['ab'.repeat(32)] } },
      says: 'gguf has no root digest, and the policy names others',
    },
  },
  POLICY_LICENSE: {
    about:
      'Weights come under licences that forbid commercial use, or under none. The gate compares the name that the file itself carries with a list, whatever the case of letters; it cannot know whether the name is true. A file that names none is refused, because silence is no permission.',
    example: {
      input: { policy: { licenses: ['apache-2.0'] } },
      says: 'its licence is mit, allowed are apache-2.0',
    },
  },
  POLICY_BASE_MODEL: {
    about:
      'A fine-tuned model inherits the obligations and the flaws of what it was made from. A list of base models keeps unknown lineages out, as far as files say where they come from.',
    example: {
      input: { policy: { provenance: { baseModels: ['HuggingFaceTB/SmolLM2-135M'] } } },
      says: 'the model names no base model, allowed are HuggingFaceTB/SmolLM2-135M',
    },
  },
  POLICY_SOURCES: {
    about:
      'An SLM2 records the SHA-256 of every file that it was packed from. Held against the digests of a reviewed checkpoint, this ties the quantized artifact to it; every source must be on the list, since one stranger among shards is enough to change the model.',
    example: {
      input: { policy: { provenance: { sourceDigests: ['ab'.repeat(32)] } } },
      says: 'the model does not say what it was packed from',
    },
  },
  POLICY_PROVENANCE: {
    about:
      'Asks only that something is said, not what: a licence, a base model, sources, a recipe. Each that is missing is one finding. Sources and recipe are recorded by mirust-pack in every SLM2, and no other format has a place for them.',
    example: {
      input: { policy: { provenance: { require: ['recipe'] } } },
      says: 'the model does not name its recipe',
    },
  },
};
