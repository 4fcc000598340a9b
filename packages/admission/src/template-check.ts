/** The chat template of a checkpoint: read, and rendered with a set of probes, in a sandbox. */
import {
  examineChatTemplate,
  type RenderOutcome,
  type TemplateErrorCode,
  type TemplateOptions,
  templateError,
} from '@mirust/chat-template';
import { isMirustError } from '@mirust/core';
import { canonicalJson, sha256, toHex } from '@mirust/integrity';
import type { AdmissionFinding } from '@mirust/schemas';
import { type Tokenizer, tokenText } from '@mirust/tokenizer';
import { LATER_PROBES, TEMPLATE_PROBES, TEMPLATE_PROBES_VERSION, type TemplateProbe } from './template-probes.ts';
import { findingOf } from './verdict.ts';

/** What the check gives. */
export interface TemplateCheck {
  readonly findings: readonly AdmissionFinding[];
  /** SHA-256 of what the template makes of the probes, hex; the same for templates that behave alike. */
  readonly digest: string;
}

/** A probe and what became of it. */
interface Probed extends TemplateProbe {
  readonly outcome: RenderOutcome;
}

/**
 * Checks a template, against the tokenizer where there is one. Throws a MirustError for a template that cannot be read or
 * rendered at all, and the reason of the signal.
 */
export async function checkTemplate(
  template: string,
  tokenizer: Tokenizer | undefined,
  options: TemplateOptions = {},
): Promise<TemplateCheck> {
  const probes = [...TEMPLATE_PROBES, ...LATER_PROBES];
  const { inspection, outcomes } = await examineChatTemplate(
    template,
    probes.map(({ input }) => input),
    options,
  );
  const all = probes.flatMap((probe, index): Probed[] => {
    const outcome = outcomes[index];
    return outcome === undefined ? [] : [{ ...probe, outcome }];
  });
  const probed = all.slice(0, TEMPLATE_PROBES.length);
  const later = all.slice(TEMPLATE_PROBES.length);
  const findings = [
    ...inspection.remarks.filter(({ code }) => code !== 'TEMPLATE_NOT_DETERMINISTIC').map(asFinding),
    ...findingsOfOutcomes(probed),
    ...findingsOfDates(
      probed,
      later,
      inspection.remarks.find(({ code }) => code === 'TEMPLATE_NOT_DETERMINISTIC'),
    ),
    ...findingsOfMarkers(inspection.markers, probed, tokenizer),
  ];
  return { findings, digest: await digestOf(probed) };
}

function finding(code: TemplateErrorCode, message: string): AdmissionFinding {
  return findingOf(templateError(code, message));
}

function asFinding({
  code,
  message,
}: {
  readonly code: TemplateErrorCode;
  readonly message: string;
}): AdmissionFinding {
  return finding(code, message);
}

/** Whether the probes are rendered, and hold what was said. One finding per code. */
function findingsOfOutcomes(probed: readonly Probed[]): AdmissionFinding[] {
  const limited = probed.find(({ outcome }) => outcome.kind === 'limit');
  if (limited !== undefined) return [outcomeFinding('TEMPLATE_LIMIT', limited)];
  const plain = probed.filter(({ kind }) => kind === 'plain');
  const isRendered = ({ outcome }: Probed): boolean => outcome.kind === 'text';
  if (!plain.some(isRendered))
    return findingsOfNone(plain, probed.filter(({ kind }) => kind === 'parts').some(isRendered));
  const findings: AdmissionFinding[] = [];
  const failed = probed.filter(({ kind, outcome }) => {
    return kind !== 'parts' && (outcome.kind === 'failed' || outcome.kind === 'unsupported');
  });
  if (failed[0] !== undefined) {
    const more = failed.length === 1 ? '' : ` (and ${failed.length - 1} more of ${probed.length} probes)`;
    findings.push(outcomeFinding('TEMPLATE_PROBE', failed[0], more));
  }
  return [...findings, ...findingsOfContents(plain)];
}

