export const xmlText = (text: string): string =>
  text.replaceAll(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** An error as AWS writes it in XML. */
export const errorElement = (code: string, message: string): string =>
  `<Error><Type>Sender</Type><Code>${code}</Code><Message>${xmlText(message)}</Message></Error>`;

/** The same as an answer of the query protocol. */
export const queryError = (code: string, message: string): string =>
  `<ErrorResponse>${errorElement(code, message)}</ErrorResponse>`;
