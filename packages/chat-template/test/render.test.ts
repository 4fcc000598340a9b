/** The API, and what a template sees. */
import { describe, expect, it } from 'vitest';
import { examineChatTemplate, inspectChatTemplate, renderChatTemplate } from '../src/index.ts';
import { ending, HELLO } from './_support.ts';

describe('renderChatTemplate', () => {
  it('renders a conversation', async () => {
    const template =
      '{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}';
    const text = await renderChatTemplate(template, { ...HELLO, bosToken: '<s>', eosToken: '</s>' });
    expect(text).toBe('<s><user>Hello</s><assistant>');
  });

  it('defines what transformers defines', async () => {
    const names = ['messages', 'tools', 'documents', 'add_generation_prompt', 'bos_token', 'enable_thinking'];
    const template = names.map((name) => `{{ '${name} ' if ${name} is defined }}`).join('');
    expect(await ending(template)).toBe('messages tools documents add_generation_prompt ');
    const given = { ...HELLO, bosToken: '<s>', variables: { enable_thinking: false } };
    expect(await ending(template, {}, given)).toBe(`${names.join(' ')} `);
    expect(await ending("{{ 'none' if tools is none and documents is none }}")).toBe('none');
  });

  it('cannot be given other messages by a variable', async () => {
    const given = { ...HELLO, variables: { messages: [], add_generation_prompt: 'x' } };
    expect(await ending('{{ messages[0].content }}{{ add_generation_prompt }}', {}, given)).toBe('Hellotrue');
  });

  it('writes dates by the UTC fields of the time that it is given', async () => {
    const formats = '%Y %y %m %d %e %-d %j %A %a %B %b %H %I %p %M %S %F %T %% %Q %-I';
    expect(await ending(`{{ strftime_now('${formats}') }}`)).toBe(
      '2024 24 07 26 26 26 208 Friday Fri July Jul 09 09 AM 05 03 2024-07-26 09:05:03 % %Q 9',
    );
    const night = { ...HELLO, now: new Date('2031-11-05T00:48:59Z') };
    expect(await ending("{{ strftime_now('%e|%-d|%I %p') }}", {}, night)).toBe(' 5|5|12 AM');
    expect(await ending("{{ strftime_now('%Y') }}", {}, { messages: [] })).toMatch(/^20\d\d$/);
  });

  it('says why a template refuses, and where it fails', async () => {
    expect(await ending("{{ raise_exception('no system message') }}")).toBe('TEMPLATE_RAISED: no system message');
    expect(await ending('{{ raise_exception(1) }}')).toBe('TEMPLATE_RAISED: raise_exception without a text');
    expect(await ending('{{ nothing + 1 }}')).toBe('TEMPLATE_RENDER: Cannot perform operation + on undefined values');
    expect(await ending("{{ 'a'|wordcount }}")).toBe('TEMPLATE_UNSUPPORTED: Unknown StringValue filter: wordcount');
    expect(await ending('{{ 1 is prime }}')).toBe('TEMPLATE_UNSUPPORTED: Unknown test: prime');
    expect(await ending("{{ 'a'.format(1) }}")).toMatch(/^TEMPLATE_UNSUPPORTED: Cannot call/);
    expect(await ending('{% for a in 5 %}{% endfor %}')).toMatch(/^TEMPLATE_RENDER: Expected iterable/);
  });

  it('gives well-formed text', async () => {
    const input = { ...HELLO, messages: [{ role: 'user', content: 'a\ud800b' }] };
    expect(await ending("{{ messages[0].content }}{{ '\\ud83d\\ude00\\udc00' }}", {}, input)).toBe('a\ufffdb😀\ufffd');
    expect(await ending('{{ raise_exception(messages[0].content) }}', {}, input)).toBe('TEMPLATE_RAISED: a\ufffdb');
  });

  it('renders what users write as text, not as a template', async () => {
    const content = '{{ 7 * 7 }}{% if true %}\u2028\u0000\'"`$1</script>';
    expect(await ending('{{ messages[0].content }}', {}, { messages: [{ role: 'user', content }] })).toBe(content);
  });

  it('can be aborted', async () => {
    const reason = new Error('enough');
    await expect(renderChatTemplate('x', HELLO, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const tree = '{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}';
    const running = renderChatTemplate(`${tree}{{ ns.s|tojson }}`, HELLO, { signal: controller.signal });
    queueMicrotask(() => controller.abort(reason));
    await expect(running).rejects.toBe(reason);
  });
});

describe('examineChatTemplate', () => {
  it('renders several conversations, each by itself', async () => {
    const template =
      "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% elif messages[0].content is mapping %}{{ messages[0].content + 1 }}{% endif %}{{ messages[0].content }}";
    const { outcomes } = await examineChatTemplate(template, [
      HELLO,
      { messages: [{ role: 'system', content: 'x' }] },
      { messages: [{ role: 'user', content: { a: 1 } }] },
      HELLO,
    ]);
    expect(outcomes).toEqual([
      { kind: 'text', text: 'Hello' },
      { kind: 'raised', message: 'no' },
      { kind: 'failed', message: 'Unknown operator "+" between ObjectValue and IntegerValue' },
      { kind: 'text', text: 'Hello' },
    ]);
  });

  it('shares the steps between them', async () => {
    const loop = '{% for i in range(600) %}{% endfor %}';
    const { outcomes } = await examineChatTemplate(loop, [HELLO, HELLO, HELLO], { budgets: { steps: 25_000 } });
    expect(outcomes.map(({ kind }) => kind)).toEqual(['text', 'text', 'limit']);
  });

  it('inspects without rendering', async () => {
    expect(await inspectChatTemplate("<|im_start|>{{ raise_exception('x') }}{{ '<|im_end|>' }}")).toEqual({
      remarks: [],
      markers: ['<|im_start|>', '<|im_end|>'],
    });
  });
});

describe('syntax errors name their line', () => {
  it.each([
    ['a tag that nobody knows', 'a\n{{ 1 }}\n{% foo %}', 'TEMPLATE_SYNTAX: Unknown statement type: foo (line 3)'],
    ['a block without end', 'a\n{% if x %}\nb', 'TEMPLATE_SYNTAX: the template ends inside a tag or a block (line 2)'],
    ['a string without end', "a\n\n{{ 'abc }}", 'TEMPLATE_SYNTAX: Unexpected end of input (line 3)'],
    ['a character', '{{ 1 }}\n{{ a ? b }}', 'TEMPLATE_SYNTAX: Unexpected character: ? (line 2)'],
    ['a tag without end', '{# a\nb #}\n{{ 1', /^TEMPLATE_SYNTAX: .* \(line 3\)$/],
    ['an escape', "\n{{ '\\xzz' }}", /^TEMPLATE_SYNTAX: Invalid hexadecimal escape sequence.*\(line 2\)$/],
    ['behind comments and generation tags', '{# {{ #}\n{% generation %}\n{{ }}', /^TEMPLATE_SYNTAX: .* \(line 3\)$/],
    [
      'behind delimiters in strings',
      "{{ '{% if %}' }}\n{{ {'a': {'b': 1}} }}\n{{ + }}",
      /^TEMPLATE_SYNTAX: .* \(line 3\)$/,
    ],
    ['a tag of Jinja', '\n{% raw %}{% endraw %}', 'TEMPLATE_UNSUPPORTED: the interpreter has no tag "raw" (line 2)'],
  ])('%s', async (_name, template, expected) => {
    const end = await ending(template);
    if (typeof expected === 'string') expect(end).toBe(expected);
    else expect(end).toMatch(expected);
  });
});
