// What cannot be done, in one line, and the setting that it is about.

export class Refusal extends Error {
  constructor(path, message) {
    super(message);
    this.name = "Refusal";
    this.path = path;
  }
}
