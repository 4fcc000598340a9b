/** Examples as text, for a terminal and for the page of rules. */
import { encodeValue } from './bytes.ts';
import type { ArtifactChange, ByteChange, ByteRow, ExampleInput, GgufChange } from './rule-doc.ts';

/** Bytes of a row that are shown. */
const SHOWN_BYTES = 12;

/** Lines of text that show an input; the first one names the file. */
export function formatInput(input: ExampleInput): string {
  if ('described' in input) return input.described;
  if ('text' in input) return lines(input.file, input.text);
  if ('fields' in input) return lines(`${input.file}, where`, ...Object.entries(input.fields).map(formatField));
  if ('template' in input) return lines('model.gguf, whose chat template is', input.template);
  if ('policy' in input) return lines('policy.json', JSON.stringify({ version: 1, ...input.policy }, null, 2));
  if ('gguf' in input) return lines('model.gguf, where', ...formatGguf(input.gguf));
  if ('artifact' in input) return formatArtifact(input);
  if ('sections' in input) return lines('model.slm, an SLM2 file with the sections', input.sections.join(', '));
  if ('meta' in input) return formatMeta(input.meta);
  if ('section' in input) return lines(`model.slm, where the section ${input.section} is`, ...formatRows(input.rows));
  return lines(input.file, ...formatRows(input.rows));
}

function lines(head: string, ...rest: readonly string[]): string {
  return [head, ...rest.flatMap((text) => text.split('\n')).map((line) => `  ${line}`)].join('\n');
}

function formatField([name, value]: [string, unknown]): string {
  return value === undefined ? `"${name}" is absent` : `"${name}": ${JSON.stringify(value)}`;
}

function formatGguf({ keys = [], without = [], tensors = [] }: GgufChange): string[] {
  return [
    ...keys.map(([key, value]) => `${key} = ${typeof value === 'string' ? value : `[${value.join(', ')}]`}`),
    ...without.map((key) => `${key} is absent`),
    ...tensors.map(([name, type, shape]) => `there is a tensor ${name}, ${type} [${shape.join(', ')}]`),
  ];
}

function formatArtifact({ artifact, changes, resealed, grownBy = 0 }: ArtifactChange): string {
  const grown = grownBy === 0 ? [] : [`${Math.abs(grownBy)} bytes ${grownBy < 0 ? 'are cut off' : 'of zeros follow'}`];
  const sealed = artifact === 'SLM1' ? 'the checksum is' : 'all digests are';
  return lines(
    `model.slm, an ${artifact} file where`,
    ...changes.map(formatChange),
    ...grown,
    ...(resealed ? [`${sealed} made right again`] : []),
  );
}

function formatChange({ at, in: place, to }: ByteChange): string {
  const where = place === undefined ? `byte ${at}` : `byte ${at} of the ${place[0]} of ${place[1]}`;
  const [value, meaning] = to;
  return `${where} (${meaning}): ${formatBytes(value)}${value.startsWith('hex') ? '' : `, ${value}`}`;
}

function formatMeta({ from, to }: { readonly from: string; readonly to: string }): string {
  const change = from === '' ? `${JSON.stringify(to)} follows the document` : `${to}\nin the place of\n${from}`;
  return lines('model.slm, an SLM2 file where META has', change);
}

/** Offset, bytes, value and meaning in columns. */
function formatRows(rows: readonly ByteRow[]): string[] {
  let at = 0;
  const cells = rows.map(([value, meaning]): [string, string, string] => {
    const offset = at;
    at += encodeValue(value).byteLength;
    // What is given as bytes says nothing more than they do.
    return [String(offset), formatBytes(value), value.startsWith('hex') ? meaning : `${value}, ${meaning}`];
  });
  const [offsetWidth, bytesWidth] = [0, 1].map((column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  return cells.map(
    ([offset, bytes, text]) => `${offset.padStart(offsetWidth ?? 0)}  ${bytes.padEnd(bytesWidth ?? 0)}  ${text}`,
  );
}

function formatBytes(value: string): string {
  const bytes = encodeValue(value);
  const shown = Array.from(bytes.subarray(0, SHOWN_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.byteLength > SHOWN_BYTES ? `${shown} …` : shown;
}
