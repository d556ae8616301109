// Whether a document is OpenAPI: openapi.mjs NODE_MODULES FILE
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [modules, file] = process.argv.slice(2);
const { Validator } = await import(
  pathToFileURL(`${modules}/@seriousme/openapi-schema-validator/index.js`)
);
const { valid, errors } = await new Validator().validate(JSON.parse(readFileSync(file, "utf8")));
for (const error of errors ?? []) console.log(`${error.instancePath}: ${error.message}`);
process.exitCode = valid ? 0 : 1;