/** No plain conversation is rendered: why not. A template that wants contents in parts is one for other callers, not a bad one. */
function findingsOfNone(plain: readonly Probed[], takesParts: boolean): AdmissionFinding[] {
  const find = (kind: RenderOutcome['kind']): Probed | undefined => plain.find(({ outcome }) => outcome.kind === kind);
  const [lacking, failed, raised] = [find('unsupported'), find('failed'), find('raised')];
  if (takesParts && failed !== undefined) return [outcomeFinding('TEMPLATE_PROBE', failed)];
  if (lacking !== undefined) return [outcomeFinding('TEMPLATE_UNSUPPORTED', lacking)];
  if (failed !== undefined) return [outcomeFinding('TEMPLATE_RENDER', failed)];
  return raised === undefined ? [] : [outcomeFinding('TEMPLATE_RAISED', raised)];
}

function outcomeFinding(code: TemplateErrorCode, { name, outcome }: Probed, more = ''): AdmissionFinding {
  const message = outcome.kind === 'text' ? '' : outcome.message;
  return finding(code, `on the probe "${name}"${more}: ${message}`);
}

/** The last message of a probe has to be in the text; earlier ones should be. */
function findingsOfContents(plain: readonly Probed[]): AdmissionFinding[] {
  const lost = plain.flatMap(({ name, input: { messages }, outcome }) => {
    if (outcome.kind !== 'text') return [];
    return messages.flatMap(({ role, content }, index) => {
      if (outcome.text.includes(String(content))) return [];
      return [{ name, role, isLastUser: index === messages.findLastIndex((message) => message.role === 'user') }];
    });
  });
  const dropped = lost.find(({ isLastUser }) => isLastUser);
  if (dropped !== undefined) {
    return [finding('TEMPLATE_USER_DROPPED', `on the probe "${dropped.name}" the text lacks the message of the user`)];
  }
  return lost.slice(0, 1).map(({ name, role }) => {
    return finding('TEMPLATE_TURN_DROPPED', `on the probe "${name}" the text lacks the message of "${role}"`);
  });
}

/** Whether another day makes another text; a filter that draws lots cannot be rendered, and is told all the same. */
function findingsOfDates(
  probed: readonly Probed[],
  later: readonly Probed[],
  remark: { readonly message: string } | undefined,
): AdmissionFinding[] {
  const changed = later.find(({ name, outcome }) => {
    const same = probed.find((probe) => probe.name === name)?.outcome;
    return JSON.stringify(same) !== JSON.stringify(outcome);
  });
  if (changed !== undefined) {
    return [finding('TEMPLATE_NOT_DETERMINISTIC', `on the probe "${changed.name}" another date gives another text`)];
  }
  return remark === undefined ? [] : [finding('TEMPLATE_NOT_DETERMINISTIC', remark.message)];
}

/** Markers that the template writes although the tokenizer would cut them into pieces. */
function findingsOfMarkers(
  markers: readonly string[],
  probed: readonly Probed[],
  tokenizer: Tokenizer | undefined,
): AdmissionFinding[] {
  if (tokenizer === undefined) return [];
  const texts = probed.flatMap(({ kind, outcome }) =>
    kind === 'plain' && outcome.kind === 'text' ? [outcome.text] : [],
  );
  const written = markers.filter((marker) => texts.some((text) => text.includes(marker)));
  const unknown = written.filter((marker) => !isToken(marker, tokenizer));
  if (unknown.length === 0) return [];
  const message = `the tokenizer has no token for ${unknown.slice(0, 4).join(', ')}`;
  return [finding('TEMPLATE_MARKER', unknown.length > 4 ? `${message} and ${unknown.length - 4} more` : message)];
}

/** Whether a text becomes one token: that of its name. */
function isToken(text: string, { encode, model }: Tokenizer): boolean {
  try {
    return encode(text, { addSpecial: false }).some((id) => tokenText(model.tokens, id) === text);
  } catch (error) {
    // A vocabulary without bytes cannot even spell it.
    if (isMirustError(error)) return false;
    throw error;
  }
}

/** Errors of the interpreter count as such, whatever it says: its words may change with its version. */
async function digestOf(probed: readonly Probed[]): Promise<string> {
  // What becomes of a list where a text is wanted is the interpreter's affair.
  const known = probed.filter(({ kind }) => kind !== 'parts');
  const outputs = known.map(({ outcome }) => {
    if (outcome.kind === 'text') return { text: outcome.text };
    return outcome.kind === 'raised' ? { raised: outcome.message } : { failed: true };
  });
  const text = canonicalJson({ probes: TEMPLATE_PROBES_VERSION, outputs });
  return toHex(await sha256(new TextEncoder().encode(text)));
}
