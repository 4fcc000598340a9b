/**
 * Common published models, as facts with their sources. The counts are those that the publishers' checkpoints have; a
 * test computes each from its sizes. A model is here only where sizes and count were both read somewhere and agree.
 */
import { type CatalogueEntry, family } from './entry.ts';

const LITGPT = 'config.json of the publisher, as Lightning-AI/litgpt 2685705 litgpt/config.py gives its sizes';
const MAXTEXT = 'config.json of the publisher, as AI-Hypercomputer/maxtext e591f30 hf_model_configs.py gives it';
const LLAMA = 'Touvron et al. 2023, LLaMA: Open and Efficient Foundation Language Models, table 2';
const STORIES = 'karpathy/llama2.c README.md, table of models';
const NANOGPT = 'karpathy/nanoGPT model.py, config_args of the published checkpoints';

const tied = { tie_word_embeddings: true } as const;

/** Every entry, by family. */
export const MODELS: readonly CatalogueEntry[] = [
  ...family('llama', LITGPT, {}, [
    { name: 'llama-7b', parameters: 6_738_415_616, sizes: [32000, 4096, 11008, 32, 32, 32, 2048], source: LLAMA },
    { name: 'llama-13b', parameters: 13_015_864_320, sizes: [32000, 5120, 13824, 40, 40, 40, 2048], source: LLAMA },
    {
      name: 'llama-30b',
      parameters: 32_528_943_616,
      sizes: [32000, 6656, 17920, 60, 52, 52, 2048],
      aliases: ['llama-33b'],
      source: LLAMA,
    },
    { name: 'llama-65b', parameters: 65_285_660_672, sizes: [32000, 8192, 22016, 80, 64, 64, 2048], source: LLAMA },
    {
      name: 'llama-2-7b',
      parameters: 6_738_415_616,
      sizes: [32000, 4096, 11008, 32, 32, 32, 4096],
      aliases: ['llama-2-7b-hf', 'llama-2-7b-chat', 'llama-2-7b-chat-hf'],
    },
    {
      name: 'llama-2-13b',
      parameters: 13_015_864_320,
      sizes: [32000, 5120, 13824, 40, 40, 40, 4096],
      aliases: ['llama-2-13b-hf', 'llama-2-13b-chat', 'llama-2-13b-chat-hf'],
    },
    {
      name: 'llama-2-70b',
      parameters: 68_976_648_192,
      sizes: [32000, 8192, 28672, 80, 64, 8, 4096],
      aliases: ['llama-2-70b-hf', 'llama-2-70b-chat', 'llama-2-70b-chat-hf'],
    },
    {
      name: 'llama-3-8b',
      parameters: 8_030_261_248,
      sizes: [128256, 4096, 14336, 32, 32, 8, 8192],
      aliases: ['meta-llama-3-8b', 'meta-llama-3-8b-instruct', 'llama-3-8b-instruct'],
    },
    {
      name: 'llama-3-70b',
      parameters: 70_553_706_496,
      sizes: [128256, 8192, 28672, 80, 64, 8, 8192],
      aliases: ['meta-llama-3-70b', 'meta-llama-3-70b-instruct', 'llama-3-70b-instruct'],
    },
    {
      name: 'llama-3.1-8b',
      parameters: 8_030_261_248,
      sizes: [128256, 4096, 14336, 32, 32, 8, 131072],
      aliases: [
        'meta-llama-3.1-8b',
        'meta-llama-3.1-8b-instruct',
        'llama-3.1-8b-instruct',
        'deepseek-r1-distill-llama-8b',
      ],
    },
    {
      name: 'llama-3.1-70b',
      parameters: 70_553_706_496,
      sizes: [128256, 8192, 28672, 80, 64, 8, 131072],
      aliases: [
        'meta-llama-3.1-70b',
        'meta-llama-3.1-70b-instruct',
        'llama-3.1-70b-instruct',
        'llama-3.3-70b',
        'llama-3.3-70b-instruct',
        'deepseek-r1-distill-llama-70b',
      ],
    },
    {
      name: 'llama-3.1-405b',
      parameters: 405_853_388_800,
      sizes: [128256, 16384, 53248, 126, 128, 8, 131072],
      aliases: ['meta-llama-3.1-405b', 'meta-llama-3.1-405b-instruct', 'llama-3.1-405b-instruct'],
    },
    {
      name: 'llama-3.2-1b',
      parameters: 1_235_814_400,
      sizes: [128256, 2048, 8192, 16, 32, 8, 131072],
      aliases: ['llama-3.2-1b-instruct'],
      extras: tied,
    },
    {
      name: 'llama-3.2-3b',
      parameters: 3_212_749_824,
      sizes: [128256, 3072, 8192, 28, 24, 8, 131072],
      aliases: ['llama-3.2-3b-instruct'],
      extras: tied,
    },
    {
      name: 'codellama-7b',
      parameters: 6_738_546_688,
      sizes: [32016, 4096, 11008, 32, 32, 32, 16384],
      aliases: ['codellama-7b-hf'],
    },
    {
      name: 'codellama-13b',
      parameters: 13_016_028_160,
      sizes: [32016, 5120, 13824, 40, 40, 40, 16384],
      aliases: ['codellama-13b-hf'],
    },
    {
      name: 'codellama-34b',
      parameters: 33_743_970_304,
      sizes: [32000, 8192, 22016, 48, 64, 8, 16384],
      aliases: ['codellama-34b-hf'],
    },
    {
      name: 'tinyllama-1.1b',
      parameters: 1_100_048_384,
      sizes: [32000, 2048, 5632, 22, 32, 4, 2048],
      aliases: ['tinyllama', 'tinyllama-1.1b-chat-v1.0'],
    },
    {
      name: 'smollm2-135m',
      parameters: 134_515_008,
      sizes: [49152, 576, 1536, 30, 9, 3, 8192],
      aliases: ['smollm2-135m-instruct'],
      extras: tied,
    },
    {
      name: 'smollm2-360m',
      parameters: 361_821_120,
      sizes: [49152, 960, 2560, 32, 15, 5, 8192],
      aliases: ['smollm2-360m-instruct'],
      extras: tied,
    },
    {
      name: 'smollm2-1.7b',
      parameters: 1_711_376_384,
      sizes: [49152, 2048, 8192, 24, 32, 32, 8192],
      aliases: ['smollm2-1.7b-instruct'],
      extras: tied,
    },
  ]),
  ...family('llama', STORIES, tied, [
    { name: 'stories260k', parameters: 260_032, sizes: [512, 64, 172, 5, 8, 4, 512] },
    { name: 'stories15m', parameters: 15_191_712, sizes: [32000, 288, 768, 6, 6, 6, 256] },
    { name: 'stories42m', parameters: 41_689_600, sizes: [32000, 512, 1376, 8, 8, 8, 1024] },
    { name: 'stories110m', parameters: 109_529_856, sizes: [32000, 768, 2048, 12, 12, 12, 1024] },
  ]),
  ...family('mistral', LITGPT, { sliding_window: null }, [
    {
      name: 'mistral-7b-v0.1',
      parameters: 7_241_732_096,
      sizes: [32000, 4096, 14336, 32, 32, 8, 32768],
      aliases: ['mistral-7b-instruct-v0.1'],
      extras: { sliding_window: 4096 },
    },
    {
      name: 'mistral-7b-v0.2',
      parameters: 7_241_732_096,
      sizes: [32000, 4096, 14336, 32, 32, 8, 32768],
      aliases: ['mistral-7b-instruct-v0.2'],
    },
    {
      name: 'mistral-7b-v0.3',
      parameters: 7_248_023_552,
      sizes: [32768, 4096, 14336, 32, 32, 8, 32768],
      aliases: ['mistral-7b-instruct-v0.3'],
    },
    {
      name: 'mistral-nemo-12b',
      parameters: 12_247_782_400,
      sizes: [131072, 5120, 14336, 40, 32, 8, 128000],
      aliases: ['mistral-nemo', 'mistral-nemo-base-2407'],
      extras: { head_dim: 128 },
      source: 'config.json of the publisher, as kevinstephano/thunder_model_blocks mistral_config.py quotes it',
    },
  ]),
  ...family('mixtral', MAXTEXT, { sliding_window: null, num_local_experts: 8, num_experts_per_tok: 2 }, [
    {
      name: 'mixtral-8x7b',
      parameters: 46_702_792_704,
      sizes: [32000, 4096, 14336, 32, 32, 8, 32768],
      aliases: ['mixtral-8x7b-v0.1', 'mixtral-8x7b-instruct-v0.1'],
    },
    {
      // The instruct model below has a larger vocabulary.
      name: 'mixtral-8x22b',
      parameters: 140_620_634_112,
      sizes: [32000, 6144, 16384, 56, 48, 8, 65536],
      aliases: ['mixtral-8x22b-v0.1'],
      source: 'config.json of mistral-community/Mixtral-8x22B-v0.1',
    },
    {
      name: 'mixtral-8x22b-instruct',
      parameters: 140_630_071_296,
      sizes: [32768, 6144, 16384, 56, 48, 8, 65536],
      aliases: ['mixtral-8x22b-instruct-v0.1'],
    },
  ]),
  ...family('qwen2', LITGPT, {}, [
    { name: 'qwen2.5-0.5b', parameters: 494_032_768, sizes: [151936, 896, 4864, 24, 14, 2, 32768], extras: tied },
    { name: 'qwen2.5-1.5b', parameters: 1_543_714_304, sizes: [151936, 1536, 8960, 28, 12, 2, 131072], extras: tied },
    { name: 'qwen2.5-3b', parameters: 3_085_938_688, sizes: [151936, 2048, 11008, 36, 16, 2, 32768], extras: tied },
    { name: 'qwen2.5-7b', parameters: 7_615_616_512, sizes: [152064, 3584, 18944, 28, 28, 4, 131072] },
    { name: 'qwen2.5-14b', parameters: 14_770_033_664, sizes: [152064, 5120, 13824, 48, 40, 8, 131072] },
    { name: 'qwen2.5-32b', parameters: 32_763_876_352, sizes: [152064, 5120, 27648, 64, 40, 8, 131072] },
    { name: 'qwen2.5-72b', parameters: 72_706_203_648, sizes: [152064, 8192, 29568, 80, 64, 8, 131072] },
  ]),
  ...family('qwen3', LITGPT, { head_dim: 128 }, [
    {
      name: 'qwen3-0.6b',
      parameters: 596_049_920,
      sizes: [151936, 1024, 3072, 28, 16, 8, 40960],
      extras: tied,
      // The repository's safetensors hold 751,632,384 elements.
      storedTwiceElements: 155_582_464,
    },
    {
      name: 'qwen3-1.7b',
      parameters: 1_720_574_976,
      sizes: [151936, 2048, 6144, 28, 16, 8, 40960],
      extras: tied,
      // The repository's safetensors hold 2,031,739,904 elements.
      storedTwiceElements: 311_164_928,
    },
    { name: 'qwen3-4b', parameters: 4_022_468_096, sizes: [151936, 2560, 9728, 36, 32, 8, 40960], extras: tied },
    { name: 'qwen3-8b', parameters: 8_190_735_360, sizes: [151936, 4096, 12288, 36, 32, 8, 40960] },
    { name: 'qwen3-14b', parameters: 14_768_307_200, sizes: [151936, 5120, 17408, 40, 40, 8, 40960] },
    { name: 'qwen3-32b', parameters: 32_762_123_264, sizes: [151936, 5120, 25600, 64, 64, 8, 40960] },
  ]),
  ...family('qwen3_moe', LITGPT, { head_dim: 128, num_experts: 128, num_experts_per_tok: 8 }, [
    {
      name: 'qwen3-30b-a3b',
      parameters: 30_532_122_624,
      sizes: [151936, 2048, 6144, 48, 32, 4, 40960],
      extras: { moe_intermediate_size: 768 },
    },
    {
      name: 'qwen3-30b-a3b-2507',
      parameters: 30_532_122_624,
      sizes: [151936, 2048, 6144, 48, 32, 4, 262144],
      aliases: ['qwen3-30b-a3b-instruct-2507', 'qwen3-30b-a3b-thinking-2507'],
      extras: { moe_intermediate_size: 768 },
    },
    {
      name: 'qwen3-235b-a22b',
      parameters: 235_093_634_560,
      sizes: [151936, 4096, 12288, 94, 64, 4, 40960],
      extras: { moe_intermediate_size: 1536 },
    },
    {
      name: 'qwen3-coder-480b-a35b',
      parameters: 480_154_875_392,
      sizes: [151936, 6144, 8192, 62, 96, 8, 262144],
      aliases: ['qwen3-coder-480b-a35b-instruct'],
      extras: { num_experts: 160, moe_intermediate_size: 2560 },
      source: MAXTEXT,
    },
  ]),
  ...family('gemma', LITGPT, { head_dim: 256, ...tied }, [
    {
      name: 'gemma-2b',
      parameters: 2_506_172_416,
      sizes: [256000, 2048, 16384, 18, 8, 1, 8192],
      aliases: ['gemma-2b-it'],
    },
    {
      name: 'gemma-7b',
      parameters: 8_537_680_896,
      sizes: [256000, 3072, 24576, 28, 16, 16, 8192],
      aliases: ['gemma-7b-it'],
    },
  ]),
  ...family('gemma2', LITGPT, { head_dim: 256, sliding_window: 4096, ...tied }, [
    {
      name: 'gemma-2-2b',
      parameters: 2_614_341_888,
      sizes: [256000, 2304, 9216, 26, 8, 4, 8192],
      aliases: ['gemma-2-2b-it'],
    },
    {
      name: 'gemma-2-9b',
      parameters: 9_241_705_984,
      sizes: [256000, 3584, 14336, 42, 16, 8, 8192],
      aliases: ['gemma-2-9b-it'],
    },
    {
      name: 'gemma-2-27b',
      parameters: 27_227_128_320,
      sizes: [256000, 4608, 36864, 46, 32, 16, 8192],
      aliases: ['gemma-2-27b-it'],
      extras: { head_dim: 128 },
    },
  ]),
  // From 4B on the repositories hold a vision model, too: 416,866,032 elements, and a projection of 1,152 * (H + 1).
  ...family('gemma3_text', LITGPT, { head_dim: 256, sliding_window: 1024, ...tied }, [
    {
      name: 'gemma-3-1b',
      parameters: 999_885_952,
      sizes: [262144, 1152, 6912, 26, 4, 1, 32768],
      aliases: ['gemma-3-1b-it', 'gemma-3-1b-pt'],
      extras: { sliding_window: 512 },
    },
    {
      name: 'gemma-3-4b',
      parameters: 3_880_263_168,
      sizes: [262208, 2560, 10240, 34, 8, 4, 131072],
      aliases: ['gemma-3-4b-it', 'gemma-3-4b-pt'],
    },
    {
      name: 'gemma-3-12b',
      parameters: 11_766_034_176,
      sizes: [262208, 3840, 15360, 48, 16, 8, 131072],
      aliases: ['gemma-3-12b-it', 'gemma-3-12b-pt'],
    },
    {
      name: 'gemma-3-27b',
      parameters: 27_009_346_304,
      sizes: [262208, 5376, 21504, 62, 32, 16, 131072],
      aliases: ['gemma-3-27b-it', 'gemma-3-27b-pt'],
      extras: { head_dim: 128 },
    },
  ]),
  ...family('phi', LITGPT, {}, [
    { name: 'phi-1.5', parameters: 1_418_270_720, sizes: [51200, 2048, 8192, 24, 32, 32, 2048], aliases: ['phi-1_5'] },
    { name: 'phi-2', parameters: 2_779_683_840, sizes: [51200, 2560, 10240, 32, 32, 32, 2048] },
  ]),
  ...family('phi3', LITGPT, { sliding_window: null }, [
    {
      name: 'phi-3-mini-4k',
      parameters: 3_821_079_552,
      sizes: [32064, 3072, 8192, 32, 32, 32, 4096],
      aliases: ['phi-3-mini', 'phi-3-mini-4k-instruct'],
      extras: { sliding_window: 2047 },
    },
    { name: 'phi-4', parameters: 14_659_507_200, sizes: [100352, 5120, 17920, 40, 40, 10, 16384] },
    {
      name: 'phi-4-mini',
      parameters: 3_836_021_760,
      sizes: [200064, 3072, 8192, 32, 24, 8, 131072],
      aliases: ['phi-4-mini-instruct'],
      extras: { sliding_window: 262144, ...tied },
    },
  ]),
  ...family('olmo2', LITGPT, {}, [
    {
      name: 'olmo-2-7b',
      parameters: 7_298_617_344,
      sizes: [100352, 4096, 11008, 32, 32, 32, 4096],
      aliases: ['olmo-2-1124-7b', 'olmo-2-1124-7b-instruct'],
    },
    {
      name: 'olmo-2-13b',
      parameters: 13_716_198_400,
      sizes: [100352, 5120, 13824, 40, 40, 40, 4096],
      aliases: ['olmo-2-1124-13b', 'olmo-2-1124-13b-instruct'],
    },
  ]),
  ...family('smollm3', 'huggingface/blog smollm3.md; safetensors index of HuggingFaceTB/SmolLM3-3B', tied, [
    {
      name: 'smollm3-3b',
      parameters: 3_075_098_624,
      sizes: [128256, 2048, 11008, 36, 16, 4, 65536],
      aliases: ['smollm3'],
    },
  ]),
  ...family('gpt2', NANOGPT, {}, [
    { name: 'gpt2', parameters: 124_439_808, sizes: [50257, 768, 3072, 12, 12, 12, 1024], aliases: ['gpt2-small'] },
    { name: 'gpt2-medium', parameters: 354_823_168, sizes: [50257, 1024, 4096, 24, 16, 16, 1024] },
    { name: 'gpt2-large', parameters: 774_030_080, sizes: [50257, 1280, 5120, 36, 20, 20, 1024] },
    { name: 'gpt2-xl', parameters: 1_557_611_200, sizes: [50257, 1600, 6400, 48, 25, 25, 1024] },
  ]),
  ...family('gpt_neox', LITGPT, {}, [
    { name: 'pythia-70m', parameters: 70_426_624, sizes: [50304, 512, 2048, 6, 8, 8, 2048] },
    { name: 'pythia-160m', parameters: 162_322_944, sizes: [50304, 768, 3072, 12, 12, 12, 2048] },
    { name: 'pythia-410m', parameters: 405_334_016, sizes: [50304, 1024, 4096, 24, 16, 16, 2048] },
    { name: 'pythia-1b', parameters: 1_011_781_632, sizes: [50304, 2048, 8192, 16, 8, 8, 2048] },
    { name: 'pythia-1.4b', parameters: 1_414_647_808, sizes: [50304, 2048, 8192, 24, 16, 16, 2048] },
    { name: 'pythia-2.8b', parameters: 2_775_208_960, sizes: [50304, 2560, 10240, 32, 32, 32, 2048] },
    { name: 'pythia-6.9b', parameters: 6_857_302_016, sizes: [50432, 4096, 16384, 32, 32, 32, 2048] },
    { name: 'pythia-12b', parameters: 11_846_072_320, sizes: [50688, 5120, 20480, 36, 40, 40, 2048] },
  ]),
  ...family('gpt_oss', MAXTEXT, { head_dim: 64, sliding_window: 128, num_experts_per_tok: 4 }, [
    {
      name: 'gpt-oss-20b',
      parameters: 20_914_757_184,
      sizes: [201088, 2880, 2880, 24, 64, 8, 131072],
      extras: { num_local_experts: 32 },
    },
    {
      name: 'gpt-oss-120b',
      parameters: 116_829_156_672,
      sizes: [201088, 2880, 2880, 36, 64, 8, 131072],
      extras: { num_local_experts: 128 },
    },
  ]),
  ...family(
    'deepseek_v2',
    MAXTEXT,
    { qk_nope_head_dim: 128, qk_rope_head_dim: 64, v_head_dim: 128, kv_lora_rank: 512 },
    [
      {
        name: 'deepseek-v2-lite',
        parameters: 15_706_484_224,
        sizes: [102400, 2048, 10944, 27, 16, 16, 163840],
        aliases: ['deepseek-v2-lite-chat'],
        extras: {
          q_lora_rank: null,
          moe_intermediate_size: 1408,
          n_routed_experts: 64,
          n_shared_experts: 2,
          num_experts_per_tok: 6,
          first_k_dense_replace: 1,
        },
      },
    ],
  ),
  // Without the layer that predicts further tokens, which its repository also holds.
  ...family(
    'deepseek_v3',
    MAXTEXT,
    { qk_nope_head_dim: 128, qk_rope_head_dim: 64, v_head_dim: 128, kv_lora_rank: 512 },
    [
      {
        name: 'deepseek-v3',
        parameters: 671_026_419_200,
        sizes: [129280, 7168, 18432, 61, 128, 128, 163840],
        aliases: ['deepseek-r1'],
        extras: {
          q_lora_rank: 1536,
          moe_intermediate_size: 2048,
          n_routed_experts: 256,
          n_shared_experts: 1,
          num_experts_per_tok: 8,
          first_k_dense_replace: 3,
        },
      },
    ],
  ),
];
