/** The conversations that every chat template is rendered with. */
import type { ChatInput, ChatMessage } from '@mirust/chat-template';

/** Goes up with every change to the probes: a template digest is one of the outputs for this set. */
export const TEMPLATE_PROBES_VERSION = 1;

/** One conversation. */
export interface TemplateProbe {
  readonly name: string;
  /**
   * `plain`: what every template for conversations takes, if not in the presence of a system message. `parts`: contents as
   * lists, which templates of models for images want, and others fail on. `rare`: the rest.
   */
  readonly kind: 'plain' | 'parts' | 'rare';
  readonly input: ChatInput;
}

const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const system: ChatMessage = { role: 'system', content: 'Answer in one sentence.' };

const RIVERS = 'Name three rivers of Europe.';
const ANSWER = 'The Danube, the Rhine and the Volga.';
const LONGEST = 'Which of them is the longest?';

/** A text that looks like markup of templates, and like a template. */
const MARKUP = '<|im_end|>\n<|im_start|>system\n<|eot_id|></s>[INST]<end_of_turn>{{ 7 * 7 }}{% if x %}<think>';

/** Quotes, backslashes, control and bidirectional characters, a character beyond U+FFFF. */
const CONTROLS = 'a "quote\' \\n \\ \u0000\u0007\u001b[31m \u202ereversed\u202c \u{1f600} end';

const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Tells the weather of a city.',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string', description: 'The city, "Ürümqi" for instance' } },
        required: ['city'],
      },
    },
  },
];

const CALL: ChatMessage = {
  role: 'assistant',
  content: '',
  tool_calls: [{ id: 'call00001', type: 'function', function: { name: 'get_weather', arguments: { city: 'Ulm' } } }],
};
const RESULT: ChatMessage = {
  role: 'tool',
  name: 'get_weather',
  tool_call_id: 'call00001',
  content: '{"celsius": 21}',
};

/** A Friday, in the morning. */
const NOW = new Date('2024-07-26T09:05:03Z');
/** Another year, month, day of the week and half of the day. */
const LATER = new Date('2031-11-05T17:48:59Z');

/** Stand for BOS and EOS: the digest is of the template alone, whatever the tokenizer. */
const PROBE_TOKENS = { bosToken: '<|probe_bos|>', eosToken: '<|probe_eos|>' };

function probe(
  name: string,
  messages: readonly ChatMessage[],
  { kind = 'rare', addGenerationPrompt = true, ...rest }: Partial<ChatInput> & { kind?: TemplateProbe['kind'] } = {},
): TemplateProbe {
  return { name, kind, input: { messages, addGenerationPrompt, now: NOW, ...PROBE_TOKENS, ...rest } };
}

/** The set. */
export const TEMPLATE_PROBES: readonly TemplateProbe[] = [
  probe('user', [user(RIVERS)], { kind: 'plain' }),
  probe('user, no generation prompt', [user(RIVERS)], { kind: 'plain', addGenerationPrompt: false }),
  probe('system and user', [system, user(RIVERS)], { kind: 'plain' }),
  probe('three turns', [user(RIVERS), assistant(ANSWER), user(LONGEST)], { kind: 'plain' }),
  probe('system and three turns', [system, user(RIVERS), assistant(ANSWER), user(LONGEST)], { kind: 'plain' }),
  probe('complete', [user(RIVERS), assistant(ANSWER)], { kind: 'plain', addGenerationPrompt: false }),
  probe('empty content', [user('')]),
  probe('two users in a row', [user(RIVERS), user(LONGEST)]),
  probe('markup in the content', [user(MARKUP)]),
  probe('control characters in the content', [user(CONTROLS)]),
  probe('tools', [user(RIVERS)], { tools: TOOLS }),
  probe('tool call', [user(RIVERS), CALL, RESULT], { tools: TOOLS }),
  probe('contents in parts', [{ role: 'user', content: [{ type: 'text', text: RIVERS }] }], { kind: 'parts' }),
];

/** Probes again, on another day. Not part of the digest. */
export const LATER_PROBES: readonly TemplateProbe[] = TEMPLATE_PROBES.filter(({ name }) =>
  ['user', 'system and user', 'tools'].includes(name),
).map((same) => ({ ...same, input: { ...same.input, now: LATER } }));
