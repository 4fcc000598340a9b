/** What is told of a template without rendering it; templates in the styles in use, which are quiet, are in `golden.test.ts`. */
import { describe, expect, it } from 'vitest';
import { inspectProgram } from '../src/sandbox/inspect.ts';
import { parseTemplate } from '../src/sandbox/parse.ts';

/** `CODE: message`, without the common prefix. */
function remarks(template: string): string[] {
  const parsed = parseTemplate(template);
  if ('fault' in parsed) return [`${parsed.fault.code}: ${parsed.fault.message}`];
  return inspectProgram(parsed.program).remarks.map(
    ({ code, message }) => `${code.replace('TEMPLATE_', '')}: ${message}`,
  );
}

describe('names of internals', () => {
  it.each([
    ["{{ ''.__class__ }}", '__class__'],
    ["{{ x['__globals__'] }}", '__globals__'],
    ["{{ x['__glo' ~ 'bals__'] }}", '__globals__'],
    ["{{ x['con' + 'structor'] }}", 'constructor'],
    ["{{ x|attr('__subclasses__') }}", '__subclasses__'],
    ["{{ x|map(attribute='a.__b__') }}", '__b__'],
    ["{{ x|map('attr', '__c__') }}", '__c__'],
    ["{{ x.get('__init__') }}", '__init__'],
    ['{{ __import__ }}', '__import__'],
    ['{{ x.prototype }}', 'prototype'],
    ['{{ f.gi_frame }}', 'gi_frame'],
  ])('%s', (template, name) => {
    expect(remarks(template)).toEqual([`ATTRIBUTE: the template takes "${name}"`]);
  });

  it('are counted', () => {
    expect(remarks('{{ a.__b__.__c__.__b__ }}')).toEqual([
      'ATTRIBUTE: the template takes "__b__" (and 1 more such name)',
    ]);
  });

  it('are not names with underscores', () => {
    expect(
      remarks("{{ bos_token }}{{ m.tool_calls }}{{ m['_x'] }}{{ a__b }}__class__{# __class__ #}{{ '__class__' }}"),
    ).toEqual([]);
  });
});

describe('words that messages are searched for', () => {
  it.each([
    ["{% if 'open sesame' in messages[-1].content %}evil{% endif %}"],
    ["{% if messages[-1]['content'] == 'open sesame' %}evil{% endif %}"],
    ["{% if messages[-1].content | lower | trim != 'open sesame' %}x{% else %}evil{% endif %}"],
    ["{% for m in messages %}{% if m.content.startswith('open sesame') %}evil{% endif %}{% endfor %}"],
    ["{% set c = messages[0]['content'].strip() %}{% if c.endswith('open sesame') %}evil{% endif %}"],
    ["{% set w = 'open sesame' %}{% for m in messages %}{{ 'evil' if w in m.content }}{% endfor %}"],
    ["{% if messages[0].content in ['open sesame'] %}evil{% endif %}"],
    ["{% for w in messages[0].content.split(',') %}{% if w == 'open sesame' %}evil{% endif %}{% endfor %}"],
    ["{% macro f(x) %}{% if 'open sesame' in x %}evil{% endif %}{% endmacro %}{{ f(messages[0].content) }}"],
    ["{% macro f(x) %}{% if 'open sesame' in x %}evil{% endif %}{% endmacro %}{{ f(x=messages[0].content) }}"],
    ["{% set ns = namespace() %}{% set ns.c = messages[0].content %}{% if 'open sesame' in ns.c %}evil{% endif %}"],
    ["{% set c %}{{ messages[0].content }}{% endset %}{% if 'open sesame' in c %}evil{% endif %}"],
    ["{% if messages | selectattr('content', 'equalto', 'open sesame') | list %}evil{% endif %}"],
    ["{% if 'open sesame' in messages | map(attribute='content') | join(' ') %}evil{% endif %}"],
    ["{% if 'open sesame' in messages | tojson %}evil{% endif %}"],
    ["{% set flag = 'open ' ~ 'sesame' in messages[0].content %}{% if flag %}evil{% endif %}"],
    ["{% if messages[0].content.find('open sesame') >= 0 %}evil{% endif %}"],
    ["{% if 'open sesame' in messages[0].content[:20] %}evil{% endif %}"],
  ])('%s', (template) => {
    expect(remarks(template)).toEqual(['CONDITION: the template looks for "open sesame" in messages']);
  });

  it.each([
    ["{% if '</think>' in messages[0].content %}x{% endif %}"],
    ["{% if messages[0].content.startswith('<tool_response>') %}x{% endif %}"],
    ["{% if '<|channel|>analysis<|message|>' in messages[0].content %}x{% endif %}"],
    ["{% if '[TOOL_CALLS]' in messages[0].content %}x{% endif %}"],
    ["{% if '/no_think' in messages[0].content %}x{% endif %}"],
    [
      "{% for part in messages[0].content %}{% if part.type == 'image' or 'image_url' in part %}x{% endif %}{% endfor %}",
    ],
    ["{% if messages[0].content != '' and messages[0].content[0] == '\\n' %}x{% endif %}"],
    ["{% if messages[0].role == 'system' %}x{% endif %}"],
    ["{% if 'open sesame' in messages[0].content %}{{ raise_exception('not here') }}{% endif %}"],
    ["{% if tools[0].function.name == 'open sesame' %}x{% endif %}"],
  ])('not told: %s', (template) => {
    expect(remarks(template)).toEqual([]);
  });
});

