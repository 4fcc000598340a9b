/** Templates that are attacks. Every one of them ends, in an error with a code, and the process that asked goes on. */
import { describe, expect, it } from 'vitest';
import { ending } from './_support.ts';

/** A text of 4 × 2^doublings characters in `ns.s`. */
const long = (doublings: number, piece = 'x y '): string =>
  `{% set ns = namespace(s='${piece}') %}{% for i in range(${doublings}) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}`;

/** A list in `ns.s` that holds itself many times over. */
const tree = (levels: number): string =>
  `{% set ns = namespace(s=[1]) %}{% for i in range(${levels}) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}`;

const STEPS = 'TEMPLATE_LIMIT: more than 1,000,000 steps';
const TEXT = 'TEMPLATE_LIMIT: a text of more than 1,048,576 characters';
const LIST = 'TEMPLATE_LIMIT: a list of more than 65,536 items';
const DEPTH = 'TEMPLATE_LIMIT: evaluation deeper than 200';
const NESTING = 'TEMPLATE_LIMIT: the template nests deeper than 100 (line 1)';
/** The parser's stack, or the interpreter's own limit behind it. */
const TOO_DEEP = /^TEMPLATE_LIMIT: (the template nests too deeply|evaluation deeper than 200)/;

describe('hostile templates', () => {
  it.each([
    // Aborts the JavaScript engine, worker threads or not, where the list is not bounded before it is made.
    ['range', '{{ range(1000000000) }}', 'TEMPLATE_LIMIT: range() of more than 65,536 items'],
    ['a range downwards', '{{ range(0, -1000000000, -1) }}', 'TEMPLATE_LIMIT: range() of more than 65,536 items'],
    ['a range without end', '{{ range(0, 10, 0) }}', 'TEMPLATE_RENDER: range() step must not be zero'],
    ['loops in loops', '{% for a in range(60000) %}{% for b in range(60000) %}x{% endfor %}{% endfor %}', STEPS],
    ['empty loops', '{% for a in range(60000) %}{% for b in range(60000) %}{% endfor %}{% endfor %}', STEPS],
    [
      'loops that select nothing',
      '{% for a in range(60000) %}{% for b in range(60000) if false %}{% endfor %}{% endfor %}',
      STEPS,
    ],
    ['20,000 parentheses', `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`, NESTING],
    ['lists in lists', `{{ ${'['.repeat(20_000)}${']'.repeat(20_000)} }}`, NESTING],
    ['signs', `{{ ${'- '.repeat(20_000)}1 }}`, NESTING],
    ['negations', `{{ ${'not '.repeat(20_000)}1 }}`, NESTING],
    ['blocks', `${'{% if 1 %}'.repeat(5000)}${'{% endif %}'.repeat(5000)}`, NESTING],
    ['branches', `{% if 1 %}${'{% elif 1 %}'.repeat(5000)}{% endif %}`, NESTING],
    ['block sets', `${'{% set a %}'.repeat(5000)}${'{% endset %}'.repeat(5000)}`, NESTING],
    ['ternaries', `{{ ${'1 if 0 else '.repeat(5000)}1 }}`, TOO_DEEP],
    ['calls of calls', `{{ f${'()'.repeat(20_000)} }}`, TOO_DEEP],
    ['members of members', `{{ f${'.a'.repeat(5000)} }}`, DEPTH],
    ['a chain of operators', `{{ 'a'${" ~ 'a'".repeat(5000)} }}`, DEPTH],
    ['a text that doubles', `${long(40)}{{ ns.s }}`, TEXT],
    [
      'a list that doubles',
      '{% set ns = namespace(s=[1]) %}{% for i in range(40) %}{% set ns.s = ns.s + ns.s %}{% endfor %}',
      LIST,
    ],
    ['a long text split', `${long(17)}{{ ns.s.split(' ')|length }}`, LIST],
    ['a join', `${long(11)}{{ range(60000)|join(ns.s)|length }}`, TEXT],
    [
      'a join beyond all texts',
      `${long(18)}{{ range(60000)|join(ns.s) }}`,
      /^TEMPLATE_LIMIT: the engine gave up: Invalid string length/,
    ],
    ['a replacement', `${long(11)}{{ ns.s|replace('x', ns.s)|length }}`, TEXT],
    [
      'a replacement beyond all texts',
      `${long(18)}{{ ns.s|replace('x', ns.s) }}`,
      /^TEMPLATE_LIMIT: the engine gave up/,
    ],
    ['an indentation', "{{ 'a\nb'|indent(2000000000) }}", /^TEMPLATE_LIMIT: the engine gave up/],
    ['an indentation in JSON', '{{ [1]|tojson(indent=2000000000) }}', /^TEMPLATE_LIMIT: the engine gave up/],
    [
      'a namespace in itself',
      '{% set ns = namespace() %}{% set ns.s = ns %}{{ ns|tojson }}',
      /^TEMPLATE_LIMIT: the engine gave up/,
    ],
    ['a macro that calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', DEPTH],
    [
      'a macro that calls itself twice',
      '{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}',
      STEPS,
    ],
    [
      'white space without end',
      `{{ 1 }}${' '.repeat(200_000)}`,
      'TEMPLATE_LIMIT: the template has a very long run of white space (line 1)',
    ],
    ['a template of megabytes', 'x'.repeat(300_000), 'TEMPLATE_LIMIT: the template has 300000 characters'],
    ['a text times a number', "{{ 'x' * 100000000 }}", /^TEMPLATE_RENDER: Unknown operator "\*"/],
    ['other files', "line\n{% include '/etc/passwd' %}", 'TEMPLATE_INCLUDE: the template has a tag "include" (line 2)'],
    ['code of others', "{% import 'os' as os %}", 'TEMPLATE_INCLUDE: the template has a tag "import" (line 1)'],
  ])('%s', async (_name, template, expected) => {
    // What ends here is not the clock, however busy the machine is.
    const end = await ending(template, { budgets: { milliseconds: 60_000 } });
    if (typeof expected === 'string') expect(end).toBe(expected);
    else expect(end).toMatch(expected);
  });

  it.each([
    ["{{ ''.__class__.__mro__ }}", ''],
    ["{{ cycler.__init__.__globals__.os.popen('id').read() }}", /^TEMPLATE_UNSUPPORTED: Cannot call/],
    ["{{ messages.constructor.constructor('return process')() }}", /^TEMPLATE_UNSUPPORTED: Cannot call/],
    ["{{ messages['__proto__'] }}{{ range.constructor }}{{ messages[0]['constructor'] }}{{ ''['prototype'] }}", ''],
    ['{% set ns = namespace() %}{% set ns.__proto__ = 1 %}{{ ns.__proto__ }}{{ namespace().__proto__ }}', '1'],
    ["{{ {'__proto__': {'a': 1}}['a'] }}{{ {'__proto__': 5}['__proto__'] }}", '5'],
    ['{{ process }}{{ require }}{{ globalThis }}{{ runSandbox }}{{ this }}', ''],
  ])('reaches nothing: %s', async (template, expected) => {
    const end = await ending(template);
    if (typeof expected === 'string') expect(end).toBe(expected);
    else expect(end).toMatch(expected);
  });

  it('a template that is stopped by the clock alone', async () => {
    // 2^60 numbers in one operation of the library, which counts no steps.
    const end = await ending(`${tree(60)}{{ ns.s|tojson }}`, { budgets: { milliseconds: 200 } });
    expect(end).toBe('TEMPLATE_TIME: the template was not done after 200 ms');
  });

  it('a template that takes all memory ends its own process', async () => {
    const hoard =
      '{% set ns = namespace(s=[]) %}{% for i in range(14) %}{% set ns.s = ns.s + [range(60000)] %}{% endfor %}';
    const end = await ending(hoard, { budgets: { heapMebibytes: 16, milliseconds: 60_000 } });
    expect(end).toBe('TEMPLATE_CRASH: rendering the template ended its process (16 MiB allowed)');
  });

  it('budgets are those of the caller', async () => {
    const loop = '{% for i in range(100) %}ab{% endfor %}';
    expect(await ending(loop, { budgets: { steps: 100 } })).toBe('TEMPLATE_LIMIT: more than 100 steps');
    expect(await ending(loop, { budgets: { textCharacters: 199 } })).toBe(
      'TEMPLATE_LIMIT: a text of more than 199 characters',
    );
    expect(await ending(loop, { budgets: { textCharacters: 200 } })).toBe('ab'.repeat(100));
    await expect(ending(loop, { budgets: { steps: 0 } })).rejects.toThrow(RangeError);
    await expect(ending(loop, { budgets: { milliseconds: 1.5 } })).rejects.toThrow(RangeError);
  });
});
