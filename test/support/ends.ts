type End = () => unknown;

const ofTest: End[] = [];
const ofFile: End[] = [];

/** Has something ended that a test has started, when the test is over. What was started last is ended first. */
export const atEndOfTest = (end: End): void => void ofTest.push(end);
/** The same, when all tests of the file are over. */
export const atEndOfFile = (end: End): void => void ofFile.push(end);

const all = (ends: End[]) => async (): Promise<void> => {
  for (const end of ends.splice(0).reverse()) await end();
};
export const endTest: () => Promise<void> = all(ofTest);
export const endFile: () => Promise<void> = all(ofFile);
