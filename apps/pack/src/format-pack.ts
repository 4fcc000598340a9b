/** What mirust-pack prints about a conversion. */
import { type Column, colorsFor, formatTable } from '@mirust/cli';
import { encodedSize, formatBytes, formatEncoding, sanitizeText } from '@mirust/core';
import { hex64 } from '@mirust/integrity';
import type { ConversionPlan, ConversionReport, ConvertedTensor } from '@mirust/pipeline';
import type { ResolvedTensor } from '@mirust/quant';

/** The result as a document. */
export function packJson(plan: ConversionPlan, report: ConversionReport | undefined, out: string | undefined): object {
  const { rootDigest, checksum } = report?.digest ?? {};
  const converted = new Map(report?.tensors.map((tensor) => [tensor.name, tensor]));
  return {
    format: plan.request.format,
    byteLength: plan.byteLength,
    dryRun: report === undefined,
    ...(out === undefined ? {} : { file: out }),
    ...(rootDigest === undefined ? {} : { rootDigest }),
    ...(checksum === undefined ? {} : { checksum: hex64(checksum) }),
    tensors: plan.tensors.map((tensor) => {
      const { name, encoding, requested, fallbackReason } = tensor;
      const error = converted.get(name)?.error;
      return {
        name,
        type: formatEncoding(encoding),
        bytes: storedBytes(plan, tensor),
        requested,
        ...(fallbackReason === undefined ? {} : { fallbackReason }),
        ...(error === undefined ? {} : { error }),
      };
    }),
    warnings: plan.warnings,
  };
}

/** The result for a person: what was written, how good it is, what fell back and why. */
export function formatPack(
  plan: ConversionPlan,
  report: ConversionReport | undefined,
  out: string | undefined,
): string {
  const colors = colorsFor(process.stdout);
  const verb = report === undefined ? 'would write' : 'wrote';
  const bytes = `${plan.byteLength.toLocaleString('en-US')} bytes (${formatBytes(plan.byteLength)})`;
  const lines = [`${verb} ${out === undefined ? plan.request.format : sanitizeText(out, 300)}: ${bytes}`];
  const { rootDigest, checksum } = report?.digest ?? {};
  if (rootDigest !== undefined) lines.push(`root digest ${rootDigest}`);
  if (checksum !== undefined) lines.push(`checksum ${hex64(checksum)}`);
  lines.push('', typeTable(plan, report));
  const fallbacks = plan.tensors.filter(({ fallbackReason }) => fallbackReason !== undefined);
  if (fallbacks.length > 0) {
    lines.push('', colors.yellow(`${fallbacks.length} tensors fell back to another type:`));
    lines.push(...fallbackLines(fallbacks));
  }
  for (const { code, message } of plan.warnings) lines.push(colors.yellow(`warning ${code}: ${message}`));
  return `${lines.join('\n')}\n`;
}

/** Tensors, bytes and worst error by type; a dry run knows no errors. */
function typeTable(plan: ConversionPlan, report: ConversionReport | undefined): string {
  const groups = new Map<string, { tensors: number; bytes: number; worst: ConvertedTensor | undefined }>();
  const converted = new Map(report?.tensors.map((tensor) => [tensor.name, tensor]));
  for (const tensor of plan.tensors) {
    const key = formatEncoding(tensor.encoding);
    const group = groups.get(key) ?? { tensors: 0, bytes: 0, worst: undefined };
    const result = converted.get(tensor.name);
    group.tensors++;
    group.bytes += storedBytes(plan, tensor);
    if (errorOf(result) > errorOf(group.worst)) group.worst = result;
    groups.set(key, group);
  }
  const rows = [...groups].map(([type, { tensors, bytes, worst }]) => [
    type,
    String(tensors),
    bytes.toLocaleString('en-US'),
    ...(report === undefined ? [] : [worstText(worst)]),
  ]);
  const columns: Column[] = [
    { title: 'type' },
    { title: 'tensors', align: 'right' },
    { title: 'bytes', align: 'right' },
  ];
  return formatTable(report === undefined ? columns : [...columns, { title: 'worst relative error' }], rows);
}

/** -1 for a tensor whose bytes were copied: nothing was measured. */
function errorOf(tensor: ConvertedTensor | undefined): number {
  return tensor?.error?.relativeRmsError ?? -1;
}

function worstText(tensor: ConvertedTensor | undefined): string {
  if (tensor?.error === undefined) return 'none: copied';
  const { relativeRmsError, cosine } = tensor.error;
  if (relativeRmsError === 0) return 'none: every value is the same';
  return `${(relativeRmsError * 100).toFixed(3)} % RMS, cosine ${cosine.toFixed(6)} (${tensor.name})`;
}

/** Bytes of a tensor in the artifact, scales included, padding not. */
function storedBytes(plan: ConversionPlan, { name, encoding }: ResolvedTensor): number {
  const shape = plan.request.checkpoint.tensors.get(name)?.shape ?? [];
  const { payloadBytes, scaleBytes } = encodedSize(encoding, shape);
  return payloadBytes + scaleBytes;
}

/** Fallbacks by reason: a model of 80 layers has hundreds that say the same. */
function fallbackLines(fallbacks: readonly ResolvedTensor[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, encoding, requested, fallbackReason } of fallbacks) {
    const reason = `${requested} became ${formatEncoding(encoding)}: ${fallbackReason?.message ?? ''}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  return [...byReason].map(([reason, names]) => {
    const shown = names.slice(0, 4).join(', ');
    return `  ${shown}${names.length > 4 ? ` and ${names.length - 4} more` : ''}: ${reason}`;
  });
}
