/** Checks the import rules of .dependency-cruiser.mjs: `npm run cruise`. */
import { join } from 'node:path';
import { cruise, format, type ICruiseResult } from 'dependency-cruiser';
import extractRules from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

/** Without a compiler that it can use, dependency-cruiser sees no modules and finds no fault with any. */
const FEWEST_MODULES = 200;

const root = join(import.meta.dirname, '..');
const { forbidden = [], options } = await extractRules(join(root, '.dependency-cruiser.mjs'));
const { output } = await cruise(
  ['src', 'test', 'lab', 'scripts'],
  { ruleSet: { forbidden }, ...options, validate: true, baseDir: root },
  undefined,
  { tsConfig: extractTsConfig(join(root, 'tsconfig.json')) },
);
const result = output as ICruiseResult;
const report = await format(result, { outputType: 'err' });
console.log(report.output);

const ours = result.modules.filter(({ source }) => /^(src|test|lab|scripts)\//.test(source));
if (ours.length < FEWEST_MODULES) {
  console.error(`Only ${ours.length} modules were seen: has "typescript" an API, as version 6 has?`);
  process.exitCode = 1;
}
if (result.summary.error > 0) process.exitCode = 1;
