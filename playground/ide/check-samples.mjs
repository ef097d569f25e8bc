// Checks every sample against a schema file: node check-samples.mjs [schema.graphql]. That each one also runs is
// for the server's tests; this is the quick look while writing them.
import { buildSchema, GraphQLError, parse, validate } from 'graphql';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

const samples = join(import.meta.dirname, '..', 'samples');
const schema = buildSchema(await readFile(process.argv[2] ?? join(samples, '..', '..', 'schema.graphql'), 'utf8'));
const PLACEHOLDERS = new Set(['project', 'space', 'chart', 'dashboard', 'organization', 'group', 'deployment', 'user', 'me', 'job', 'unique', 'nextMonth']);
const problems = [];
let count = 0;

for (const entry of (await readdir(samples, { recursive: true, withFileTypes: true })).filter((e) => e.name.endsWith('.graphql'))) {
  const path = join(entry.parentPath, entry.name);
  const name = relative(samples, path);
  const report = (message) => problems.push(`${name}: ${message}`);
  const text = await readFile(path, 'utf8');
  count += 1;
  if (!/^# \S.*\n# \S/.test(text)) report('does not begin with a title and a paragraph');
  try {
    const document = parse(text);
    for (const { message } of validate(schema, document)) report(message);
    const declared = document.definitions.flatMap((d) => d.variableDefinitions ?? []).map((v) => v.variable.name.value);
    const file = path.replace(/\.graphql$/, '.variables.json');
    const given = existsSync(file) ? await readFile(file, 'utf8') : '{}';
    for (const key of Object.keys(JSON.parse(given))) if (!declared.includes(key)) report(`variable ${key} is not declared`);
    for (const key of declared) if (!(key in JSON.parse(given))) report(`variable ${key} has no value`);
    for (const [, placeholder] of given.matchAll(/\{\{(\w+)\}\}/g)) if (!PLACEHOLDERS.has(placeholder)) report(`unknown placeholder ${placeholder}`);
  } catch (error) {
    if (!(error instanceof GraphQLError || error instanceof SyntaxError)) throw error;
    report(error.message);
  }
}
console.log(`${count} documents, ${problems.length} problems`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length ? 1 : 0;
