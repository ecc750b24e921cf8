"""The recipes that come with the package, as YAML: one file says everything that changes the mathematics of a run."""
