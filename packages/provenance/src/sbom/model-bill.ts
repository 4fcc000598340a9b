/**
 * The bill of materials of a model: CycloneDX 1.6, a component `machine-learning-model` with its hashes, its licence, what
 * it descends from, and a model card with what was measured (https://cyclonedx.org/capabilities/mlbom/).
 *
 * The same artifact gives the same bytes: the serial number is made from its digests, and the time is the caller's to
 * state. Nothing is in it that its files do not say; a field that is not known is absent.
 */
import { ComponentType, HashAlgorithm } from '@cyclonedx/cyclonedx-library/Enums';
import * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';
import { fixupSpdxId } from '@cyclonedx/cyclonedx-library/SPDX';
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec';
import { canonicalJson } from '@mirust/integrity';
import type { QuantizationPredicate, ToolRecord } from '@mirust/schemas';
import { v5 } from 'uuid';
import { type ArtifactFile, ROOT_DIGEST } from '../artifact.ts';
import { modelCard } from './_model-card.ts';
import { pedigree } from './_pedigree.ts';

/** What is to be billed. */
export interface BillOptions {
  /** Name of the artifact, where its files give the model none. */
  readonly name: string;
  /** Its files, as `digestArtifact` gives them. */
  readonly files: readonly ArtifactFile[];
  /** What `describeArtifact` says of it. */
  readonly description: QuantizationPredicate;
  /** The program that writes the bill. */
  readonly tool: ToolRecord;
  /** Default none. */
  readonly timestamp?: Date | undefined;
}

/** A CycloneDX document. */
export type BillOfMaterials = Readonly<Record<string, unknown>>;

/** Namespace of our serial numbers: a random UUID, made once. */
const NAMESPACE = '6d6f8a34-3a0e-4c0b-9a51-7f0c2c1f4e0d';

/** Makes the bill of a model. */
export function modelBill({ name, files, description, tool, timestamp }: BillOptions): BillOfMaterials {
  const component = modelComponent(name, files, description);
  const bom = new Models.Bom({
    serialNumber: `urn:uuid:${v5(canonicalJson(files), NAMESPACE)}`,
    metadata: new Models.Metadata({
      ...(timestamp === undefined ? {} : { timestamp }),
      tools: new Models.Tools({
        components: new Models.ComponentRepository([
          new Models.Component(ComponentType.Application, tool.name, { version: tool.version }),
        ]),
      }),
      component,
    }),
  });
  // A file on its own is the model; a directory is made of its files.
  for (const file of files.length > 1 ? files : []) {
    const part = fileComponent(file);
    bom.components.add(part);
    component.dependencies.add(part.bomRef);
  }
  const factory = new Serialize.JSON.Normalize.Factory(Spec1dot6);
  // Lists are in order already; the library would sort them by the language of the system.
  const { metadata, ...rest } = factory.makeForBom().normalize(bom, { sortLists: false });
  // The library has no model cards and no pedigrees.
  const model = { ...metadata?.component, ...pedigree(description), modelCard: modelCard(description) };
  return { ...rest, metadata: { ...metadata, component: model } };
}

function modelComponent(
  name: string,
  files: readonly ArtifactFile[],
  description: QuantizationPredicate,
): Models.Component {
  const { artifact, model, recipe, tool } = description;
  const [only] = files;
  const component = new Models.Component(ComponentType.MachineLearningModel, model?.name ?? name, {
    bomRef: 'model',
    ...(files.length === 1 ? { hashes: hashesOf(only) } : {}),
    licenses: licensesOf(model?.license),
  });
  const properties: Readonly<Record<string, string | number | undefined>> = {
    'mirust:format': artifact.format,
    'mirust:byteLength': artifact.byteLength,
    'mirust:rootDigest': files.length === 1 ? only?.digest[ROOT_DIGEST] : undefined,
    'mirust:parameterCount': model?.parameterCount,
    'mirust:recipe': recipe === undefined ? undefined : canonicalJson(recipe),
    'mirust:madeBy': tool === undefined ? undefined : `${tool.name} ${tool.version}`,
  };
  for (const [key, value] of Object.entries(properties)) {
    if (value !== undefined) component.properties.add(new Models.Property(key, String(value)));
  }
  return component;
}

function fileComponent(file: ArtifactFile): Models.Component {
  return new Models.Component(ComponentType.File, file.name, {
    bomRef: `file:${file.name}`,
    hashes: hashesOf(file),
  });
}

function hashesOf(file: ArtifactFile | undefined): Models.HashDictionary {
  const sha256 = file?.digest.sha256;
  return new Models.HashDictionary(sha256 === undefined ? [] : [[HashAlgorithm['SHA-256'], sha256]]);
}

/** An identifier of SPDX, in whatever case the file has it; anything else is a name. */
function licensesOf(license: string | undefined): Models.LicenseRepository {
  if (license === undefined) return new Models.LicenseRepository();
  const id = fixupSpdxId(license);
  return new Models.LicenseRepository([
    id === undefined ? new Models.NamedLicense(license) : new Models.SpdxLicense(id),
  ]);
}
