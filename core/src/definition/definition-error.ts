/** A definition cannot be run because the child that it names is not registered. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
  readonly childName: string;

  constructor(childName: string) {
    // The blank at the end is the reference's.
    super(`The Task ${childName} defined as a sub-workflow has no workflow definition available `);
    this.childName = childName;
  }
}
