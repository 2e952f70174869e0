// The page's language decides; Spanish unless a file for it exists.
import { en } from "./strings.en";
import { es, type Key } from "./strings.es";

export type { Key };

const languages: Record<string, Record<Key, string>> = { es, en };

export function t(key: Key): string {
  return (languages[document.documentElement.lang.slice(0, 2)] ?? es)[key];
}