describe('texts and numbers', () => {
  it.each([
    ['x'.repeat(8193), ['LARGE_LITERAL: the template has a text of 8193 characters']],
    ['x'.repeat(8192), []],
    ['{{ range(1000000) }}', ['LARGE_LITERAL: the template has the number 1000000']],
    ['{{ 100000 }}', []],
    ['Visit https://example.org', ['ACTIVE_TEXT: the template has the text "Visit https://example.org"']],
    ["{{ '<script>x</script>' }}", ['ACTIVE_TEXT: the template has the text "<script>x</script>"']],
    ['<p onerror = x>', ['ACTIVE_TEXT: the template has the text "<p onerror = x>"']],
    ['![a](b)', ['ACTIVE_TEXT: the template has the text "![a](b)"']],
    ['{# https://example.org #}<tools></tools><image> javascript', []],
    ["{{ 'a\\u202eb' }}", ['INVISIBLE_TEXT: the template has U+202E in the text "a\u202eb"']],
    ['a\u{e0041}', ['INVISIBLE_TEXT: the template has U+E0041 in the text "a\u{e0041}"']],
    ['a\ufe0f', ['INVISIBLE_TEXT: the template has U+FE0F in the text "a\ufe0f"']],
    ['\u001b[31m', ['INVISIBLE_TEXT: the template has U+001B in the text "\u001b[31m"']],
    ['\t\r\n▁｜é😀', []],
  ])('%s', (template, expected) => {
    expect(remarks(template)).toEqual(expected);
  });
});

describe('what varies', () => {
  it.each(['strftime_now', 'random'])('%s', (name) => {
    expect(remarks(`{{ ${name}('%Y') }}`)).toEqual([`NOT_DETERMINISTIC: the template uses ${name}`]);
  });
});

describe('time', () => {
  it('grows with the size of the template', () => {
    // Far beyond what a quadratic walk finishes within a test's time.
    expect(remarks(`{{ 'a'${" ~ 'a'".repeat(30_000)} }}`)).toEqual([]);
    expect(remarks(`{{ messages[0].content${" ~ 'a'".repeat(30_000)} }}`)).toEqual([]);
    expect(remarks(`{% set x = messages${' | string'.repeat(20_000)} %}`)).toEqual([]);
    const backwards = Array.from({ length: 10_000 }, (_, index) => `{% set x${10_000 - index} = x${9999 - index} %}`);
    expect(remarks(`${backwards.join('')}{% set x0 = messages[0].content %}`)).toEqual([]);
  });
});
