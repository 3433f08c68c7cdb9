export const ENGINES = ['auto', 'dynamodb-local', 'dynalite'] as const;
export type EngineChoice = (typeof ENGINES)[number];
