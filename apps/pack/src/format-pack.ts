/** What mirust-pack prints about a conversion. */
import { colorsFor, formatTable } from '@mirust/cli';
import { formatBytes, formatEncoding, sanitizeText } from '@mirust/core';
import { hex64 } from '@mirust/integrity';
import type { ConversionPlan, ConversionReport, ConvertedTensor } from '@mirust/pipeline';
import type { ResolvedTensor } from '@mirust/quant';

/** The result as a document. */
export function packJson(plan: ConversionPlan, report: ConversionReport | undefined, out: string | undefined): unknown {
  const { rootDigest, checksum } = report?.digest ?? {};
  const converted = new Map(report?.tensors.map((tensor) => [tensor.name, tensor]));
  return {
    format: plan.request.format,
    byteLength: plan.byteLength,
    dryRun: report === undefined,
    ...(out === undefined ? {} : { file: out }),
    ...(rootDigest === undefined ? {} : { rootDigest }),
    ...(checksum === undefined ? {} : { checksum: hex64(checksum) }),
    tensors: plan.tensors.map(({ name, encoding, requested, fallbackReason }) => {
      const error = converted.get(name)?.error;
      return {
        name,
        type: formatEncoding(encoding),
        requested,
        ...(fallbackReason === undefined ? {} : { fallbackReason }),
        ...(error === undefined ? {} : { error }),
      };
    }),
    warnings: plan.request.checkpoint.warnings,
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
  for (const { code, message } of plan.request.checkpoint.warnings)
    lines.push(colors.yellow(`warning ${code}: ${message}`));
  return `${lines.join('\n')}\n`;
}

/** Tensors, values and worst error by type. */
function typeTable(plan: ConversionPlan, report: ConversionReport | undefined): string {
  const groups = new Map<string, { tensors: number; bytes: number; worst: ConvertedTensor | undefined }>();
  const places = new Map(report?.tensors.map((tensor) => [tensor.name, tensor]));
  for (const { name, encoding } of plan.tensors) {
    const key = formatEncoding(encoding);
    const group = groups.get(key) ?? { tensors: 0, bytes: 0, worst: undefined };
    const tensor = places.get(name);
    group.tensors++;
    group.bytes += tensor?.storedBytes ?? 0;
    const error = tensor?.error?.relativeRmsError ?? -1;
    if (error > (group.worst?.error?.relativeRmsError ?? -1)) group.worst = tensor;
    groups.set(key, group);
  }
  const rows = [...groups].map(([type, { tensors, bytes, worst }]) => [
    type,
    String(tensors),
    ...(report === undefined ? [] : [bytes.toLocaleString('en-US')]),
    ...(report === undefined ? [] : [worst?.error === undefined ? 'copied' : worstText(worst)]),
  ]);
  const columns = [{ title: 'type' }, { title: 'tensors', align: 'right' as const }];
  const measured = [{ title: 'bytes', align: 'right' as const }, { title: 'worst relative error' }];
  return formatTable(report === undefined ? columns : [...columns, ...measured], rows);
}

function worstText({ name, error }: ConvertedTensor): string {
  const share = ((error?.relativeRmsError ?? 0) * 100).toFixed(3);
  return `${share} % RMS, cosine ${(error?.cosine ?? 0).toFixed(6)} (${name})`;
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
