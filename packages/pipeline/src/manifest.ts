/**
 * Manifests of finished artifacts: the JSON manifest, and the sidecar that SLM1 has always had. Both are made from a
 * verified file: a manifest never vouches for bytes that nobody looked at.
 */
import { type ByteSource, elementCount, formatEncoding, sanitizeText } from '@mirust/core';
import {
  type ArtifactManifest,
  hex64,
  type SidecarManifest,
  type SidecarQuantization,
  type SourceKind,
  sha256Source,
  toHex,
} from '@mirust/integrity';
import type { ManifestTensor, ToolRecord } from '@mirust/schemas';
import { identifySlm, type PlacedTensor, readSlm1, readSlm2, type Slm1File, verifySlm2Data } from '@mirust/slm';
import { pipelineError } from './errors.ts';

/** What is said about an artifact that its bytes do not tell. */
export interface ManifestOptions {
  readonly tool: ToolRecord;
  /** Name of the file; default the last part of the source's name, which is cut where it is long. */
  readonly fileName?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/**
 * The JSON manifest of an SLM1 or SLM2 file, after verifying all of it. Throws `PACK_NO_ARTIFACT` for another format,
 * and what reading and verifying throw.
 */
export async function manifestOf(source: ByteSource, options: ManifestOptions): Promise<ArtifactManifest> {
  const { tool, fileName = baseName(source.name), ...progress } = options;
  const format = await identifySlm(source, progress);
  const admission = { state: 'not-run', requiredNextGate: 'structure' } as const;
  if (format === 'slm2') {
    const file = await readSlm2(source, progress);
    await verifySlm2Data(source, file, progress);
    const { meta, rootDigest, byteLength } = file;
    return {
      manifestVersion: 1,
      artifact: { format, fileName, byteLength, rootDigest },
      model: {
        ...(meta.name === undefined ? {} : { name: meta.name }),
        architecture: meta.architecture,
        hyperparameters: meta.hyperparameters,
        parameterCount: parametersOf(file.tensors),
      },
      tensors: file.tensors.map((tensor) => ({ ...tensorRecord(tensor), sha256: tensor.sha256 })),
      sources: meta.sources,
      recipe: meta.recipe,
      tool,
      admission,
    };
  }
  if (format !== 'slm1') {
    throw pipelineError('PACK_NO_ARTIFACT', `${sanitizeText(fileName)} is neither SLM1 nor SLM2`);
  }
  const file = await readSlm1(source, { ...progress, verify: true });
  const sha256 = toHex(await sha256Source(source, progress));
  const { byteLength, header } = file;
  return {
    manifestVersion: 1,
    artifact: { format, fileName, byteLength, sha256, checksum: hex64(header.checksum) },
    model: {
      architecture: 'llama',
      hyperparameters: header.hyperparameters,
      parameterCount: parametersOf(file.tensors),
    },
    tensors: file.tensors.map(tensorRecord),
    sources: [],
    tool,
    admission,
  };
}

/** The sidecar of a verified SLM1 file. `sourceKind`: what the weights are; nothing is claimed about their quality. */
export async function sidecarOf(
  source: ByteSource,
  sourceKind: SourceKind,
  options: Omit<ManifestOptions, 'tool'> = {},
): Promise<SidecarManifest> {
  const { fileName = baseName(source.name), ...progress } = options;
  if ((await identifySlm(source, progress)) !== 'slm1') {
    throw pipelineError('PACK_NO_ARTIFACT', `${sanitizeText(fileName)} is not SLM1`);
  }
  const file = await readSlm1(source, { ...progress, verify: true });
  const { header } = file;
  const {
    ropeTheta: _theta,
    rmsNormEpsilon: _epsilon,
    ropeScaling: _scaling,
    slidingWindow: _window,
    ...shape
  } = header.hyperparameters;
  return {
    modelPath: fileName,
    byteLength: file.byteLength,
    checksum: hex64(header.checksum),
    ...shape,
    tensorCount: file.tensors.length,
    parameterCount: parametersOf(file.tensors),
    quantization: quantizationOf(file),
    sourceKind,
    qualityClaim: 'none',
    trainedQualityClaim: 'none',
    admissionStatus: 'not-run',
    requiredNextGate: 'structure',
  };
}

/** The type of all matrices, or `mixed`. */
function quantizationOf(file: Slm1File): SidecarQuantization {
  const types = new Set(file.tensors.filter(({ shape }) => shape.length > 1).map(({ encoding }) => encoding.dtype));
  const [type] = types;
  return types.size === 1 && (type === 'f32' || type === 'q8' || type === 'q4') ? type : 'mixed';
}

function tensorRecord({ name, encoding, shape, byteLength, scaleByteLength }: PlacedTensor): ManifestTensor {
  const { dtype, blockSize, scaleType, layout } = encoding;
  return {
    name,
    encoding: formatEncoding({ dtype, blockSize, scaleType: 'f32' }),
    ...(dtype === 'q8' || dtype === 'q4' ? { scaleType } : {}),
    ...(layout === undefined ? {} : { layout }),
    shape: [...shape],
    byteLength: byteLength + scaleByteLength,
  };
}

function parametersOf(tensors: readonly PlacedTensor[]): number {
  return tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
