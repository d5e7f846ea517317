/** Rules about definitions that the configuration switches on. */
export interface DefinitionRules {
  readonly ownerEmailMandatory: boolean;
  /** Whether the characters of a workflow's name are restricted. */
  readonly nameValidation: boolean;
  /** Whether `${name}` may read a variable of the server's environment. */
  isEnvironmentName(name: string): boolean;
}
