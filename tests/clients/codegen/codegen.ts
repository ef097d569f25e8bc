import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../../schema.graphql",
  documents: "operations/*.graphql",
  generates: {
    "generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        // A scalar without a line here is an error, so new scalars of the schema are noticed.
        strictScalars: true,
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: {
          Color: "string",
          DateTime: "string",
          Duration: "string",
          FieldId: "string",
          JSON: "unknown",
          Locale: "string",
          TimeZone: "string",
          URL: "string",
        },
      },
    },
  },
};

export default config;
