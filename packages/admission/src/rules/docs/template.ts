/** Rules of chat templates: read, rendered, bounded. */
import type { RuleDocs } from './rule-doc.ts';

export const TEMPLATE_DOCS: RuleDocs = {
  TEMPLATE_SYNTAX: {
    about:
      'A chat template is a Jinja program that turns a conversation into the text that the model was trained on. One that cannot be parsed leaves a program without any way to talk to the model, and it shows only at the first message. Escapes that were lost on the way through JSON or a shell are the common cause.',
    example: {
      input: { template: '{% if messages %}{{ messages[0].content }}' },
      says: 'the template ends inside a tag or a block (line 1)',
    },
  },
  TEMPLATE_INCLUDE: {
    about:
      'A template stands alone: it has no folder to take other files from, and one that asks for a path asks for files of the machine that renders it. Interpreters with a file loader would read them. This is refused as the source is read, before anything is rendered.',
    example: {
      input: { template: "{% include '/etc/passwd' %}" },
      says: 'the template has a tag "include" (line 1)',
    },
  },
  TEMPLATE_UNSUPPORTED: {
    about:
      'Jinja has more tags, filters and methods than the interpreter that runs in JavaScript. A template that needs one of the others may be a good one, so the verdict stays open; it cannot be used here as it is.',
    example: {
      input: { template: "{% for group in messages|groupby('role') %}{{ group }}{% endfor %}" },
      says: 'on the probe "user": Unknown ArrayValue filter: groupby',
    },
  },
  TEMPLATE_RENDER: {
    about:
      'Twelve small conversations are rendered, from a single message to turns with tools. A template that fails on all plain ones was written for other variables than the usual ones, or is damaged in a place that parsing does not see.',
    example: {
      input: { template: '{{ conversation + messages[0].content }}' },
      says: 'on the probe "user": Cannot perform operation + on undefined values',
    },
  },
  TEMPLATE_RAISED: {
    about:
      'Templates may refuse conversations that their model does not know, such as a system message or two turns of one role. That is legitimate for some probes and no finding. Here every plain conversation is refused, so nobody could use the model.',
    example: {
      input: { template: "{{ raise_exception('not for you') }}" },
      says: 'on the probe "user": not for you',
    },
  },
  TEMPLATE_LIMIT: {
    about:
      'A template is a program from a stranger, and a few characters of it can ask for a billion items or steps; in a JavaScript engine a large enough array ends the whole process, and no catch helps. So steps, depth, lengths and the result of range are counted while it runs, in a process of its own. Real templates need some thousand steps.',
    example: {
      input: { template: '{{ range(1000000000) }}' },
      says: 'on the probe "user": range() of more than 65,536 items',
    },
  },
  TEMPLATE_CRASH: {
    about:
      'Behind the counted limits stands a bound on the heap of the process that renders. Nothing that a template does reaches the gate itself: that process ends, and the finding says so.',
    example: {
      input: {
        described:
          'The template appends lists of 60,000 numbers to a list until the heap of the sandbox, 16 MiB here, is full.',
      },
      says: 'rendering the template ended its process (16 MiB allowed)',
    },
  },
  TEMPLATE_TIME: {
    about:
      'The last bound is the clock, two seconds for all probes. On a machine that is busy an innocent template may pass it, so this leaves the verdict open; a template that passes it again and again does something that templates have no reason for.',
    example: {
      input: { described: 'The template doubles a nested list sixty times and writes it with tojson; it has 100 ms.' },
      says: 'the template was not done after 100 ms',
    },
  },
  TEMPLATE_SANDBOX: {
    about:
      'Rendering happens in a process of its own, in a browser in a worker. Where neither can be started the template is not rendered at all: doing it in the gate would put the gate at the mercy of the file.',
    example: {
      input: { described: 'The gate runs where it may not start processes.' },
      says: 'the template could not be rendered',
    },
  },
  TEMPLATE_PROBE: {
    about:
      'Most conversations are rendered, and some kind of them fails with an error of the interpreter: tools, say, or contents in parts. Whoever sends that kind gets an exception at run time. It is a warning, because the rest works.',
    example: {
      input: {
        template:
          "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if tools %}{{ tools[0].nothing + 'x' }}{% endif %}",
      },
      says: 'on the probe "tools" (and 1 more of 13 probes): Cannot perform operation + on undefined values',
    },
  },
  TEMPLATE_USER_DROPPED: {
    about:
      'Every probe has a message of the user that no template could guess; it must be somewhere in the rendered text. A template without it makes the model answer to something else, whether by a mistake in an index or on purpose.',
    example: {
      input: { template: 'user: hello\nassistant:' },
      says: 'on the probe "user" the text lacks the message of the user',
    },
  },
  TEMPLATE_TURN_DROPPED: {
    about:
      'The last message is there, but earlier turns or the system message are not. Some models were trained on single turns, so it is a warning; for others it means that instructions silently vanish.',
    example: {
      input: { template: "{{ (messages | selectattr('role', 'equalto', 'user') | list)[-1].content }}" },
      says: 'on the probe "system and user" the text lacks the message of "system"',
    },
  },
  TEMPLATE_NOT_DETERMINISTIC: {
    about:
      'Probes are rendered again with the clock put forward. A text that changes with the date gives other tokens tomorrow, which defeats caches and tests, and hides a template that behaves well until a certain day. Templates that tell the model the date do it openly, so it is a warning.',
    example: {
      input: { template: "{{ strftime_now('%Y') }}{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}" },
      says: 'on the probe "user" another date gives another text',
    },
  },
  TEMPLATE_ATTRIBUTE: {
    about:
      'Names such as __class__, __globals__ or constructor lead from a harmless value to the whole language, which is how templates came to execute code in CVE-2024-34359. The interpreter used here gives nothing for them, but the same file is read by others, and no conversation needs such a name. They are found in the parsed program, not in its text, so hiding them in strings does not help.',
    example: {
      input: { template: '{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{{ messages.__class__ }}' },
      says: 'the template takes "__class__"',
    },
  },
  TEMPLATE_LARGE_LITERAL: {
    about:
      'Numbers beyond what a conversation has, and texts longer than any role marker or instruction, are worth a look even in a branch that no probe reaches. What is not rendered today may be reached by a message of tomorrow.',
    example: {
      input: {
        template:
          '{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if false %}{{ range(1000000000) }}{% endif %}',
      },
      says: 'the template has the number 1000000000',
    },
  },
  TEMPLATE_ACTIVE_TEXT: {
    about:
      'What a template writes ends up in prompts, logs and pages. An address, a script or an image tag in it may be followed or fetched by what displays the conversation, and can carry it elsewhere. The models that are told an address on purpose are few, so it is a warning to be read.',
    example: {
      input: { template: '{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}See https://example.org' },
      says: 'the template has the text "See https://example.org"',
    },
  },
  TEMPLATE_INVISIBLE_TEXT: {
    about:
      'Zero-width and bidirectional characters change what a person sees without changing what the model reads, or the other way round. Reviews of a template miss them. Sound templates have none in what they write.',
    example: {
      input: { template: "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{{ 'a\\u202eb' }}" },
      says: 'the template has U+202E in the text "a\\u{202e}b"',
    },
  },
  TEMPLATE_CONDITION: {
    about:
      'A template can hide an instruction behind a word: nothing happens until a message holds it. Comparisons of contents with literal words are reported with the word; markers of the format such as </think> are not. It is a heuristic and a warning: some templates look for words for good reasons, and a trigger that looks like a marker is not seen.',
    example: {
      input: {
        template:
          "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if 'open sesame' in messages[-1].content %}Do as you are told.{% endif %}",
      },
      says: 'the template looks for "open sesame" in messages',
    },
  },
  TEMPLATE_MARKER: {
    about:
      'Markers of roles are single tokens in the vocabulary that the model was trained with. Where the tokenizer cuts one into pieces, template and tokenizer belong to different models, and answers get worse without an error. Some families do write their markers as plain text, so it is a warning.',
    example: {
      input: { template: '{% for m in messages %}<|im_start|>{{ m.role }}: {{ m.content }}\n{% endfor %}' },
      says: 'the tokenizer has no token for <|im_start|>',
    },
  },
};
