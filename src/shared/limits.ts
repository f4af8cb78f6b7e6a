// The limits of what the page may ask for: the host enforces them, and the page says so beforehand.

/** Characters of a message, or of code to copy or insert: far more than a person types or a model writes. */
export const longestText = 1_000_000;

/** Characters of a link's address. */
export const longestLink = 10_000;

/** Names of places that are looked for at once, and characters of one. */
export const mostPlaces = 100;
export const longestPlace = 200;

/** Characters of what the composer makes offers for. */
export const longestQuery = 200;
