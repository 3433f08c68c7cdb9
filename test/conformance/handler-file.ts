import { fileURLToPath } from 'node:url';

/** The path of a handler that several apps have. */
export const handlerFile = (name: string): string =>
  fileURLToPath(new URL(`./handlers/${name}.ts`, import.meta.url));
