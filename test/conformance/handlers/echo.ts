/** Answers with the event that it was called with. */
export const handler = async (event: unknown): Promise<object> => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(event),
});
