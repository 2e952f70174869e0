// The page's language decides; Spanish unless a file for it exists.
import { en } from "./strings.en";
import { es, type Key } from "./strings.es";

export type { Key };

const languages: Record<string, Record<Key, string>> = { es, en };

/** Code of the page's language. */
export const language = (): string => document.documentElement.lang.slice(0, 2);

export function t(key: Key): string {
  return (languages[language()] ?? es)[key];
}
