/* `npm run bench -- QUESTION`: measures beside others. One folder, or file, a question. */
const QUESTIONS: Readonly<Record<string, string>> = {
  policy: './policy/main.ts',
  path: './policy/path.ts',
  breaker: './breaker/main.ts',
  idempotency: './idempotency/cost.ts',
  patterns: './event-patterns.ts',
  coldstart: './coldstart/main.ts',
};

const [question = '--help'] = process.argv.splice(2, 1);
const file = Object.hasOwn(QUESTIONS, question) ? QUESTIONS[question] : undefined;
if (file) await import(file);
else {
  console.error(`npm run bench -- QUESTION [options]; the questions: ${Object.keys(QUESTIONS).join(', ')}`);
  process.exitCode = question === '--help' ? 0 : 2;
}
