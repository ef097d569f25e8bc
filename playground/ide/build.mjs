// Builds ../dist from src. One pass makes the page (ESM, split into chunks), one the three Monaco workers
// (classic scripts, since not every browser runs module workers), one the style sheet. Every name but
// index.html carries a hash of its content, so the server may let clients keep the files for ever.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = import.meta.dirname;
const out = join(here, '..', 'dist');
const ASSETS = '/graphql/assets/';
/** Below this a compressed twin is not worth a file. */
const COMPRESS_FROM_BYTES = 1024;

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  metafile: true,
  write: true,
  outdir: out,
  target: ['es2022'],
  entryNames: '[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  assetNames: '[name]-[hash]',
  legalComments: 'none', // the licences of all packages go into licenses.txt instead
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': '"production"' },
};

/** The output file of an entry point. */
function output(result, entry) {
  const found = Object.entries(result.metafile.outputs).find(([, o]) => o.entryPoint === entry);
  if (!found) throw new Error(`no output for ${entry}`);
  return { name: basename(found[0]), ...found[1] };
}

/** Names of all chunks that a chunk needs before it can run. */
function staticImports(result, name, seen = new Set()) {
  const [, chunk] = Object.entries(result.metafile.outputs).find(([path]) => basename(path) === name);
  for (const { kind, path } of chunk.imports) {
    if (kind !== 'import-statement' || seen.has(basename(path))) continue;
    seen.add(basename(path));
    staticImports(result, basename(path), seen);
  }
  return seen;
}

/** Licence texts of every package that went into the outputs: the licences ask for them to travel along. */
async function licences(results) {
  const roots = new Set();
  for (const { metafile } of results) {
    for (const input of Object.keys(metafile.inputs)) {
      const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
      if (match) roots.add(join(here, match[1]));
    }
  }
  const parts = [];
  for (const root of [...roots].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const files = (await readdir(root)).filter((f) => /^(licen[cs]e|thirdparty)/i.test(f)).sort();
    const texts = await Promise.all(files.map(async (f) => (await readFile(join(root, f), 'utf8')).trim()));
    parts.push(`${name} ${version}\n\n${texts.join('\n\n') || `Licence: ${license}`}\n`);
  }
  return [...new Set(parts)].join(`\n${'-'.repeat(72)}\n\n`);
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const workers = await build({
  ...common,
  format: 'iife',
  entryPoints: {
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
  },
});
const workerFiles = {};
for (const path of Object.keys(workers.metafile.outputs)) {
  workerFiles[basename(path).split('.')[0]] = basename(path);
}

const page = await build({
  ...common,
  format: 'esm',
  splitting: true,
  jsx: 'automatic',
  entryPoints: { main: 'src/main.jsx' },
  // Styles that packages import from scripts would end in files that nothing loads; src/style.css names them all.
  loader: { '.css': 'empty' },
  define: { ...common.define, WORKER_FILES: JSON.stringify(workerFiles) },
});

const style = await build({
  ...common,
  entryPoints: { main: 'src/style.css' },
  loader: { '.ttf': 'file', '.woff2': 'file' },
});

const icon = await readFile(join(here, 'src', 'icon.svg'));
const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
await writeFile(join(out, iconName), icon);
await writeFile(join(out, 'licenses.txt'), await licences([workers, page, style]));

const main = output(page, 'src/main.jsx');
const preloads = [...staticImports(page, main.name)].sort();
const html = (await readFile(join(here, 'src', 'index.html'), 'utf8'))
  .replaceAll('%ICON%', ASSETS + iconName)
  .replaceAll('%STYLE%', ASSETS + output(style, 'src/style.css').name)
  .replaceAll('%MAIN%', ASSETS + main.name)
  .replaceAll('%PRELOADS%', preloads.map((p) => `<link rel="modulepreload" href="${ASSETS}${p}">`).join('\n  '));
await writeFile(join(out, 'index.html'), html);

// Compressed once, here, as hard as possible, so that the server need not do it for every visitor.
const sums = { files: 0, plain: 0, gzip: 0, brotli: 0 };
for (const name of (await readdir(out)).sort()) {
  const bytes = await readFile(join(out, name));
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  sums.files += 1;
  sums.plain += bytes.length;
  sums.gzip += gzipSync(bytes).length;
  sums.brotli += brotli.length;
  if (/\.(js|css|svg|ttf)$/.test(name) && bytes.length >= COMPRESS_FROM_BYTES) await writeFile(join(out, `${name}.br`), brotli);
}
const mb = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
console.log(`${sums.files} files in ${basename(dirname(out))}/${basename(out)}: ${mb(sums.plain)}, ${mb(sums.gzip)} with gzip, ${mb(sums.brotli)} with brotli`);
