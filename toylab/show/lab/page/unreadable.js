// What was given and could not be taken.

/** Says why by the key of a line in KEEPING_WORDS and by what goes into it; whoever shows it knows the language. */
export class Unreadable extends Error {
  constructor(key, values = {}) {
    super(`${key} ${JSON.stringify(values)}`);
    this.name = "Unreadable";
    this.key = key;
    this.values = values;
  }
}
