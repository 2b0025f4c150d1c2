// Makes src/schema.ts and src/problems.ts from ../openapi.json; with --check it only says whether they are what it would make.
//
// Operations for partners and browsers, and the answers of refusals, are left out of the types: a refusal is thrown.
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import openapiTS, { astToString } from "openapi-typescript";

const NOTE = "// Made from the gateway's OpenAPI document by `make clients`; not written by hand.\n";
const FAMILIES = {
  400: "BadRequestProblem",
  401: "UnauthorizedProblem",
  403: "ForbiddenProblem",
  404: "NotFoundProblem",
  409: "ConflictProblem",
  413: "PayloadProblem",
  415: "PayloadProblem",
  422: "InvalidInputProblem",
  429: "TooManyProblem",
  500: "ServerProblem",
  503: "UnavailableProblem",
};

const source = JSON.parse(await readFile(new URL("../openapi.json", import.meta.url), "utf-8"));
const files = { "src/schema.ts": await schema(structuredClone(source)), "src/problems.ts": problems(source) };

let stale = false;
for (const [name, text] of Object.entries(files)) {
  const path = new URL(name, import.meta.url);
  if (process.argv.includes("--check")) {
    const stored = await readFile(path, "utf-8").catch(() => "");
    if (stored !== text) {
      console.error(`${name}: the API has changed: run \`make clients\` and commit what it writes`);
      stale = true;
    }
  } else {
    await writeFile(path, text);
  }
}
process.exit(stale ? 1 : 0);

async function schema(document) {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (operation.security.length === 0) {
        delete methods[method];
        continue;
      }
      for (const status of Object.keys(operation.responses)) {
        if (status >= "400") delete operation.responses[status];
        else delete operation.responses[status].headers;
      }
    }
    if (Object.keys(methods).length === 0) delete document.paths[path];
  }
  delete document.components.headers;
  return NOTE + astToString(await openapiTS(document, { defaultNonNullable: false }));
}

function problems(document) {
  const kinds = new Map();
  for (const methods of Object.values(document.paths)) {
    for (const operation of Object.values(methods)) {
      for (const [status, response] of Object.entries(operation.responses)) {
        const media = response.content?.["application/problem+json"];
        if (media === undefined) continue;
        const words = media.schema.allOf[1].properties.type.enum.map((uri) => uri.split("/").at(-1));
        const titles = response.description.split("; ");
        words.forEach((word, index) => {
          kinds.set(word, { family: FAMILIES[status] ?? "Problem", title: titles[index] ?? word });
        });
      }
    }
  }
  const words = [...kinds.keys()].sort();
  const families = [...new Set(["Problem", ...[...kinds.values()].map((kind) => kind.family)])].sort();
  const classes = words.map((word) => {
    const { family, title } = kinds.get(word);
    return `/** ${title}. */\nexport class ${className(word)} extends ${family} {\n  override name = "${className(word)}";\n}\n`;
  });
  const table = words.map((word) => `  "${word}": ${className(word)},\n`).join("");
  return (
    `${NOTE}import { ${families.join(", ")} } from "./errors.js";\n\n${classes.join("\n")}\n` +
    `/** The class of each problem type, by the last part of its \`type\`. */\n` +
    `export const KINDS: Readonly<Record<string, typeof Problem>> = {\n${table}};\n`
  );
}

function className(word) {
  return word
    .split("-")
    .map((part) => part[0].toUpperCase() + part.slice(1))
    .join("");
}
