// Uses the generated types the way a front end does. It is compiled, never run: what the schema
// promises about nulls, enums, unions and inputs has to be enough for this file to be right.
import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";
import {
  CreateSpaceDocument,
  DashboardDocument,
  ProjectsDocument,
  type ChartKind,
  type UserErrorCode,
} from "./generated/graphql";

export function names(result: ResultOf<typeof ProjectsDocument>): string[] {
  // Absent organizations are null; lists and what is in them are not.
  const projects = result.viewer?.organization?.projects;
  return projects ? projects.nodes.map((project) => project.name) : [];
}

export function nextPage(
  result: ResultOf<typeof ProjectsDocument>,
): VariablesOf<typeof ProjectsDocument> | null {
  const page = result.viewer?.organization?.projects.pageInfo;
  return page?.hasNextPage ? { first: 20, after: page.endCursor } : null;
}

export function area(result: ResultOf<typeof DashboardDocument>): number {
  const tiles = result.dashboard?.tiles ?? [];
  return tiles.reduce((sum, tile) => sum + tile.width * tile.height, 0);
}

export function filtered(result: ResultOf<typeof DashboardDocument>): string[] {
  const tiles = result.dashboard?.tiles ?? [];
  const items = tiles.flatMap(
    (tile) => tile.chart?.metricQuery.filters.dimensions?.items ?? [],
  );
  // `__typename` is in every object, so a union narrows.
  return items.flatMap((item) => (item.__typename === "FilterRule" ? [item.fieldId] : []));
}

export const space: VariablesOf<typeof CreateSpaceDocument> = {
  input: { projectId: "project_01h455vb4pex5vsknk084sn02q", name: "Finance" },
};

export function mistakes(result: ResultOf<typeof CreateSpaceDocument>): Map<string, UserErrorCode> {
  const errors = result.createSpace.userErrors;
  return new Map(errors.map((error) => [(error.path ?? []).join("."), error.code]));
}

export const kind: ChartKind = "VERTICAL_BAR";

// @ts-expect-error a space has to have a name
export const unnamed: VariablesOf<typeof CreateSpaceDocument> = { input: { projectId: "x" } };

// @ts-expect-error no such kind
export const hologram: ChartKind = "HOLOGRAM";
