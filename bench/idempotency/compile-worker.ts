/* Type-checks modules of this folder that are not on the disk, in a thread of its own: the compiler waits for nothing. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import ts from 'typescript';

const FOLDER = dirname(fileURLToPath(import.meta.url));
const CONFIG = join(FOLDER, '../tsconfig.json');

const texts = new Map(
  (workerData as readonly string[]).map((text, at) => [join(FOLDER, `example-${at}.ts`), text]),
);
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(CONFIG, ts.sys.readFile).config,
  ts.sys,
  dirname(CONFIG),
);
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists } = host;
host.fileExists = (name) => texts.has(name) || fileExists(name);
host.getSourceFile = (name, language, ...more) => {
  const text = texts.get(name);
  return text === undefined
    ? getSourceFile(name, language, ...more)
    : ts.createSourceFile(name, text, language);
};

const program = ts.createProgram([...texts.keys()], { ...options, noEmit: true, skipLibCheck: true }, host);
const errorsIn = (file: string) => {
  const source = program.getSourceFile(file);
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
};
parentPort?.postMessage(
  [...texts.keys()].map((file) =>
    errorsIn(file).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
  ),
);
